"""Hodgkin-Huxley cells against the textbook's numbers and a NumPy program of the same equations."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import one, order, spike_times
from fine_reference import fine_crossings, fine_run

from ngcsnn.components import HodgkinHuxleyCell
from ngcsnn.components.neurons.spiking.hodgkin_huxley import linoid

GATES = {"m": 0.05293, "h": 0.59612, "n": 0.31768}


def fine(drive, t_end, h=0.005, warm=1.0):
    """v (T + 1, n) in the form of today's textbooks: potentials in mV, rates as functions of v itself."""

    def rate(x):
        v, m, hh, n = x
        a = [0.1 * (v + 40) / -np.expm1(-(v + 40) / 10), 0.07 * np.exp(-(v + 65) / 20)]
        a.append(0.01 * (v + 55) / -np.expm1(-(v + 55) / 10))
        b = [4 * np.exp(-(v + 65) / 18), 1 / (1 + np.exp(-(v + 35) / 10)), 0.125 * np.exp(-(v + 65) / 80)]
        dv = drive - 120 * m**3 * hh * (v - 50) - 36 * n**4 * (v + 77) - 0.3 * (v + 54.387)
        gates = [warm * (up * (1 - g) - down * g) for up, down, g in zip(a, b, (m, hh, n), strict=True)]
        return np.stack([dv, *gates])

    start = np.array([-65.0, 0.0529324853, 0.5961207535, 0.3176769141])
    return fine_run(rate, np.broadcast_to(start[:, None], (4, len(drive))), t_end, h)[:, 0]


def run(drive, t_end, dt=0.05, **told):
    drive = np.atleast_1d(drive)
    net, cell = one(HodgkinHuxleyCell, n=len(drive), dt=dt, **told)
    return net, cell, {cell.j: np.broadcast_to(drive, (round(t_end / dt), 1, len(drive)))}


def test_it_rests_where_it_starts(x64):
    _net, cell = one(HodgkinHuxleyCell)
    x = cell.read()
    assert {k: round(float(getattr(x, k)[0, 0]), 5) for k in GATES} == GATES
    still = cell.velocity(x, 0.0)
    assert abs(float(still.v[0, 0])) < 5e-3  # mV / ms
    np.testing.assert_allclose(np.ravel(still[1:4]), 0.0, atol=1e-15)


def test_spikes_are_those_of_the_textbook(x64):
    """A current of 2 uA/cm2 stays below threshold, 3 gives one spike and 5 few, from 6.3 on they go on for ever; at 10
    the rate is 68 Hz; a spike peaks at 105 mV above rest (Hodgkin & Huxley 1952; Gerstner et al. 2014, section 2.2)."""
    drive = np.array([2.0, 3.0, 5.0, 6.6, 10.0])
    net, cell, inputs = run(drive, 200.0)
    times = spike_times(net, cell, inputs)
    assert [len(t) for t in times[:2]] == [0, 1]
    assert 1 <= len(times[2]) <= 4 and times[2][-1] < 60.0
    assert times[3][-1] > 180.0 and 1000.0 / np.diff(times[3])[-1] == pytest.approx(55.0, abs=2.0)
    assert 1000.0 / np.diff(times[4])[-1] == pytest.approx(68.3, abs=0.2)
    net, cell, pulse = run(20.0, 1.0)
    v = net.advance.scan(inputs={k: np.pad(j, ((0, 180), (0, 0), (0, 0))) for k, j in pulse.items()}, watch=[cell.v])
    assert float(np.max(v["cell.v"])) + 65.0 == pytest.approx(105.0, abs=3.0)


def test_spike_times_and_their_order(x64):
    """At 8 currents against fine steps of the other program: at least second order, and 0.001 ms at dt = 0.05."""
    drive, steps = np.linspace(8.0, 30.0, 8), (0.1, 0.05, 0.025)
    truth = fine(drive, 45.0)
    want = [fine_crossings(truth[:, i], 0.0, 0.005) for i in range(8)]
    errors = []
    for dt in steps:
        net, cell, inputs = run(drive, 45.0, dt)
        times = spike_times(net, cell, inputs)
        assert [len(t) for t in times] == [len(w) for w in want]
        errors.append(np.mean([np.abs(t - w).mean() for t, w in zip(times, want, strict=True)]))
    assert order(steps, errors) > 1.8 and errors[1] < 2e-3, errors


def test_warmth_speeds_the_gates_up(x64):
    drive = np.array([20.0])
    net, cell, inputs = run(drive, 20.0, temperature=16.3)
    (times,) = spike_times(net, cell, inputs)
    want = fine_crossings(fine(drive, 20.0, warm=3.0)[:, 0], 0.0, 0.005)
    np.testing.assert_allclose(times, want, atol=5e-3)
    assert len(times) >= 2 and cell.parts == 2


def test_the_parts_of_a_step(x64):
    """One step of 0.4 ms equals eight of 0.05; the rule that is asked for is taken at once."""
    whole, parts = (run(10.0, 8.0, dt) for dt in (0.4, 0.05))
    ends = [np.asarray(n.advance.scan(inputs=i, watch=[c.v])["cell.v"])[-1] for n, c, i in (whole, parts)]
    assert whole[1].parts == 8 and parts[1].parts == 1
    np.testing.assert_allclose(*ends, rtol=1e-10)
    assert one(HodgkinHuxleyCell, dt=0.1, C=0.1)[1].parts == 20


def test_rates_are_smooth_where_they_read_0_over_0(x64):
    _net, cell = one(HodgkinHuxleyCell)
    opening = {k: up for k, (up, _) in cell.rates(jnp.array([-55.0, -40.0])).items()}
    assert float(opening["n"][0]) == pytest.approx(0.1, rel=1e-12)
    assert float(opening["m"][1]) == pytest.approx(1.0, rel=1e-12)
    y = np.array([-0.3, -0.1000001, -0.0999999, -1e-6, 0.0, 1e-6, 0.0999999, 0.1000001, 0.3])
    exact = [1.0 if x == 0 else x / np.expm1(x) for x in y]
    np.testing.assert_allclose(linoid(jnp.array(y)), exact, rtol=1e-13)
    slopes = jax.vmap(jax.grad(linoid))(jnp.array(y))
    want = [-0.5 + x / 6 - x**3 / 180 + x**5 / 5040 - x**7 / 151200 for x in y]
    np.testing.assert_allclose(slopes, want, atol=1e-11)
