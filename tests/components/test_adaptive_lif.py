"""ALIF cells against their closed form between spikes, with the crossings found by bisection."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import hastily, one, order, spike_times

import ngcsnn as ng
from ngcsnn.components import ALIFCell, LIFCell

BASE = {"tau_m": 20.0, "tau_adapt": 60.0, "beta": 0.3, "v_thr": 1.0, "v_rest": 0.0, "v_reset": 0.0}


def closed_form(drive, t_end, relative_reset=False, refract_time=0.0, **changed):
    """Spike times under a constant current: v rises and v_thr + beta a falls, so that they meet once."""
    p = {**BASE, **changed}
    u, t, v, a, times = p["v_rest"] + drive, 0.0, p["v_rest"], 0.0, []
    while t < t_end:
        low, high = 0.0, t_end
        for _ in range(100):
            d = 0.5 * (low + high)
            over = u + (v - u) * np.exp(-d / p["tau_m"]) > p["v_thr"] + p["beta"] * a * np.exp(-d / p["tau_adapt"])
            low, high = (low, d) if over else (d, high)
        worn = a * np.exp(-high / p["tau_adapt"])
        v = p["v_reset"] + (p["beta"] * worn if relative_reset else 0.0)
        times.append(t + high)
        t, a = t + high + refract_time, (worn + 1.0) * np.exp(-refract_time / p["tau_adapt"])
    return np.array([t for t in times if t < t_end])


def steady(cell, drive, t_end):
    return {cell.j: np.broadcast_to(drive, (round(t_end / cell.context.dt), 1, cell.n_units))}


CASES = {
    "plain": {},
    "rest and reset": {"v_rest": -0.5, "v_reset": -0.8, "v_thr": 0.7},
    "slow and weak": {"tau_adapt": 700.0, "beta": 0.05},
    "refractory": {"refract_time": 2.37, "v_reset": 0.2},
    "relative reset": {"relative_reset": True, "v_reset": 0.3},
    "relative reset, refractory": {"relative_reset": True, "v_reset": -0.1, "refract_time": 1.6},
}


@pytest.mark.parametrize("name", CASES)
def test_spike_times_under_a_constant_current(x64, name):
    drive = np.array([1.8, 2.1, 3.0, 5.0])
    net, cell = one(ALIFCell, n=4, dt=0.25, **{**BASE, **CASES[name]})
    for j, got in zip(drive, spike_times(net, cell, steady(cell, drive, 90.0)), strict=True):
        want = closed_form(j, 90.0, **CASES[name])
        assert len(want) >= 2
        np.testing.assert_allclose(got, want, atol=2e-3)


def test_interval_in_the_steady_state(x64):
    """Where a spike adds what the interval T wears off, a = 1 / (exp(T / tau_adapt) - 1) just before it, and
    (I - v_reset) exp(-T / tau_m) = I - v_thr - beta a."""
    drive = np.array([2.0, 3.0, 4.0])
    net, cell = one(ALIFCell, n=3, dt=0.5, **BASE)
    for j, times in zip(drive, spike_times(net, cell, steady(cell, drive, 500.0)), strict=True):
        interval = times[-1] - times[-2]
        a = 1.0 / np.expm1(interval / 60.0)
        assert j * np.exp(-interval / 20.0) == pytest.approx(j - 1.0 - 0.3 * a, abs=1e-4)


def test_order_of_the_spike_times(x64):
    """The fifth spike at 30 currents: precise timing at least second order in dt, grid timing first."""
    drive, steps = np.linspace(2.0, 3.0, 30), (1.0, 0.5, 0.25)
    want = [closed_form(j, 150.0)[4] for j in drive]
    for timing, low, high in (("precise", 1.8, 3.5), ("grid", 0.8, 1.2)):
        errors = []
        for dt in steps:
            net, cell = one(ALIFCell, n=30, dt=dt, timing=timing, **BASE)
            times = spike_times(net, cell, steady(cell, drive, 150.0))
            errors.append(np.mean([abs(t[4] - w) for t, w in zip(times, want, strict=True)]))
        assert low < order(steps, errors) < high, timing


def test_without_adaptation_it_is_a_lif_cell(x64):
    given = {"tau_m": 15.0, "v_reset": -0.2, "refract_time": 1.3, "v_rest": 0.1}
    runs = []
    for cls, more in ((LIFCell, {}), (ALIFCell, {"beta": 0.0})):
        net, cell = one(cls, **given, **more)
        rng = np.random.default_rng(0)
        s = (rng.random((80, 1, 1)) < 0.4) * 2.0
        feed = {cell.syn: s, cell.syn.offset: -s * rng.random(s.shape)}
        out = net.advance.scan(inputs=feed, watch=[cell.s, cell.s.offset, cell.v])
        runs.append([np.asarray(v) for v in out.values()])
    assert runs[0][0].sum() > 5
    for ours, theirs in zip(*runs, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-13)


class Stated(ALIFCell):
    """The same equations by the generic pieces alone."""

    def velocity(self, x, j):
        return super().velocity(x, j)

    def threshold(self, x):
        return super().threshold(x)

    def reset_map(self, x):
        return super().reset_map(x)


@pytest.mark.parametrize("relative", [False, True])
def test_closed_forms_equal_the_generic_pieces(x64, relative):
    given = {**BASE, "refract_time": [0.0, 0.4, 2.1], "relative_reset": relative, "v_reset": -0.2, "dt": 0.25}
    runs = []
    for cls in (ALIFCell, Stated):
        net, cell = one(cls, n=3, **given)
        assert cell.integration == ("exact" if cls is ALIFCell else "rk4")
        rng = np.random.default_rng(0)
        s = (rng.random((200, 1, 3)) < 0.2) * 2.0
        feed = {cell.syn: s, cell.syn.offset: -s * rng.random(s.shape) * 0.25}
        out = net.advance.scan(inputs=feed, watch=[cell.s, cell.s.offset, cell.v, cell.a])
        runs.append([np.asarray(v) for v in out.values()])
    assert runs[0][0].sum() >= 20
    for ours, theirs in zip(*runs, strict=True):
        np.testing.assert_allclose(
            ours, theirs, rtol=0, atol=1e-3 if relative else 1e-5
        )  # generic: v at the crossing found


class Shifted(ALIFCell):
    """A threshold of its own: what a relative reset leaves depends on it."""

    def threshold(self, x):
        return super().threshold(x) - 0.4


def test_a_relative_reset_under_another_threshold(x64):
    net, cell = one(Shifted, dt=0.125, relative_reset=True, **{**BASE, "beta": 0.0})
    times = spike_times(net, cell, steady(cell, 3.0, 60.0))[0]
    np.testing.assert_allclose(np.diff(times), 20.0 * np.log((3.0 - 0.4) / (3.0 - 1.4)), rtol=1e-3)


def second_spike_and_end(weight, at, t_end, relative):
    """Under a current of 2.4 and an event of `weight` at `at`, soon before the second spike: [time, v, a at t_end]."""
    first = 20.0 * np.log(2.4 / 1.4)
    start = -0.1  # of the first spike, which found no adaptation

    def v_of(t):
        after = max(t - at, 0.0)
        current = weight / 3.0 * (np.exp(-after / 20.0) - np.exp(-after / 5.0))
        return 2.4 + (start - 2.4) * np.exp(-(t - first) / 20.0) + current

    low, high = first, t_end
    for _ in range(100):
        t = 0.5 * (low + high)
        low, high = (low, t) if v_of(t) > 1.0 + 0.3 * np.exp(-(t - first) / 60.0) else (t, high)
    a, rest = np.exp(-(high - first) / 60.0), t_end - high
    reset = -0.1 + 0.3 * a * relative
    current = weight * np.exp(-(high - at) / 5.0) / 3.0 * (np.exp(-rest / 20.0) - np.exp(-rest / 5.0))
    return np.array([high, 2.4 + (reset - 2.4) * np.exp(-rest / 20.0) + current, (a + 1.0) * np.exp(-rest / 60.0)])


@pytest.mark.parametrize("relative", [False, True])
def test_a_spike_moves_for_an_arrival_of_its_own_step(x64, relative):
    """Under "exact" timing: value and derivative by the event's weight of the spike, and of the state after it."""
    alone, errors, steps = second_spike_and_end(0.0, 0.0, 40.0, relative)[0], [], (0.5, 0.125)
    for dt in steps:
        last = int(alone / dt)  # the spike falls into this step; what came in it is received in the next
        n_steps, t_end = last + round(2.0 / dt), dt * (last + round(2.0 / dt))
        at = alone - 0.3 * (alone - last * dt)
        net = one(ALIFCell, dt=dt, timing="exact", relative_reset=relative, **{**BASE, "v_reset": -0.1})[0]
        start = net.state

        def ours(weight, net=net, start=start, dt=dt, n_steps=n_steps, last=last, at=at):
            def body(state, n):
                size = jnp.where(n == last + 1, weight, 0.0).reshape(1, 1)
                fed = {"j": jnp.full((1, 1), 2.4), "syn": size, "syn.offset": size * (at - (last + 1) * dt)}
                state = net.advance.pure(state, {f"cell.{k}": v for k, v in fed.items()})
                part = state["cell"]
                late = n * dt > 20.0  # the second spike
                return state, late * (part["s"][0, 0] * (n + 1) * dt + part["s.offset"][0, 0])

            end, times = jax.lax.scan(body, start, jnp.arange(n_steps))
            return jnp.stack([jnp.sum(times), end["cell"]["v"][0, 0], end["cell"]["a"][0, 0]])

        got, slope = hastily(lambda w, ours=ours: jax.jvp(ours, (w,), (1.0,)))(3.0)
        want, more, less = (second_spike_and_end(w, at, t_end, relative) for w in (3.0, 3.0 + 1e-5, 3.0 - 1e-5))
        want_slope = (more - less) / 2e-5
        errors.append([np.abs(got - want), np.abs(slope / want_slope - 1.0)])
    errors = np.array(errors)
    assert np.all(errors[1, 0] < errors[0, 0] / 6.0) and np.all(errors[1, 1] < 0.08), errors


