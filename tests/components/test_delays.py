"""Delays on the grid of steps, and synapses that have them, against sums worked out one event at a time."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import events, finite_difference, rollout, times_of

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LIFCell, OneToOneSynapse, SparseSynapse, SpikeSource
from ngcsnn.components.synapses.delays import arrive, line_length, waits
from ngcsnn.graph import GraphError

DT, STEPS = 0.5, 24


def test_whole_steps_and_rests() -> None:
    delays = jnp.asarray([0.0, 0.3, 0.5, 1.25, 7.0])
    within = waits(delays, DT, within_step=True)
    np.testing.assert_array_equal(within.steps, [0, 0, 1, 2, 14])
    np.testing.assert_allclose(within.rest, [0.0, 0.3, 0.0, 0.25, 0.0], atol=1e-6)
    on_grid = waits(delays, DT, within_step=False)
    np.testing.assert_array_equal(on_grid.steps, [0, 1, 1, 2, 14])
    np.testing.assert_array_equal(on_grid.rest, np.zeros(5))
    for part in (True, False):
        slope = jax.jacfwd(lambda d, part=part: waits(d, DT, part).rest)(delays)
        np.testing.assert_array_equal(slope, np.eye(5))


@pytest.mark.parametrize("dt", [0.1, 1 / 3, 0.05])
def test_float32_holds_whole_steps(dt: float) -> None:
    steps = np.arange(2000)
    found = waits(jnp.asarray(steps * dt, jnp.float32), dt, within_step=True)
    np.testing.assert_array_equal(found.steps, steps)
    assert not np.any(found.late(jnp.zeros(2000, jnp.float32)))


def test_an_event_arrives_once() -> None:
    """In the step of its arrival, whatever its offset and the delay: of k and k + 1 steps, one holds it."""
    rng = np.random.default_rng(0)
    delays, offset = jnp.asarray(rng.uniform(0, 5, 200)), jnp.asarray(-rng.random(200) * DT)
    found = waits(delays, DT, True)
    one = jnp.ones((1, 200))
    on_time, moment, now = arrive(jnp.stack([one, 0 * one], 1), jnp.stack([one * offset, 0 * one], 1), found, DT)
    late, moved, _ = arrive(jnp.stack([0 * one, one], 1), jnp.stack([0 * one, one * offset], 1), found, DT)
    np.testing.assert_array_equal(on_time + late, np.ones((1, 200)))
    np.testing.assert_array_equal(now[0], on_time[0] > 0)
    want = offset + delays - DT * (found.steps + late)
    np.testing.assert_allclose(moment + moved, want, atol=1e-5)
    assert np.all((moment + moved <= 1e-5) & (moment + moved > -DT - 1e-5))


@pytest.mark.parametrize("most, length", [(0.0, 1), (0.2, 2), (0.5, 2), (7.0, 15), (7.01, 16)])
def test_length_of_the_line(most: float, length: int) -> None:
    assert line_length(most, DT) == length


# --- synapses ---------------------------------------------------------------------------------------------------------
SPARSE = {"pre": [0, 2, 1, 2], "post": [1, 0, 1, 2]}
KINDS: dict[str, Any] = {
    "dense": (DenseSynapse, {"shape": (3, 3)}, (3, 3)),
    "sparse": (SparseSynapse, {"shape": (3, 3), **SPARSE}, (4,)),
    "one_to_one": (OneToOneSynapse, {"n_units": 3}, (3,)),
}


def pairs(kind: str) -> list[tuple[int, int, tuple[int, ...]]]:
    """(pre, post, index of the weight)"""
    if kind == "dense":
        return [(i, j, (i, j)) for i, j in np.ndindex(3, 3)]
    if kind == "sparse":
        return [(i, j, (k,)) for k, (i, j) in enumerate(zip(SPARSE["pre"], SPARSE["post"], strict=True))]
    return [(i, i, (i,)) for i in range(3)]


@pytest.mark.parametrize("timing", ["precise", "grid"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_event_arrives_in_time(kind: str, timing: str, x64: None) -> None:
    cls, arguments, shape = KINDS[kind]
    rng = np.random.default_rng(2)
    weights, delays = rng.normal(size=shape), rng.uniform(0.0, 4.0, shape)
    delays.flat[:3] = [0.0, 1.5, 100.0]
    with ng.Context("net", dt=DT, spike_timing=timing, dtype="float64") as net:
        source = SpikeSource("source", n_units=3)
        w = cls("w", weights=weights, delays=delays, **arguments)
        source.s >> w.inputs
    times = [np.array([0.7, 3.3]), np.array([0.5, 4.0]), np.array([2.26, 6.1])]
    each = [events(t, STEPS, DT) for t in times]
    sizes, moments = (np.concatenate([e[k] for e in each], axis=2) for k in (0, 1))
    if timing == "grid":
        moments = np.zeros_like(moments)
    feed = {net.find("source.inputs"): sizes, net.find("source.inputs.offset"): moments}
    out = net.advance.scan(inputs=feed, watch=[w.outputs, w.outputs.offset])
    want = np.zeros((2, STEPS + 1, 3))
    for i, j, index in pairs(kind):
        for t in times[i]:
            if timing == "precise":
                at = t + delays[index]
                n = int(np.ceil(at / DT - 1e-9)) - 1
                tau = at - (n + 1) * DT
            else:
                n, tau = int(np.ceil(t / DT - 1e-9)) - 1 + round(delays[index] / DT), 0.0
            if n < STEPS - 1:
                want[:, n + 1, j] += weights[index] * np.array([1.0, tau])  # seen one step after the event
    for key, rows in (("w.outputs", want[0]), ("w.outputs.offset", want[1])):
        np.testing.assert_allclose(np.asarray(out[key])[:, 0], rows[:STEPS], atol=1e-12, err_msg=key)


def test_a_spike_time_moves_with_the_delay(x64: None) -> None:
    """A long delay and one shorter than a step: against finite differences of the simulation."""
    dt, n_steps = 0.1, 200
    with ng.Context("net", dt=dt, spike_timing="exact", dtype="float64") as net:
        source, cell = SpikeSource("source", n_units=2), LIFCell("cell", n_units=1)
        w = DenseSynapse("w", shape=(2, 1), weights=[[6.0], [4.0]], delays=[[2.0], [3.37]], max_delay=9.0)
        source.s >> w.inputs
        w.outputs >> cell.syn
    each = [events(t, n_steps, dt) for t in (1.23, 2.5)]
    feed = {
        net.find(k): np.concatenate([e[i] for e in each], axis=2) for i, k in enumerate(("source.s", "source.s.offset"))
    }
    read = rollout(net, feed, lambda s: (s["cell"]["s"], s["cell"]["s.offset"]))

    def time(delays: Any) -> Any:
        s, offset = read({("w", "delays"): delays}, {})
        return jnp.sum(s * (1.0 + jnp.arange(n_steps))[:, None, None] * dt + offset)

    for delays in (np.array([[2.03], [3.37]]), np.array([[0.02], [1.04]])):
        s, offset = read({("w", "delays"): delays}, {})
        assert len(times_of(np.asarray(s)[:, 0, 0], np.asarray(offset)[:, 0, 0], dt)) == 1
        slope = jax.grad(time)(jnp.asarray(delays))
        np.testing.assert_allclose(slope, finite_difference(time, delays, 1e-4), rtol=0.02)
        assert float(slope.sum()) == pytest.approx(1.0, rel=0.01)  # all later by 1 ms: so is the spike


def test_what_is_refused() -> None:
    def made(**arguments: Any) -> Any:
        with ng.Context("net", dt=1.0):
            return DenseSynapse("w", shape=(2, 2), weights=1.0, **arguments)

    with pytest.raises(GraphError, match="'w': `max_delay` without `delays` says nothing"):
        made(max_delay=3.0)
    with pytest.raises(GraphError, match="'w': `delays` reach 4 ms, `max_delay` is 3 ms"):
        made(delays=4.0, max_delay=3.0)
    with pytest.raises(GraphError, match="`delays` must be finite and >= 0 .*got -1.0"):
        made(delays=[[0.0, -1.0], [0.0, 0.0]])
    synapse = made(delays=2.0, max_delay=3.0)
    assert synapse.bounds("delays") == (0.0, 3.0)
    with pytest.raises(GraphError, match="between 0 and `max_delay` = 3"):
        synapse.delays.set(np.full((2, 2), 3.5))
