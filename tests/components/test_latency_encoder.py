"""Latency encoder: the two codes by hand, limits, exact times, gradients through them."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from encoder_runs import encoder, held, run, single_times

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LatencyEncoder, LICell

X = np.array([0.1, 0.3, 0.75, 1.0])


def times(part, x, n_steps):
    out = held(part, x, n_steps)
    return [single_times(out["s"][:, 0, i], out["s.offset"][:, 0, i], part.context.dt) for i in range(len(x))]


def test_linear_times(x64):
    for dt in (1.0, 0.7):
        _, part = encoder(LatencyEncoder, n_units=4, dt=dt, mode="linear", tau=20.0, t_first=2.0)
        got = times(part, X, 60)
        assert all(len(t) == 1 for t in got)
        np.testing.assert_allclose(np.concatenate(got), 2.0 + 20.0 * (1 - X), rtol=1e-12)


def test_logarithmic_times_are_those_of_a_leaky_integrator(x64):
    """tau dv/dt = x - v from 0 crosses the threshold at tau ln(x / (x - threshold))."""
    _, part = encoder(LatencyEncoder, n_units=4, tau=10.0, threshold=0.08)
    got = np.concatenate(times(part, X, 60))
    v = X * (1 - np.exp(-got / 10.0))
    np.testing.assert_allclose(v, 0.08, rtol=1e-12)


def test_at_or_below_the_threshold_there_is_silence_or_the_latest_time(x64):
    for mode in ("linear", "logarithmic"):
        x = [0.2, 0.1, -1.0]
        _, part = encoder(LatencyEncoder, n_units=3, mode=mode, threshold=0.2, tau=5.0)
        assert [len(t) for t in times(part, x, 50)] == [0, 0, 0]
        _, part = encoder(LatencyEncoder, n_units=3, mode=mode, threshold=0.2, tau=5.0, t_last=30.5)
        assert [t.tolist() for t in times(part, x, 50)] == [[30.5]] * 3


def test_inputs_above_1_and_times_of_0():
    _, part = encoder(LatencyEncoder, n_units=2, mode="linear")
    out = held(part, [1.0, 7.0], 5)
    assert out["s"][0].tolist() == [[1.0, 1.0]] and not out["s"][1:].any()
    assert out["s.offset"][0].tolist() == [[-1.0, -1.0]]  # at the very start of the trial


def test_a_time_on_the_grid_ends_its_step(x64):
    _, part = encoder(LatencyEncoder, n_units=1, mode="linear", tau=20.0, threshold=0.01)
    out = held(part, [0.75], 10)  # at 5 ms
    assert np.flatnonzero(out["s"]).tolist() == [4] and out["s.offset"][4, 0, 0] == 0.0


def test_the_input_of_the_first_step_counts_and_a_reset_starts_anew():
    net, part = encoder(LatencyEncoder, n_units=1, mode="linear", tau=10.0)
    x = np.full((20, 1, 1), 0.9)
    x[0] = 0.5
    for _ in range(2):
        net.reset()
        assert np.flatnonzero(run(part, x)["s"]).tolist() == [4]


def test_gradients_of_a_network_pass_through_the_times(x64):
    """A readout's potential at the end moves with the spike time, so with the input: against finite differences."""
    with ng.Context("net", dt=1.0) as net:
        part = LatencyEncoder("part", n_units=2, mode="linear", tau=10.0)
        w, out = DenseSynapse("w", shape=(2, 1), weights=[[1.0], [0.7]]), LICell("out", n_units=1)
    part.s >> w.inputs
    w.outputs >> out.syn
    start = net.state

    def end(x):
        state = start
        for _ in range(15):
            state = net.advance.pure(state, {part.inputs: x})
        return state["out"]["v"][0, 0]

    end = jax.jit(end)
    x, eps = np.array([[0.33, 0.58]]), 1e-6
    moved = [np.eye(2)[i] * eps for i in range(2)]
    fd = [(end(x + m) - end(x - m)) / (2 * eps) for m in moved]
    np.testing.assert_allclose(jax.grad(end)(x)[0], fd, rtol=1e-6)
    exact = sum(wi * (np.exp(-(15 - t) / 20.0) - np.exp(-(15 - t) / 5.0)) / 3 for wi, t in ((1.0, 6.7), (0.7, 4.2)))
    assert end(x) == pytest.approx(exact, rel=0.02)


def test_wrong_modes_and_thresholds_are_refused():
    with pytest.raises(ng.GraphError, match="`mode` must be one of 'linear', 'logarithmic'"):
        encoder(LatencyEncoder, n_units=1, mode="linea")
    with pytest.raises(ng.GraphError, match="`threshold` must be finite and > 0"):
        encoder(LatencyEncoder, n_units=1, threshold=0.0)
