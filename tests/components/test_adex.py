"""AdEx cells against an adaptive reference, and each published firing pattern against its name."""

from __future__ import annotations

from functools import cache

import jax
import numpy as np
import pytest
from cell_nets import one, order, spike_times
from fine_reference import fine_spikes
from firing_patterns import bursts, run_presets, step

import ngcsnn as ng
from ngcsnn.components import AdExCell
from ngcsnn.components.neurons.spiking.adex import PRESETS

BASE = {**PRESETS["regular_spiking"], "v_peak": 0.0}


def reference(drive, t_end, **changed):
    p = {**BASE, **changed}

    def rate(x):
        v, w = x
        upswing = p["delta_T"] * np.exp((v - p["V_T"]) / p["delta_T"])
        dv = (p["g_L"] * (p["E_L"] - v + upswing) - w + drive) / p["C"]
        return np.array([dv, (p["a"] * (v - p["E_L"]) - w) / p["tau_w"]])

    return fine_spikes(rate, p["v_peak"], lambda x: np.array([p["v_reset"], x[1] + p["b"]]), [p["E_L"], 0.0], t_end)


def test_the_defaults_are_those_of_the_source():
    _net, cell = one(AdExCell)
    for key, value in BASE.items():
        assert float(cell.compartments[key].get()) == pytest.approx(value), key


def test_order_of_the_spike_times(x64):
    """The third spike at 20 currents: precise timing at least second order in dt, grid timing first."""
    drive, steps = np.linspace(1000.0, 1800.0, 20), (0.5, 0.25, 0.125)
    want = [reference(j, 45.0)[2] for j in drive]
    for timing, low, high in (("precise", 1.8, 4.5), ("grid", 0.8, 1.2)):
        errors = []
        for dt in steps:
            net, cell = one(AdExCell, n=20, dt=dt, timing=timing)
            times = spike_times(net, cell, {cell.j: np.broadcast_to(drive, (round(45 / dt), 1, 20))})
            errors.append(np.mean([abs(t[2] - w) for t, w in zip(times, want, strict=True)]))
        assert low < order(steps, errors) < high, timing
        assert errors[0] < 0.01 if timing == "precise" else errors[-1] > 0.05


OTHERS = {
    "membrane": {"C": 200.0, "g_L": 20.0, "E_L": -65.0},
    "threshold": {"V_T": -55.0, "delta_T": 1.0},
    "low peak": {"v_peak": -44.0, "a": 8.0, "tau_w": 20.0},
    "peak over the ceiling": {"delta_T": 0.5, "v_peak": 20.0},
    "adaptation": {"a": -5.0, "b": 40.0, "tau_w": 50.0, "v_reset": -55.0},
}


def test_every_constant_is_where_the_equations_have_it(x64):
    values = {k: np.array([case.get(k, BASE[k]) for case in OTHERS.values()]) for k in BASE}
    net, cell = one(AdExCell, n=len(OTHERS), dt=0.05, **values)
    times = spike_times(net, cell, {cell.j: np.full((1600, 1, len(OTHERS)), 900.0)})
    for got, (name, case) in zip(times, OTHERS.items(), strict=True):
        want = reference(900.0, 80.0, **case)
        assert len(got) == len(want) >= 3, name
        np.testing.assert_allclose(got, want, atol=0.005, err_msg=name)


def test_below_the_rheobase_it_comes_to_rest(x64):
    """Where g_L (E_L - v) + g_L delta_T exp((v - V_T) / delta_T) - a (v - E_L) + j = 0, and w = a (v - E_L)."""
    net, cell = one(AdExCell)
    out = net.advance.scan(inputs={cell.j: np.full((900, 1, 1), 500.0)}, watch=[cell.s, cell.v, cell.w])
    v, w = (float(np.asarray(out[f"cell.{k}"])[-1, 0, 0]) for k in "vw")
    assert not np.any(out["cell.s"])
    assert w == pytest.approx(4.0 * (v + 70.6), rel=1e-3)
    assert 30.0 * (-70.6 - v + 2.0 * np.exp((v + 50.4) / 2.0)) - w + 500.0 == pytest.approx(0.0, abs=0.1)


