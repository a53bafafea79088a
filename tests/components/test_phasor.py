"""Phasor encoder: exact times without jitter, the statistics with it, gradients of times."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from encoder_runs import encoder, held, run, single_times

from ngcsnn.components import PhasorEncoder


def test_times_are_multiples_of_the_period_at_any_step(x64):
    for dt in (1.0, 0.3):
        _, part = encoder(PhasorEncoder, n_units=2, dt=dt, frequency=[80.0, 40.0])
        out = held(part, [0.5, 1.0], round(200 / dt))
        for i in range(2):
            got = single_times(out["s"][:, 0, i], out["s.offset"][:, 0, i], dt)
            np.testing.assert_allclose(got, 25.0 * np.arange(1, len(got) + 1), rtol=1e-9)
            assert len(got) >= 7


def test_several_spikes_in_a_step_keep_their_mean_time(x64):
    _, part = encoder(PhasorEncoder, n_units=1, dt=10.0, frequency=350.0)
    out = held(part, 1.0, 4)
    at = np.arange(1, 15) * 1000 / 350
    steps = np.ceil(at / 10 - 1e-9).astype(int) - 1
    np.testing.assert_array_equal(out["s"][:, 0, 0], np.bincount(steps, minlength=4)[:4])
    moments = [np.sum(at[steps == n] - (n + 1) * 10.0) for n in range(4)]
    np.testing.assert_allclose(out["s.offset"][:, 0, 0], moments, atol=1e-9)


def test_start_phase_and_silence(x64):
    _, part = encoder(PhasorEncoder, n_units=3, frequency=100.0, phase_start=[0.5, 0.0, 0.9])
    out = run(part, np.broadcast_to([1.0, 0.0, -1.0], (50, 1, 3)))
    assert single_times(out["s"][:, 0, 0], out["s.offset"][:, 0, 0], 1.0)[0] == pytest.approx(5.0)
    assert not out["s"][..., 1:].any()


@pytest.mark.parametrize("dt", [0.25, 1.0])
def test_jitter_is_the_variation_of_intervals_whatever_the_step(dt):
    _, part = encoder(PhasorEncoder, n_units=100, dt=dt, frequency=40.0, jitter=0.2)
    out = held(part, 1.0, round(2000 / dt))
    gaps = [np.diff(single_times(out["s"][:, 0, i], out["s.offset"][:, 0, i], dt)) for i in range(100)]
    gaps = np.concatenate(gaps)
    assert gaps.mean() == pytest.approx(25.0, rel=0.01)
    assert gaps.std() / gaps.mean() == pytest.approx(0.2, rel=0.06)


def test_times_move_with_the_input_as_they_should(x64):
    net, part = encoder(PhasorEncoder, n_units=1, dt=1.0, frequency=100.0)
    net.state = {"part": {"phase": [[0.95]]}}
    state = net.state

    def offset(x):
        return net.advance.pure(state, {part.inputs: x})["part"]["s.offset"].sum()

    x, eps = np.array([[0.8]]), 1e-6
    fd = (offset(x + eps) - offset(x - eps)) / (2 * eps)
    assert float(jax.grad(offset)(x)[0, 0]) == pytest.approx(float(fd), rel=1e-8)
    assert float(fd) == pytest.approx(-0.05 / (0.1 * 0.8**2), rel=1e-6)


def test_on_a_grid_the_offset_has_no_value_but_its_derivative(x64):
    slopes = {}
    for timing in ("precise", "grid"):
        net, part = encoder(PhasorEncoder, n_units=1, dt=1.0, frequency=100.0, timing=timing)
        net.state = {"part": {"phase": [[0.95]]}}
        state = net.state

        def offset(x, net=net, part=part, state=state):
            return net.advance.pure(state, {part.inputs: x})["part"]["s.offset"].sum()

        value, slope = jax.value_and_grad(offset)(np.array([[0.8]]))
        assert (value == 0) == (timing == "grid")
        slopes[timing] = float(slope[0, 0])
    assert slopes["grid"] == slopes["precise"] != 0
