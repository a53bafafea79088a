"""QIF cells against theory: the interval between spikes, the rheobase, orders in dt, and what the options do."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import hastily, one, order, spike_times

import ngcsnn as ng
from ngcsnn.components import QIFCell

DRIVE = np.array([0.5, 0.6, 1.0, 2.0, 4.0, 6.0])


def time_to(v, start, drive, tau_m=20.0, a0=1.0, v_rest=0.0, v_c=1.0):
    """From `start` to v: the integral of tau_m dv / (a0 (v - m)^2 + k), an arctangent; k > 0 above the rheobase."""
    m, k = 0.5 * (v_rest + v_c), drive - 0.25 * a0 * (v_c - v_rest) ** 2
    q = np.sqrt(a0 / k)
    return tau_m / np.sqrt(a0 * k) * (np.arctan(q * (v - m)) - np.arctan(q * (start - m)))


def steady(cell, drive, t_end):
    return {cell.j: np.broadcast_to(drive, (round(t_end / cell.context.dt), 1, cell.n_units))}


CASES = {
    "defaults": {},
    "curvature": {"a0": 0.5, "tau_m": 10.0},
    "critical potential": {"v_rest": -0.6, "v_c": 0.4, "v_reset": -0.4, "v_peak": 6.0},
    "no barrier": {"v_rest": 0.4, "v_c": 0.4},
    "refractory": {"refract_time": 2.37, "v_reset": -1.0},
}


@pytest.mark.parametrize("name", CASES)
def test_rate_under_a_constant_current(x64, name):
    """pi tau_m / sqrt(a0 k) were v_peak and -v_reset infinite, k the current above the rheobase; here its two ends."""
    given = dict(CASES[name])
    net, cell = one(QIFCell, n=6, dt=0.5, **given)
    start, peak = given.pop("v_reset", 0.0), given.pop("v_peak", 10.0)
    want = given.pop("refract_time", 0.0) + time_to(peak, start, DRIVE, **given)
    for i, times in enumerate(spike_times(net, cell, steady(cell, DRIVE, 420.0))):
        assert len(times) >= 2
        np.testing.assert_allclose(np.diff(times)[:5], want[i], atol=0.004)


def test_far_from_both_ends_the_rate_is_that_of_the_normal_form(x64):
    """1 / rate = pi tau_m / sqrt(a0 (I - rheobase)), less tau_m / (a0 |v|) for the tails beyond v_peak and v_reset."""
    drive = np.array([0.3, 0.4, 0.5, 1.25, 2.25])  # the rheobase is a0 (v_c - v_rest)^2 / 4 = 0.25
    net, cell = one(QIFCell, n=5, dt=0.25, v_peak=60.5, v_reset=-59.5)
    for i, times in enumerate(spike_times(net, cell, steady(cell, drive, 1500.0))):
        assert len(times) > 2
        theory = np.pi * 20.0 / np.sqrt(drive[i] - 0.25) - 2.0 * 20.0 / 60.0
        np.testing.assert_allclose(np.diff(times)[:3], theory, rtol=0.001, err_msg=str(drive[i]))


def test_no_spike_below_the_rheobase(x64):
    """It comes to rest at the root of a0 (v - v_rest) (v - v_c) + I = 0, or runs away from above the other."""
    net, cell = one(QIFCell, n=3)
    net.state = {"cell": {"v": [[0.0, 0.0, 0.9]]}}
    out = net.advance.scan(inputs=steady(cell, [0.15, 0.2, 0.15], 400.0), watch=[cell.s, cell.v])
    s, v = np.asarray(out["cell.s"])[:, 0], np.asarray(out["cell.v"])[:, 0]
    assert s.sum(axis=0).tolist() == [0.0, 0.0, 1.0]
    np.testing.assert_allclose(v[-1, :2], 0.5 - np.sqrt(0.25 - np.array([0.15, 0.2])), atol=1e-3)


def test_order_of_the_spike_times(x64):
    """The third spikes of 30 cells: precise timing at least second order in dt, grid timing first."""
    drive = np.linspace(1.5, 3.0, 30)
    want, steps = 3.0 * time_to(10.0, 0.0, drive), (1.0, 0.5, 0.25)
    for timing, low, high in (("precise", 1.8, 4.5), ("grid", 0.8, 1.2)):
        errors = []
        for dt in steps:
            net, cell = one(QIFCell, n=30, dt=dt, timing=timing)
            times = spike_times(net, cell, steady(cell, drive, 112.0))
            errors.append(np.mean([abs(t[2] - w) for t, w in zip(times, want, strict=True)]))
        assert low < order(steps, errors) < high, timing
        assert errors[0] < 0.001 if timing == "precise" else errors[-1] > 0.1


def test_the_derivative_of_a_spike_time(x64):
    """By the current, and by every parameter, against the theory's."""
    values = {"tau_m": 20.0, "a0": 1.0, "v_rest": 0.0, "v_c": 1.0, "v_peak": 10.0, "v_reset": 0.0, "drive": 2.0}
    net = one(QIFCell, dt=0.25)[0]
    start = net.state

    def spikes(given):
        held = {k: jnp.asarray(v) for k, v in given.items() if k != "drive"}
        state = {**start, "cell": {**start["cell"], **held}}

        def body(state, n):
            state = net.advance.pure(state, {"cell.j": jnp.full((1, 1), given["drive"])})
            s, offset = state["cell"]["s"][0, 0], state["cell"]["s.offset"][0, 0]
            return state, s * (n + 1) * 0.25 + offset

        times = jax.lax.scan(body, state, jnp.arange(230))[1]
        total = jnp.sum(times)  # of the first spike and the second
        return total, total

    got, total = hastily(jax.jacfwd(spikes, has_aux=True))(values)

    def theory(given):
        rest = {k: given[k] for k in ("tau_m", "a0", "v_rest", "v_c")}
        first = time_to(given["v_peak"], given["v_rest"] * 0.0, given["drive"], **rest)
        return 2.0 * first + time_to(given["v_peak"], given["v_reset"], given["drive"], **rest)

    assert float(total) == pytest.approx(theory(values), abs=1e-4)
    for key in values:
        moved = [theory({**values, key: values[key] + e}) for e in (1e-5, -1e-5)]
        assert float(got[key]) == pytest.approx((moved[0] - moved[1]) / 2e-5, rel=0.003, abs=0.001), key


