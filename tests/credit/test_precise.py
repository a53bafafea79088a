"""The precise rule on LIF cells: late detections, restart, and finite numbers whatever the state."""

from __future__ import annotations

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import events, one, order, times_of
from hypothesis import given, settings, strategies as st

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LIFCell, SpikeSource
from ngcsnn.credit import Precise


def potential(t, weight, tau_m=20.0, tau_s=5.0):
    """v after `t` ms of an event from rest."""
    return weight * tau_s / (tau_m - tau_s) * (np.exp(-t / tau_m) - np.exp(-t / tau_s))


def crossing(weight):
    low, high = 0.0, 4.0
    for _ in range(100):
        low, high = (low, (low + high) / 2) if potential((low + high) / 2, weight) > 1 else ((low + high) / 2, high)
    return high


def run_single(dt, at, weight):
    with ng.Context("net", dt=dt) as net:
        inp, cell = SpikeSource("inp", n_units=1), LIFCell("cell", n_units=1, v_reset=-weight)
        w = DenseSynapse("w", shape=(1, 1), weights=weight)
        inp.s >> w.inputs
        w.outputs >> cell.syn
    n_steps = round(12.0 / dt)
    sizes, moments = events([at], n_steps, dt)
    out = net.advance.scan(inputs={inp.s: sizes, inp.s.offset: moments}, watch=[cell.s, cell.s.offset, cell.v])
    return tuple(np.asarray(out[f"cell.{k}"])[:, 0, 0] for k in ("s", "s.offset", "v"))


def test_a_spike_found_a_step_late_is_placed_where_it_was(x64):
    """An event early in a step that lifts its receiver over threshold within that same step."""
    steps, errors = (1.0, 0.5, 0.25, 0.125), []
    for dt in steps:
        weight = 20.0 / (0.3 * dt)  # crosses about 0.3 dt after the event
        at = 5.0 - 0.9 * dt
        s, offset, v = run_single(dt, at, weight)
        truth = at + crossing(weight)
        time = times_of(s, offset, dt)[0]
        assert offset[np.flatnonzero(s)[0]] < -dt
        after = 12.0 - truth
        current = weight * np.exp(-(truth - at) / 5.0)
        want = -weight * np.exp(-after / 20.0) + potential(after, current)
        errors.append((abs(time - truth), abs(v[-1] - want) / weight))
    assert errors[0][0] < 0.2
    assert order(steps, [e for e, _ in errors]) > 1.8 and order(steps, [e for _, e in errors]) > 1.8


def test_grazing_is_counted_per_crossing(x64):
    _net, cell = one(n=3)
    x = cell.State(jnp.array([[1.0 + 1e-9, 1.05, 0.2]]), jnp.array([[1.0, 3.0, 0.0]]))
    crossing = Precise().cross(cell, x, 0.0)
    assert int(crossing.guarded.sum()) == 1 and np.asarray(crossing.s).tolist() == [[1.0, 1.0, 0.0]]
    strict = Precise(floor=1.0).cross(cell, x, 0.0)
    assert int(strict.guarded.sum()) == 2


def test_a_refractory_cell_is_not_detected(x64):
    net, cell = one(refract_time=3.0)
    net.state = {"cell": {"refrac": [[2.5]], "v": [[5.0]]}}
    s = [(net.advance.run(), float(cell.s.get()[0, 0]))[1] for _ in range(4)]
    assert s == [0.0, 0.0, 1.0, 0.0]


# --- finite whatever the state --------------------------------------------------------------------------------------
KEYS = ("v", "i_syn", "refrac", "j", "m0", "m1", "tau_m", "tau_syn", "v_thr")
LIMITS = {
    "tau_m": (0.05, 100.0),
    "tau_syn": (0.05, 100.0),
    "v_thr": (0.05, 2.0),
    "m1": (-50.0, 0.0),
    "refrac": (0.0, 3.0),
}
N = 6


@cache
def three_steps(dtype, timing, rests):
    """jitted (values) -> (all numbers of three steps, gradients)."""
    with ng.Context("net", dt=1.0, dtype=dtype, spike_timing=timing) as net:
        arrays = {"tau_m": [20.0] * N, "tau_syn": [5.0] * N, "v_thr": [1.0] * N}
        cell = LIFCell("cell", n_units=N, refract_time=[0.0, 1.5, 0.4] * 2 if rests else 0.0, v_reset=-0.1, **arrays)
    start = net.state

    def run(values):
        state = {c: dict(part) for c, part in start.items()}
        for key in KEYS:
            if key in state["cell"]:
                shape = state["cell"][key].shape
                state["cell"][key] = jnp.broadcast_to(values[key], shape)
        total, seen = 0.0, []
        for n in range(3):
            feed = {cell.j: values["j"][None], cell.syn: values["m0"][None], cell.syn.offset: values["m1"][None]}
            state = net.advance.pure(state, feed if n < 2 else {cell.j: feed[cell.j]})
            part = state["cell"]
            seen += [part[k] for k in ("v", "i_syn", "s", "s.offset")]
            total = total + jnp.sum(part["v"] * 1e-3 + part["s.offset"])
        return total, seen

    return jax.jit(jax.value_and_grad(run, has_aux=True))


@st.composite
def states(draw):
    scale = draw(st.sampled_from([0.0, 1e-6, 1.0, 30.0, 1e4]))
    out = {}
    for key in KEYS:
        low, high = LIMITS.get(key, (-scale, scale))
        out[key] = draw(st.lists(st.floats(low, high), min_size=N, max_size=N))
    graze = draw(st.sampled_from([None, 0.0, 1e-7, -1e-7, 1e-4]))
    if graze is not None:  # rest at threshold: dv/dt is next to nothing
        out["v"] = [t + graze for t in out["v_thr"]]
        out["i_syn"], out["j"] = [0.0] * N, out["v"]
    return out


CASES = [
    ("float32", "precise", False),
    ("float32", "precise", True),
    ("float32", "grid", True),
    ("float64", "precise", True),
]


@pytest.mark.parametrize("dtype, timing, rests", CASES)
def test_no_state_gives_nan(dtype, timing, rests):
    """Saturated, silent and grazing cells: values and gradients stay finite."""

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(states())
    def check(values):
        arrays = {k: jnp.asarray(v, dtype) for k, v in values.items()}
        (total, seen), slopes = three_steps(dtype, timing, rests)(arrays)
        for name, array in [("total", total), *((f"seen {i}", a) for i, a in enumerate(seen)), *slopes.items()]:
            assert np.all(np.isfinite(array)), (name, array)
            assert array.dtype == dtype

    with jax.enable_x64(dtype == "float64"):
        check()