CURRENTS = {
    "regular_spiking": 1000.0,
    "tonic_spiking": 500.0,
    "adaptation": 500.0,
    "initial_burst": 400.0,
    "regular_bursting": 210.0,
    "delayed_accelerating": 300.0,
    "delayed_regular_bursting": 110.0,
    "transient_spiking": 180.0,
    "irregular_spiking": 160.0,
}


@cache
def patterns():
    """Each under the constant current of the source."""
    with jax.enable_x64(True):
        return run_presets(AdExCell, {name: step(j, 0.0) for name, j in CURRENTS.items()}, 600.0, 0.2)[0]


def groups(times, gap):
    return [len(b) for b in bursts(times, gap)]


CHECKS = {
    "regular_spiking": lambda t: np.all(np.diff(t, 2) > -0.01) and 2.0 < np.diff(t)[-1] / np.diff(t)[0] < 4.0,
    "tonic_spiking": lambda t: len(t) > 50 and np.ptp(np.diff(t)[2:]) < 0.6,
    "adaptation": lambda t: np.all(np.diff(t, 2) > -0.01) and np.diff(t)[-1] > 6.0 * np.diff(t)[0],
    "initial_burst": lambda t: groups(t, 20.0)[0] == 3 and set(groups(t, 20.0)[1:]) == {1} and len(t) > 8,
    "regular_bursting": lambda t: groups(t, 20.0) == [3, 2, 2, 2, 2],
    "delayed_accelerating": lambda t: t[0] > 30.0 and np.all(np.diff(t, 2) < 0.01) and np.diff(t)[-1] < 12.0,
    "delayed_regular_bursting": lambda t: t[0] > 50.0 and set(groups(t, 20.0)) == {4},
    "transient_spiking": lambda t: len(t) == 1,
    "irregular_spiking": lambda t: np.std(np.diff(t)) > 0.4 * np.mean(np.diff(t)) and np.diff(t)[-9:].max() > 20.0,
}  # fmt: skip


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fires_as_its_name_says(name):
    assert CHECKS[name](patterns()[name]), patterns()[name]


@pytest.mark.parametrize("name, inside, between", [("regular_bursting", 1, 0.2), ("delayed_regular_bursting", 3, 0.4)])
def test_intervals_within_and_between_bursts(x64, name, inside, between):
    """To the reference: the second burst's own intervals, and the silence before it."""
    want, got = (bursts(t, 20.0)[:2] for t in (reference(CURRENTS[name], 230.0, **PRESETS[name]), patterns()[name]))
    np.testing.assert_allclose(np.diff(got[1]), np.diff(want[1]), atol=0.02)
    silence = [b[1][0] - b[0][-1] for b in (want, got)]
    assert len(want[1]) == inside + 1 and silence[1] == pytest.approx(silence[0], abs=between) and silence[0] > 50.0


def test_enormous_input_stays_finite():
    net, cell = one(AdExCell, n=3)
    drive = np.broadcast_to([1e7, 1e12, -1e6], (20, 1, 3))
    out = net.advance.scan(inputs={cell.j: drive}, watch=[cell.s, cell.v, cell.w, cell.s.offset])
    assert all(np.all(np.isfinite(v)) for v in out.values())
    assert np.asarray(out["cell.s"])[:, 0].sum(axis=0).tolist() == [20.0, 20.0, 0.0]


BAD = {
    "preset": ({"preset": "bursting"}, "`preset` must be one of 'regular_spiking'"),
    "peak below the threshold": ({"v_peak": -51.0}, "`v_peak` must lie above `V_T` and `v_reset` (in mV)"),
    "peak below reset": ({"v_reset": 1.0}, "`v_peak` must lie above"),
    "delta_T": ({"delta_T": 0.0}, "`delta_T` must be finite and > 0 (in mV)"),
    "closed form": ({"integration": "exact"}, "has no closed form"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_refused(name):
    arguments, message = BAD[name]
    with pytest.raises(ng.GraphError) as error:
        one(AdExCell, **arguments)
    assert message in str(error.value)
