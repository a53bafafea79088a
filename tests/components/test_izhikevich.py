"""Izhikevich cells against an adaptive reference, and each published firing pattern against its name."""

from __future__ import annotations

from functools import cache

import jax
import numpy as np
import pytest
from cell_nets import one, order, spike_times
from fine_reference import fine_spikes
from firing_patterns import bursts, pulses, run_presets, step

import ngcsnn as ng
from ngcsnn.components import IzhikevichCell
from ngcsnn.components.neurons.spiking.izhikevich import PRESETS


def reference(
    drive, t_end, a=0.02, b=0.2, c=-65.0, d=8.0, slope=5.0, offset=140.0, v_u=0.0, u_leak=1.0, curvature=0.04
):
    def rate(x):
        v, u = x
        return np.array([curvature * v * v + slope * v + offset - u + drive, a * (b * (v - v_u) - u_leak * u)])

    return fine_spikes(rate, 30.0, lambda x: np.array([c, x[1] + d]), [-65.0, b * -65.0], t_end)


def test_order_of_the_spike_times(x64):
    """The second spike at 20 currents: precise timing at least second order in dt, grid timing first."""
    drive, steps = np.linspace(9.0, 14.0, 20), (0.5, 0.25, 0.125)
    want = [reference(j, 40.0)[1] for j in drive]
    for timing, low, high in (("precise", 1.8, 4.5), ("grid", 0.8, 1.2)):
        errors = []
        for dt in steps:
            net, cell = one(IzhikevichCell, n=20, dt=dt, timing=timing)
            times = spike_times(net, cell, {cell.j: np.broadcast_to(drive, (round(40 / dt), 1, 20))})
            errors.append(np.mean([abs(t[1] - w) for t, w in zip(times, want, strict=True)]))
        assert low < order(steps, errors) < high, timing
        assert errors[0] < 0.02 if timing == "precise" else errors[-1] > 0.05


OTHERS = {
    "fast": {"a": 0.1, "d": 2.0},
    "coupling": {"b": 0.25, "c": -55.0},
    "parabola": {"slope": 4.1, "offset": 108.0, "b": -0.1},
    "curvature": {"curvature": 0.05, "offset": 110.0},
    "recovery": {"v_u": -20.0, "u_leak": 0.8},
}


def test_every_constant_is_where_the_equations_have_it(x64):
    keys = sorted({k for case in OTHERS.values() for k in case})
    base = {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0, "slope": 5.0, "offset": 140.0, "curvature": 0.04}
    base |= {"v_u": 0.0, "u_leak": 1.0}
    values = {k: np.array([case.get(k, base[k]) for case in OTHERS.values()]) for k in keys}
    net, cell = one(IzhikevichCell, n=len(OTHERS), dt=0.05, **values)
    times = spike_times(net, cell, {cell.j: np.full((1600, 1, len(OTHERS)), 14.0)})
    for got, (name, case) in zip(times, OTHERS.items(), strict=True):
        want = reference(14.0, 80.0, **case)
        assert len(got) == len(want) >= 3, name
        np.testing.assert_allclose(got, want, atol=0.01, err_msg=name)


