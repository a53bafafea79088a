"""Traces: decay and event rules by hand, exact times, compiled networks."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from encoder_runs import encoder

import ngcsnn as ng
from ngcsnn.compilers import InferenceCompiler
from ngcsnn.components import LIFCell, PhasorEncoder, SpikeSource, Trace

TIMES = np.array([1.3, 4.0, 4.9, 11.25])


def moments(times, n_steps, dt):
    """(sizes, first moments) of events at `times`, (T, 1, 1) each."""
    steps = np.ceil(times / dt - 1e-9).astype(int) - 1
    s, m = np.zeros((n_steps, 1, 1)), np.zeros((n_steps, 1, 1))
    np.add.at(s, steps, 1.0)
    np.add.at(m[:, 0, 0], steps, times - (steps + 1) * dt)
    return s, m


def run(times, n_steps=16, dt=1.0, cls: Any = Trace, read="trace", **arguments):
    _, part = encoder(cls, n_units=1, dt=dt, **arguments)
    s, m = moments(times, n_steps, dt)
    out = part.context.advance.scan(inputs={part.inputs: s, part.inputs.offset: m}, watch=[part.compartment(read)])
    return np.asarray(out[f"part.{read}"])[:, 0, 0]


def ends(n_steps=16, dt=1.0):
    return dt * np.arange(1, n_steps + 1)


@pytest.mark.parametrize("dt", [0.5, 1.0])
def test_an_exponential_trace_is_the_sum_over_its_events_at_their_own_times(x64, dt):
    n = round(16 / dt)
    ages = ends(n, dt)[:, None] - TIMES
    want = np.sum(np.where(ages >= 0, 0.3 * np.exp(-ages / 7.0), 0.0), 1)
    got = run(TIMES, n, dt, tau=7.0, amplitude=0.3)
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_a_trace_that_is_set_knows_only_the_last_event(x64):
    apart = np.array([1.3, 4.9, 11.25])
    last = np.array([apart[apart <= t].max(initial=-np.inf) for t in ends()])
    np.testing.assert_allclose(run(apart, tau=7.0, mode="set", amplitude=2.0), 2 * np.exp(-(ends() - last) / 7.0))
    np.testing.assert_allclose(
        run(apart, tau=7.0, amplitude=2.0, n_nearest=1.0), run(apart, tau=7.0, mode="set", amplitude=2.0), rtol=0.03
    )
    on_grid = np.array([1.0, 4.0, 5.0])
    np.testing.assert_allclose(
        run(on_grid, tau=7.0, amplitude=2.0, n_nearest=1.0),
        run(on_grid, tau=7.0, mode="set", amplitude=2.0),
        rtol=1e-12,
    )


def test_n_nearest_saturates_where_gain_and_loss_balance(x64):
    """With an event in each step, x = d x (1 - 1 / n) + a."""
    got = run(np.arange(1.0, 301.0), n_steps=300, tau=10.0, amplitude=0.5, n_nearest=4.0)
    assert got[-1] == pytest.approx(0.5 / (1 - np.exp(-0.1) * 0.75), rel=1e-9)


def test_linear_and_step_decay(x64):
    x, want = 0.0, []
    on_grid = np.array([1.0, 4.0, 5.0])
    for t in ends():
        x = x * (1 - 1 / 7.0) + np.sum(on_grid == t)
        want.append(x)
    np.testing.assert_allclose(run(on_grid, tau=7.0, decay="linear"), want, rtol=1e-12)
    np.testing.assert_allclose(run(on_grid, decay="step"), [1.0 if t in on_grid else 0.0 for t in ends()])
    assert run(on_grid, tau=0.4, decay="linear").min() >= 0.0  # never below zero, however long the step


def test_two_events_of_one_step_count_with_their_mean_time(x64):
    got = run(np.array([0.2, 0.9]), tau=5.0)[0]
    assert got == pytest.approx(np.exp(-0.8 / 5) + np.exp(-0.1 / 5), rel=5e-3)
    assert got == pytest.approx(2 * np.exp(-0.45 / 5), rel=1e-12)


def test_it_holds_the_spikes_of_the_same_step(x64):
    with ng.Context("net") as net:
        source, trace = PhasorEncoder("source", n_units=1, frequency=100.0), Trace("trace", n_units=1, tau=20.0)
    source.s >> trace.inputs
    out = net.advance.scan(inputs={source.inputs: np.full((10, 1, 1), 0.5)}, watch=[source.s, trace.trace])
    assert np.flatnonzero(out["source.s"]).tolist() == []
    out = net.advance.scan(inputs={source.inputs: np.full((10, 1, 1), 1.0)}, watch=[source.s, trace.trace])
    assert np.flatnonzero(out["source.s"])[0] == np.flatnonzero(out["trace.trace"])[0]


def test_a_compiled_trial_gives_the_same_trace():
    with ng.Context("net") as net:
        source, cell = SpikeSource("source", n_units=2), LIFCell("cell", n_units=2, tau_m=10.0, tau_syn=2.0)
        trace = Trace("trace", n_units=2, tau=20.0)
    (source.s * 3.0) >> cell.syn
    cell.s >> trace.inputs
    spikes = (np.random.default_rng(0).random((1, 40, 2)) < 0.4).astype(float)
    compiled = InferenceCompiler(example_timesteps=40, readouts={cell: "spike_count"}).compile(net)
    got = np.asarray(compiled.simulate({source: spikes}, record=[trace.trace])["trace.trace"])
    want = net.advance.scan(inputs={source.inputs: spikes.swapaxes(0, 1)}, watch=[trace.trace])["trace.trace"]
    assert np.asarray(want).max() > 1
    np.testing.assert_allclose(got.reshape(want.shape), want, rtol=1e-5)


def test_the_trace_moves_with_the_time_of_its_event(x64):
    net, part = encoder(Trace, n_units=1, tau=5.0)
    state = net.state

    def end(offset):
        fed = {part.inputs: [[1.0]], part.inputs.offset: offset}
        return net.advance.pure(state, fed)["part"]["trace"][0, 0]

    slope = jax.grad(end)(np.array([[-0.4]]))[0, 0]
    assert float(slope) == pytest.approx(np.exp(-0.4 / 5) / 5, rel=1e-12)


def test_an_option_of_the_other_mode_is_refused():
    with pytest.raises(ng.GraphError, match="`n_nearest` belongs to mode 'add', got 2"):
        encoder(Trace, n_units=1, mode="set", n_nearest=2.0)
