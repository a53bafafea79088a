"""LIF cells against theory: rates, orders in dt, refractory time, resets, ports, heterogeneous parameters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cell_nets import events, one, order, spike_times

import ngcsnn as ng
from ngcsnn.components import LIFCell


def isi(
    drive: Any, tau_m: Any = 20.0, v_thr: Any = 1.0, v_rest: Any = 0.0, v_reset: Any = 0.0, refract_time: Any = 0.0
):
    """The interval between spikes under a constant current."""
    u = v_rest + drive
    return refract_time + tau_m * np.log((u - v_reset) / (u - v_thr))


def steady(cell, drive, t_end, dt):
    """A constant current per unit: {cell.j: (T, 1, n)}."""
    return {cell.j: np.broadcast_to(drive, (round(t_end / dt), 1, cell.n_units))}


CASES = {
    "plain": {},
    "rest and reset": {"v_rest": -0.5, "v_reset": -0.8, "v_thr": 0.7},
    "refractory": {"refract_time": 3.0},
    "not a multiple of dt": {"refract_time": 2.37, "v_reset": 0.2},
    "shorter than dt": {"refract_time": 0.4},
    "relative reset": {"relative_reset": True, "v_reset": 0.3},
}


@pytest.mark.parametrize("name", CASES)
def test_rate_under_a_constant_current(x64, name):
    """1 / rate = refract_time + tau_m ln((u - v_reset) / (u - v_thr)), u = v_rest + j; down to 3 steps."""
    drive = np.array([1.8, 2.1, 3.0, 6.0])
    net, cell = one(n=4, tau_m=10.0, **CASES[name])
    theory = {k: v for k, v in CASES[name].items() if k != "relative_reset"}
    want = isi(drive, tau_m=10.0, **theory)
    for i, times in enumerate(spike_times(net, cell, steady(cell, drive, 60.0, 1.0))):
        assert len(times) >= 3
        np.testing.assert_allclose(np.diff(times), want[i], rtol=2e-3)


def test_order_of_the_spike_times(x64):
    """The fifth spike of 30 cells: precise timing at least second order in dt, grid timing first."""
    drive, refract_time = np.linspace(1.5, 2.5, 30), np.tile([0.0, 0.3, 2.0], 10)
    truth = isi(drive) + 4 * isi(drive, refract_time=refract_time)
    steps = (1.0, 0.5, 0.25, 0.125)
    for timing, low, high in (("precise", 1.8, 3.5), ("grid", 0.8, 1.2)):
        errors = []
        for dt in steps:
            net, cell = one(n=30, dt=dt, timing=timing, refract_time=refract_time)
            times = spike_times(net, cell, steady(cell, drive, 130.0, dt))
            errors.append([abs(t[4] - want) for t, want in zip(times, truth, strict=True)])
        for group in range(3):
            assert low < order(steps, np.mean(np.array(errors)[:, group::3], axis=1)) < high, (timing, group)
    assert np.mean(errors[-1]) > 0.05


@pytest.mark.parametrize("timing", ["precise", "grid"])
def test_refractory_time_holds_v_for_whole_steps_on_the_grid(x64, timing):
    """GeNN's and NEST's convention: R = refract_time / dt steps at v_reset after a spike, then the membrane is free."""
    net, cell = one(dt=0.1, timing=timing, refract_time=2.0, v_reset=-0.3)
    out = net.advance.scan(inputs=steady(cell, 5.0, 20.0, 0.1), watch=[cell.s, cell.v])
    s, v = (np.asarray(out[f"cell.{k}"])[:, 0, 0] for k in ("s", "v"))
    for n in np.flatnonzero(s)[:-1]:
        held = np.flatnonzero(np.abs(v[n : n + 30] + 0.3) < 1e-9)
        assert list(held) == list(range(21 if timing == "grid" else 20))


def test_release_moves_with_the_spike(x64):
    """After a spike within the step, v leaves its reset exactly refract_time later."""
    for refract_time in (0.25, 1.5, 2.0):
        net, cell = one(refract_time=refract_time, v_reset=-0.2)
        out = net.advance.scan(inputs=steady(cell, 2.0, 25.0, 1.0), watch=[cell.s, cell.s.offset, cell.v])
        s, offset, v = (np.asarray(out[f"cell.{k}"])[:, 0, 0] for k in ("s", "s.offset", "v"))
        n = int(np.flatnonzero(s)[0])
        after = np.arange(1, 6) - offset[n] - refract_time
        want = np.where(after > 0, 2.0 - 2.2 * np.exp(-after / 20.0), -0.2)
        np.testing.assert_allclose(v[n + 1 : n + 6], want, atol=1e-12)


def test_events_do_not_move_a_resting_membrane(x64):
    net, cell = one(refract_time=5.0, v_reset=-0.2)
    net.state = {"cell": {"refrac": [[4.3]], "v": [[-0.2]]}}
    for _ in range(4):
        net.advance.run({cell.syn: [[2.0]], cell.syn.offset: [[-1.5]]})
        assert float(cell.v.get()[0, 0]) == -0.2
    current = float(cell.i_syn.get()[0, 0])
    assert current > 4.0
    net.advance.run()  # released 0.3 ms into this step
    want = -0.2 * np.exp(-0.7 / 20) + current * np.exp(-0.3 / 5) * (np.exp(-0.7 / 20) - np.exp(-0.7 / 5)) / 3
    assert float(cell.v.get()[0, 0]) == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("timing", ["precise", "grid"])
def test_each_cell_has_its_own_parameters(x64, timing):
    values = {
        "tau_m": [10.0, 20.0, 15.0],
        "v_thr": [1.0, 0.8, 1.2],
        "v_reset": [0.0, -0.3, 0.2],
        "v_rest": [0.0, 0.1, -0.2],
        "refract_time": [0.0, 2.0, 0.7],
    }
    drive = np.array([1.9, 2.3, 3.1])
    net, cell = one(n=3, timing=timing, **{k: np.array(v) for k, v in values.items()})
    together = spike_times(net, cell, steady(cell, drive, 50.0, 1.0))
    for i in range(3):
        net, alone = one(timing=timing, **{k: v[i] for k, v in values.items()})
        np.testing.assert_allclose(together[i], spike_times(net, alone, steady(alone, drive[i], 50.0, 1.0))[0])


def test_parameters_drawn_by_an_initialiser(x64):
    net, cell = one(n=50, tau_m=ng.init.Uniform(10.0, 30.0))
    assert np.unique(cell.tau_m.get()).size == 50
    times = spike_times(net, cell, steady(cell, 2.0, 60.0, 1.0))
    np.testing.assert_allclose([t[0] for t in times], isi(2.0, np.asarray(cell.tau_m.get())), rtol=2e-4)


def test_relative_reset_keeps_the_overshoot_on_the_grid(x64):
    results = {}
    for relative in (False, True):
        net, cell = one(timing="grid", relative_reset=relative, v_reset=0.25)
        net.state = {"cell": {"v": [[1.4]]}}
        net.advance.run()
        results[relative] = float(cell.v.get()[0, 0])
    assert results[False] == 0.25
    assert results[True] == pytest.approx(1.4 * np.exp(-1 / 20.0) - 0.75)


def one_event_potential(t, start, tau_m=20.0, tau_syn=5.0, weight=1.0):
    after = np.maximum(t - start, 0.0)
    return weight * tau_syn / (tau_m - tau_syn) * (np.exp(-after / tau_m) - np.exp(-after / tau_syn))


@pytest.mark.parametrize("timing", ["precise", "grid"])
def test_an_event_at_the_end_of_step_n_acts_from_the_start_of_the_next(x64, timing):
    net, cell = one(timing=timing, v_thr=100.0)
    source = np.zeros((20, 1, 1))
    source[3] = 2.0  # received by the cell in step 3: emitted in step 2, at t = 3
    v = np.asarray(net.advance.scan(inputs={cell.syn: source}, watch=[cell.v])["cell.v"])[:, 0, 0]
    np.testing.assert_allclose(v, one_event_potential(np.arange(1, 21.0), 3.0, weight=2.0), atol=1e-14)


def test_an_event_within_a_step_is_second_order(x64):
    """Compared at the same times, long after the event."""
    steps, errors = (1.0, 0.5, 0.25, 0.125), []
    for dt in steps:
        with ng.Context("net", dt=dt) as net:
            inp = ng.components.SpikeSource("inp", n_units=1)
            cell = LIFCell("cell", n_units=1, v_thr=100.0)
            w = ng.components.DenseSynapse("w", shape=(1, 1), weights=3.0)
            inp.s >> w.inputs
            w.outputs >> cell.syn
        at = 4.0 + 1.0 - 0.4 * dt
        sizes, moments = events([at], round(30 / dt), dt)
        out = net.advance.scan(inputs={inp.s: sizes, inp.s.offset: moments}, watch=[cell.v, cell.i_syn])
        v, i = (np.asarray(out[f"cell.{k}"])[round(24 / dt) - 1, 0, 0] for k in ("v", "i_syn"))
        want = one_event_potential(24.0, at, weight=3.0), 3.0 * np.exp(-(24.0 - at) / 5.0)
        errors.append([abs(v - want[0]), abs(i - want[1])])
    errors = np.array(errors)
    assert order(steps, errors[:, 0]) > 1.9 and order(steps, errors[:, 1]) > 1.9
    assert errors[0].max() < 0.01


def test_named_receptors_and_current_act_together(x64):
    net, cell = one(n=2, receptors={"exc": 5.0, "inh": [10.0, 20.0]}, v_thr=100.0)
    assert {"exc", "inh", "tau_exc", "tau_inh", "i_exc", "i_inh"} <= set(cell.compartments)
    assert "syn" not in cell.compartments
    feed = {cell.exc: np.zeros((12, 1, 2)), cell.inh: np.zeros((12, 1, 2)), cell.j: np.full((12, 1, 2), 0.7)}
    feed[cell.exc][2], feed[cell.inh][4] = 3.0, -2.0
    v = np.asarray(net.advance.scan(inputs=feed, watch=[cell.v])["cell.v"])[:, 0]
    t = np.arange(1, 13.0)
    rest = 0.7 * (1 - np.exp(-t / 20.0)) + one_event_potential(t, 2.0, weight=3.0)
    np.testing.assert_allclose(v[:, 0], rest + one_event_potential(t, 4.0, tau_syn=10.0, weight=-2.0), atol=1e-13)
    after = np.maximum(t - 4.0, 0.0)
    np.testing.assert_allclose(v[:, 1], rest - 2.0 * after / 20.0 * np.exp(-after / 20.0), atol=1e-13)


BAD = {
    "v_reset above v_thr": ({"v_reset": 1.5}, "`v_reset` must lie below `v_thr`"),
    "one cell's v_reset": ({"n": 2, "v_reset": [0.0, 1.0]}, "`v_reset` must lie below"),
    "tau_m": ({"tau_m": 0.0}, "`tau_m` must be finite and > 0 (in ms)"),
    "refract_time": ({"refract_time": -1.0}, "`refract_time` must be finite and >= 0"),
    "integration": ({"integration": "rk5"}, "`integration` must be one of 'exact', 'euler'"),
    "both": ({"tau_syn": 5.0, "receptors": {"a": 5.0}}, "either `tau_syn`"),
    "no receptors": ({"receptors": {}}, "`receptors` must map"),
    "receptor without time": ({"receptors": {"exc": None}}, "needs a time constant"),
    "receptor's time": ({"receptors": {"exc": -5.0}}, "must be finite and > 0"),
    **{f"port {p}": ({"receptors": {p: 5.0}}, "cannot name a port") for p in ("j", "v", "m", "flow", "a b", "name")},
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_refused(name):
    arguments, message = BAD[name]
    with pytest.raises(ng.GraphError) as error:
        one(**arguments)
    assert message in str(error.value)


def test_a_refractory_time_set_later_is_not_ignored():
    net, cell = one()
    cell.refract_time.set(2.0)
    with pytest.raises(ng.GraphError, match="`refract_time` of 'cell' was 0"):
        net.reset()