STIMULI = {
    **dict.fromkeys(
        ["regular_spiking", "intrinsically_bursting", "chattering", "fast_spiking", "low_threshold_spiking"],
        step(10.0, 10.0),
    ),
    "thalamo_cortical": lambda t: np.where(t < 100, -12.0, np.where(t < 200, 0.0, 1.5)),
    "resonator": lambda t: np.where((t > 200) & (t < 202), 1.2, -0.1),
    "tonic_spiking": step(14.0, 10.0),
    "phasic_spiking": step(0.5, 20.0),
    "tonic_bursting": step(15.0, 22.0),
    "phasic_bursting": step(0.6, 20.0),
    "mixed_mode": step(10.0, 16.0),
    "spike_frequency_adaptation": step(30.0, 8.5),
    "class_1": lambda t: np.where(t > 30, 0.075 * (t - 30), 0.0),
    "class_2": lambda t: np.where(t > 30, -0.5 + 0.015 * (t - 30), -0.5),
    "spike_latency": pulses(7.04, 10.0, length=3.0),
    "subthreshold_oscillations": pulses(2.0, 20.0, length=5.0),
    "resonance": pulses(0.65, 40.0, 60.0, 280.0, 320.0, length=4.0),
    "integrator": pulses(9.0, 9.0, 14.0, 70.0, 80.0, length=2.0),
    "rebound_spike": pulses(-15.0, 20.0, length=5.0),
    "rebound_burst": pulses(-15.0, 20.0, length=5.0),
    "threshold_variability": lambda t: pulses(1.0, 10.0, 80.0, length=5.0)(t) + pulses(-6.0, 70.0, length=5.0)(t),
    "bistability": pulses(1.24, 37.5, 208.0, length=5.0, base=0.24),
    "depolarising_after_potential": pulses(20.0, 9.0, length=2.0),
    "accommodation": lambda t: np.where(t < 200, t / 25, pulses(0.0, 0.0, length=300.0)(t) + ramp(t)),
    "inhibition_induced_spiking": pulses(75.0, 50.0, length=200.0, base=80.0),
    "inhibition_induced_bursting": pulses(75.0, 50.0, length=200.0, base=80.0),
}
DT = 0.2


def ramp(t):
    """From 0 to 4 within 12.5 ms."""
    return np.where((t >= 300) & (t < 312.5), (t - 300) / 12.5 * 4.0, 0.0)


@cache
def patterns():
    with jax.enable_x64(True):
        return run_presets(IzhikevichCell, STIMULI, 400.0, DT)


def groups(times, *args):
    return [len(b) for b in bursts(times, *args)]


def regular(times, n, rtol=0.01):
    """The last n intervals are one and the same."""
    gaps = np.diff(times)[-n:]
    return len(gaps) == n and np.ptp(gaps) < rtol * gaps.mean()


def at(v, *times):
    return [v[round(t / DT) - 1] for t in times]


def crossings(v, level):
    return int(np.sum(np.diff(np.sign(v - level)) != 0))


CHECKS = {
    "regular_spiking": lambda t, v: regular(t, 5) and np.diff(t)[0] < 0.6 * np.diff(t)[-1],
    "intrinsically_bursting": lambda t, v: groups(t, 10)[0] == 3 and set(groups(t, 10)[1:]) == {1} and regular(t, 5),
    "chattering": lambda t, v: min(groups(t, 15)[1:-1]) >= 4 and np.min(np.diff(t)) < 3.0,
    "fast_spiking": lambda t, v: regular(t, 30) and np.diff(t)[-1] < 8.0,
    "low_threshold_spiking": lambda t, v: np.diff(t)[0] < 4.0 and np.all(np.diff(t)[:6] > 0) and np.diff(t)[-1] > 12.0,
    "thalamo_cortical": lambda t, v: groups(t[t < 200], 60) == [4] and np.sum(t > 200) > 5 and not np.any(t < 100),
    "resonator": lambda t, v: not len(t) and crossings(v[1010:1500], v[990]) >= 4 and np.max(v[1010:1500]) > v[990] + 1,
    "tonic_spiking": lambda t, v: regular(t, 10),
    "phasic_spiking": lambda t, v: len(t) == 1,
    "tonic_bursting": lambda t, v: len(groups(t, 20)) > 5 and min(groups(t, 20)) >= 4 and np.min(np.diff(t)) < 2,
    "phasic_bursting": lambda t, v: groups(t, 20) == [8],
    "mixed_mode": lambda t, v: groups(t, 20)[0] == 3 and set(groups(t, 20)[1:]) == {1} and regular(t, 5),
    "spike_frequency_adaptation": lambda t, v: np.diff(t)[0] < 2.0 and np.diff(t)[-1] > 25.0 and regular(t, 5),
    "class_1": lambda t, v: np.diff(t)[0] > 35.0 and np.all(np.diff(t, 2) < 0),  # from rates near 0 on
    "class_2": lambda t, v: 15.0 < np.diff(t)[0] < 22.0 and np.all(np.diff(t, 2) < 0),  # from 50 / s on
    "spike_latency": lambda t, v: len(t) == 1 and t[0] - 13.0 > 3.0,
    "subthreshold_oscillations": lambda t, v: len(t) == 1 and crossings(v[250:1000], v[-1]) >= 4,
    "resonance": lambda t, v: len(t) == 1 and 320.0 < t[0] < 345.0,  # for the pair 40 ms apart, not for that of 20
    "integrator": lambda t, v: len(t) == 1 and 14.0 < t[0] < 25.0,  # for the closer pair
    "rebound_spike": lambda t, v: len(t) == 1 and t[0] > 25.0,
    "rebound_burst": lambda t, v: groups(t, 20)[0] > 8 and t[0] > 25.0 and np.diff(t)[0] < 3.0,
    "threshold_variability": lambda t, v: len(t) == 1 and t[0] > 85.0,  # only after the inhibition
    "bistability": lambda t, v: len(t) == 5 and t[0] > 40.0 and t[-1] < 210.0 and np.ptp(np.diff(t)) < 0.5,
    "depolarising_after_potential": lambda t, v: len(t) == 1 and max(at(v, 13, 14, 15)) > at(v, 11.6)[0] > -60 > v[-1],
    "accommodation": lambda t, v: len(t) == 1 and t[0] > 305.0,  # the fast ramp, to half the current of the slow one
    "inhibition_induced_spiking": lambda t, v: (
        np.all((t > 50) & (t < 260)) and set(groups(t, 20)) == {1} and len(t) > 2
    ),
    "inhibition_induced_bursting": lambda t, v: np.all((t > 50) & (t < 275)) and min(groups(t, 20)) > 5,
}


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fires_as_its_name_says(name):
    times, v = (of[name] for of in patterns())
    assert CHECKS[name](times, v), times