def test_the_derivative_of_the_adaptation_is_that_of_the_closed_form(x64):
    """The sum of the first spike times by each parameter."""
    net = one(ALIFCell, dt=0.25, refract_time=1.3, **BASE)[0]
    start = net.state

    def total(given):
        state = {**start, "cell": {**start["cell"], **{k: jnp.asarray(v) for k, v in given.items()}}}

        def body(state, n):
            state = net.advance.pure(state, {"cell.j": jnp.full((1, 1), 2.4)})
            return state, state["cell"]["s"][0, 0] * (n + 1) * 0.25 + state["cell"]["s.offset"][0, 0]

        return jnp.sum(jax.lax.scan(body, state, jnp.arange(240))[1])

    got = hastily(jax.grad(total))(BASE)
    for key, value in BASE.items():
        moved = [np.sum(closed_form(2.4, 60.0, False, 1.3, **{key: value + e})) for e in (1e-6, -1e-6)]
        want = (moved[0] - moved[1]) / 2e-6
        if key == "v_rest":  # the start is at rest, too
            continue
        assert float(got[key]) == pytest.approx(want, rel=2e-3), key


BAD = {
    "v_reset above v_thr": ({"v_reset": 1.5}, "`v_reset` must lie below `v_thr`"),
    "tau_adapt": ({"tau_adapt": 0.0}, "`tau_adapt` must be finite and > 0 (in ms)"),
    "beta": ({"beta": -0.1}, "`beta` must be finite and >= 0"),
    "unknown": ({"tau_a": 3.0}, "has no argument 'tau_a'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_refused(name):
    arguments, message = BAD[name]
    with pytest.raises(ng.GraphError) as error:
        one(ALIFCell, **arguments)
    assert message in str(error.value)
