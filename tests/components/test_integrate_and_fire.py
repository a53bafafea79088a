"""Perfect integrate-and-fire cells against their closed form."""

from __future__ import annotations

import numpy as np
import pytest
from cell_nets import constant, one, order, spike_times

import ngcsnn as ng
from ngcsnn.components import IFCell


@pytest.mark.parametrize("relative", [False, True], ids=["absolute", "relative"])
def test_intervals_under_a_constant_current(x64, relative):
    """refract_time + tau_m (v_thr - v_reset) / j, exactly: v is a straight line."""
    rest = np.array([0.0, 2.37])
    told = {"tau_m": 11.0, "v_thr": 1.3, "v_rest": 0.2, "v_reset": -0.1, "relative_reset": relative}
    net, cell = one(IFCell, n=2, refract_time=rest, **told)
    for times, pause in zip(spike_times(net, cell, constant(cell, 1.7, 80)), rest, strict=True):
        assert times[0] == pytest.approx(11.0 * 1.1 / 1.7, rel=1e-12)
        np.testing.assert_allclose(np.diff(times), pause + 11.0 * 1.4 / 1.7, rtol=1e-9)


def test_an_event_leaves_its_charge_for_good(x64):
    net, cell = one(IFCell, n=2, tau_m=20.0, v_rest=0.1, receptors={"exc": [5.0, 8.0], "inh": 3.0})
    exc, inh = np.zeros((2, 120, 1, 2))
    exc[0], inh[3] = 2.0, -0.5
    v = np.asarray(net.advance.scan(inputs={cell.exc: exc, cell.inh: inh}, watch=[cell.v])["cell.v"])
    t = 5.0
    want = (
        0.1
        + (2.0 * np.array([5.0, 8.0]) * (1 - np.exp(-t / np.array([5.0, 8.0]))) - 1.5 * (1 - np.exp(-2.0 / 3.0))) / 20.0
    )
    np.testing.assert_allclose(v[4, 0], want, rtol=1e-13)
    np.testing.assert_allclose(v[-1, 0], 0.1 + (2.0 * np.array([5.0, 8.0]) - 1.5) / 20.0, rtol=1e-6)


def test_order_of_the_time_of_a_spike_from_one_event(x64):
    """w tau (1 - exp(-t / tau)) = tau_m v_thr, for 20 weights: at least second order."""
    weights, steps = np.linspace(5.0, 12.0, 20), (1.0, 0.5, 0.25)
    want, errors = -5.0 * np.log(1.0 - 20.0 / (weights * 5.0)), []
    for dt in steps:
        net, cell = one(IFCell, n=20, dt=dt)
        rows = np.zeros((round(12.0 / dt), 1, 20))
        rows[0] = weights
        times = spike_times(net, cell, {cell.syn: rows})
        errors.append(np.mean([abs(t[0] - w) for t, w in zip(times, want, strict=True)]))
    assert order(steps, errors) > 2.0


def test_the_lower_bound_stops_inhibition(x64):
    net, cell = one(IFCell, n=2, v_min=[-0.3, -9.0])
    v = np.asarray(net.advance.scan(inputs=constant(cell, -1.0, 30), watch=[cell.v])["cell.v"])[:, 0]
    np.testing.assert_allclose(v[:, 0], np.maximum(-np.arange(1, 31) / 20.0, -0.3))
    np.testing.assert_allclose(v[:, 1], -np.arange(1, 31) / 20.0)


BAD = {
    "reset": ({"v_reset": 1.0}, "`v_reset` must lie below `v_thr`"),
    "bound above reset": ({"v_min": 0.5}, "`v_min` must not lie above `v_rest` or `v_reset`"),
    "tau_m": ({"tau_m": 0.0}, "`tau_m` must be finite and > 0 (in ms)"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_refused(name):
    arguments, message = BAD[name]
    with pytest.raises(ng.GraphError) as error:
        one(IFCell, **arguments)
    assert message in str(error.value)