def test_bursts_of_the_chattering_preset(x64):
    """The intervals within and between its bursts, to the reference."""
    want = reference(10.0, 120.0, **PRESETS["chattering"])
    got = patterns()[0]["chattering"] - 10.0
    inside = np.diff(bursts(want, 15.0)[1])
    got_inside = np.diff(bursts(got, 15.0)[1])
    np.testing.assert_allclose(got_inside, inside, atol=0.3)
    between = [b[1][0] - b[0][-1] for b in (bursts(want, 15.0), bursts(got, 15.0))]
    assert between[1] == pytest.approx(between[0], abs=1.0) and between[0] > 40.0


def test_the_recovery_starts_at_rest_with_the_potential():
    assert np.all(np.asarray(one(IzhikevichCell, n=2, b=[0.2, 0.25], v_init=-60.0)[1].u.get()) == [[-12.0, -15.0]])
    assert float(one(IzhikevichCell, preset="accommodation")[1].u.get()[0, 0]) == -16.0
    assert float(one(IzhikevichCell, preset="accommodation", u_init=-10.0, c=-60.0)[1].u.get()[0, 0]) == -10.0
    net, cell = one(IzhikevichCell, n=2, b=ng.init.Uniform(0.1, 0.3))
    again = ng.Context.from_yaml(net.to_yaml())
    np.testing.assert_array_equal(cell.u_init.get(), -65.0 * np.asarray(cell.b.get()))
    np.testing.assert_array_equal(again.find("cell.u").get(), cell.u.get())


def test_what_is_given_goes_before_the_preset():
    _net, cell = one(IzhikevichCell, preset="chattering", d=3.0)
    assert [float(cell.compartments[k].get()) for k in "abcd"] == pytest.approx([0.02, 0.2, -50.0, 3.0])


BAD = {
    "preset": ({"preset": "chatering"}, "`preset` must be one of 'regular_spiking'"),
    "preset list": ({"preset": ["chattering"]}, "`preset` must be a string or None"),
    "peak below reset": ({"v_peak": -66.0}, "`v_peak` must lie above `c`"),
    "peak below the parabola's bottom": ({"v_peak": -63.0, "c": -80.0}, "and the lowest point of the parabola (in mV)"),
    "curvature": ({"curvature": 0.0}, "`curvature` must be finite and > 0 (in 1/(mV ms))"),
    "closed form": ({"integration": "exact"}, "has no closed form"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_refused(name):
    arguments, message = BAD[name]
    with pytest.raises(ng.GraphError) as error:
        one(IzhikevichCell, **arguments)
    assert message in str(error.value)
