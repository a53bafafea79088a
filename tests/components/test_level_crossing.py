"""Level-crossing encoder: event times of lines, restoring the signal from events, delta modulation."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from encoder_runs import encoder, run
from hypothesis import given, settings, strategies as st

from ngcsnn.components import LevelCrossingEncoder


def test_a_rising_line_crosses_at_equal_times(x64):
    _, part = encoder(LevelCrossingEncoder, n_units=1, dt=2.0, delta=0.25)
    out = run(part, 0.1 * 2.0 * np.arange(1, 21).reshape(-1, 1, 1))  # 0.1 per ms: a level every 2.5 ms
    at = np.arange(1, 17) * 2.5
    steps = np.ceil(at / 2.0 - 1e-9).astype(int) - 1
    np.testing.assert_allclose(out["up"][:, 0, 0], np.bincount(steps, minlength=20))
    moments = [np.sum(at[steps == n] - 2.0 * (n + 1)) for n in range(20)]
    np.testing.assert_allclose(out["up.offset"][:, 0, 0], moments, atol=1e-9)
    assert not out["down"].any()


def test_a_jump_of_several_levels_sends_them_all(x64):
    _, part = encoder(LevelCrossingEncoder, n_units=1, delta=0.1)
    out = run(part, np.array([0.35, 0.35, -0.12]).reshape(-1, 1, 1))
    np.testing.assert_allclose(out["up"][:, 0, 0], [3, 0, 0])
    np.testing.assert_allclose(out["down"][:, 0, 0], [0, 0, 4])
    fractions = (0.35 - np.array([0.2, 0.1, 0.0, -0.1])) / 0.47
    assert out["down.offset"][2, 0, 0] == pytest.approx(np.sum(fractions - 1))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=1, max_size=20), st.floats(0.05, 1.0), st.floats(-1, 1))
def test_events_restore_the_signal_to_within_delta(values, delta, start):
    _, part = encoder(LevelCrossingEncoder, n_units=1, delta=delta, start=start)
    x = np.array(values).reshape(-1, 1, 1)
    out = run(part, x)
    restored = start + delta * np.cumsum(out["up"] - out["down"], 0)
    assert np.all(np.abs(restored - x) <= delta * (1 + 1e-3) + 1e-5)
    np.testing.assert_allclose(restored, out["level"], atol=1e-4)


def test_differences(x64):
    _, part = encoder(LevelCrossingEncoder, n_units=1, delta=0.5, mode="difference")
    out = run(part, np.array([0.5, 0.9, 2.5, 1.9, 1.5]).reshape(-1, 1, 1))
    assert out["up"][:, 0, 0].tolist() == [1, 0, 1, 0, 0]
    assert out["down"][:, 0, 0].tolist() == [0, 0, 0, 1, 0]
    assert not out["up.offset"].any()


def test_times_move_with_the_signal(x64):
    net, part = encoder(LevelCrossingEncoder, n_units=1, delta=0.1)
    state = net.state

    def moment(x):
        return net.advance.pure(state, {part.inputs: x})["part"]["up.offset"].sum()

    x, eps = np.array([[0.37]]), 1e-6
    fd = (moment(x + eps) - moment(x - eps)) / (2 * eps)
    assert float(jax.grad(moment)(x)[0, 0]) == pytest.approx(float(fd), rel=1e-8)
