"""FitzHugh-Nagumo cells: rest, nullclines, limit cycle, and spikes that are crossings and nothing else."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import constant, one, order, spike_times
from fine_reference import fine_crossings, fine_run

import ngcsnn as ng
from ngcsnn.components import FitzHughNagumoCell
from ngcsnn.credit import Surrogate

REST = (-1.199408035, -0.624260044)


def reference(drive, t_end, h=0.01):
    """v (T + 1, n) of the equations by hand, for many currents at once."""

    def rate(x):
        v, w = x
        return np.stack([v - v**3 / 3.0 - w + drive, (v + 0.7 - 0.8 * w) / 12.5])

    return fine_run(rate, np.broadcast_to(np.array(REST)[:, None], (2, len(drive))), t_end, h)[:, 0]


def test_it_starts_where_it_rests(x64):
    net, cell = one(FitzHughNagumoCell)
    np.testing.assert_allclose(np.ravel(cell.read()[:2]), REST, atol=1e-6)
    v = net.advance.scan(n_steps=200, watch=[cell.v])["cell.v"]
    assert np.ptp(v) < 1e-5


def test_nullclines(x64):
    """w = v - v^3 / gamma + j and w = (v + alpha) / beta, with every constant its own."""
    _net, cell = one(FitzHughNagumoCell, tau_m=2.0, tau_w=7.0, alpha=0.5, beta=0.6, gamma=2.5)
    v = jnp.linspace(-2.0, 2.0, 9)[None]
    still = cell.velocity(cell.State(v, v - v**3 / 2.5 + 0.3, 0.0 * v), 0.3)
    np.testing.assert_allclose(still.v, 0.0, atol=1e-14)
    np.testing.assert_allclose(still.w, (v + 0.5 - 0.6 * (v - v**3 / 2.5 + 0.3)) / 7.0, rtol=1e-12)
    still = cell.velocity(cell.State(v, (v + 0.5) / 0.6, 0.0 * v), 0.3)
    np.testing.assert_allclose(still.w, 0.0, atol=1e-14)
    np.testing.assert_allclose(still.v, (v - v**3 / 2.5 - (v + 0.5) / 0.6 + 0.3) / 2.0, rtol=1e-12)


def test_it_oscillates_between_the_two_currents_at_which_rest_loses_its_stability(x64):
    """1 - v^2 = tau_m beta / tau_w at rest, v = +- 0.9675: currents 0.331 and 1.419."""
    v = np.array([-1.0, 1.0]) * np.sqrt(1.0 - 0.8 / 12.5)
    low, high = (v + 0.7) / 0.8 - v + v**3 / 3.0
    assert (low, high) == pytest.approx((0.331, 1.419), abs=5e-4)
    drive = np.array([low - 0.03, low + 0.03, high - 0.03, high + 0.03])
    net, cell = one(FitzHughNagumoCell, n=4, dt=0.2)
    v = net.advance.scan(inputs={cell.j: np.broadcast_to(drive, (3000, 1, 4))}, watch=[cell.v])["cell.v"]
    late = np.ptp(np.asarray(v)[-500:, 0], axis=0)
    assert np.all(late[[0, 3]] < 0.02) and np.all(late[[1, 2]] > 0.5), late


def test_spike_times_and_their_order(x64):
    """Three spikes at 12 currents against fine steps; one spike for each turn, though v stays above for 10 ms."""
    drive, steps = np.linspace(0.45, 1.2, 12), (0.4, 0.2, 0.1)
    truth = reference(drive, 120.0)
    want = [fine_crossings(truth[:, i], 1.0, 0.01) for i in range(12)]
    errors = []
    for dt in steps:
        net, cell = one(FitzHughNagumoCell, n=12, dt=dt)
        times = spike_times(net, cell, {cell.j: np.broadcast_to(drive, (round(120 / dt), 1, 12))})
        assert [len(t) for t in times] == [len(w) for w in want]
        errors.append(np.mean([abs(t[2] - w[2]) for t, w in zip(times, want, strict=True)]))
    assert order(steps, errors) > 1.8 and errors[-1] < 1e-3, errors


@pytest.mark.parametrize("rule", ["precise", "grid", Surrogate()], ids=["precise", "grid", "surrogate"])
def test_a_spike_changes_nothing(x64, rule):
    """The same potentials as in a cell whose threshold is out of reach."""
    net, cell = one(FitzHughNagumoCell, n=2, dt=0.2, v_thr=[1.0, 50.0])
    net.__dict__["spike_timing"] = rule
    out = net.advance.scan(inputs=constant(cell, 0.6, 500), watch=[cell.v, cell.w, cell.s])
    s, v, w = (np.asarray(out[f"cell.{k}"])[:, 0] for k in "svw")
    assert s[:, 0].sum() >= 2 and not s[:, 1].any()
    np.testing.assert_array_equal(v[:, 0], v[:, 1])
    np.testing.assert_array_equal(w[:, 0], w[:, 1])


def test_there_is_no_refractory_time_to_give():
    with pytest.raises(ng.GraphError, match="has no argument 'refract_time'"):
        one(FitzHughNagumoCell, refract_time=1.0)