def test_strong_inhibition_is_followed_without_blowing_up():
    """Where the parabola is too steep for the step it goes on as its tangent: float32, 1 ms, no oscillation."""
    net, cell = one(QIFCell)
    drive = np.full((200, 1, 1), -3000.0)
    drive[100:] = 2.0
    v = np.asarray(net.advance.scan(inputs={cell.j: drive}, watch=[cell.v])["cell.v"])[:, 0, 0]
    assert np.all(np.isfinite(v)) and np.all(np.diff(v[:60]) < 1e-2)
    assert v[99] == pytest.approx(v[90], rel=1e-4) and -160.0 < v[99] < -50.0
    assert v[180] > 0.0


def test_enormous_input_stays_finite():
    net, cell = one(QIFCell, n=3)
    out = net.advance.scan(inputs=steady(cell, [1e4, 1e8, -1e8], 20.0), watch=[cell.s, cell.v, cell.s.offset])
    assert all(np.all(np.isfinite(v)) for v in out.values())
    assert np.asarray(out["cell.s"]).sum(axis=(0, 1)).tolist() == [20.0, 20.0, 0.0]


BAD = {
    "critical below rest": {"v_c": -0.5},
    "peak below critical": {"v_peak": 0.9},
    "peak below reset": {"v_reset": 11.0},
    "one cell": {"n": 2, "v_c": [1.0, -1.0]},
}


@pytest.mark.parametrize("name", BAD)
def test_potentials_in_the_wrong_order_are_refused(name):
    with pytest.raises(ng.GraphError, match="needs v_rest <= v_c < v_peak and v_reset < v_peak, got `v_rest`"):
        one(QIFCell, **BAD[name])


def test_wrong_values_are_refused():
    with pytest.raises(ng.GraphError, match="`a0` must be finite and > 0"):
        one(QIFCell, a0=0.0)
    with pytest.raises(ng.GraphError, match="has no closed form"):
        one(QIFCell, integration="exact")
