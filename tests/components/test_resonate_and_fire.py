"""Resonate-and-fire cells: the closed form, resonance, and what Izhikevich 2001 shows of them."""

from __future__ import annotations

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import constant, one, order, spike_times
from fine_reference import fine_spikes

import ngcsnn as ng
from ngcsnn.components import RAFCell


def test_the_closed_form_solves_the_equations(x64):
    """Its derivative is the velocity everywhere, and two steps make one."""
    _net, cell = one(RAFCell, n=3, omega=[0.25, 0.8, 0.01], b=[-0.05, 0.02, -0.2], receptors={"exc": 5.0, "inh": 20.0})
    rng = np.random.default_rng(0)
    x = cell.State(*(jnp.asarray(rng.normal(size=(1, 3))) for _ in cell.State._fields))
    for t in (0.0, 0.7, -2.0):
        end, slope = jax.jvp(lambda u: cell.flow(x, 0.4, u), (t,), (1.0,))
        np.testing.assert_allclose(slope, cell.rate(end, 0.4), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(cell.flow(cell.flow(x, 0.4, 0.3), 0.4, 1.1), cell.flow(x, 0.4, 1.4), rtol=1e-12)
    np.testing.assert_allclose(cell.flow(x, 0.4, 0.0), x, atol=1e-15)


def test_a_pulse_rings_at_omega_and_dies_out_at_b(x64):
    net, cell = one(RAFCell, dt=0.5, v_thr=100.0, omega=0.3, b=-0.04)
    net.state = {"cell": {"w": [[1.0]]}}
    v = np.asarray(net.advance.scan(n_steps=120, watch=[cell.v])["cell.v"])[:, 0, 0]
    t = 0.5 * np.arange(1, 121)
    np.testing.assert_allclose(v, np.exp(-0.04 * t) * np.sin(0.3 * t), atol=1e-13)


def test_resonance(x64):
    """A sine of frequency f is answered by omega / |(2 pi i f - b)^2 + omega^2|, which peaks at sqrt(omega^2 - b^2)."""
    f = np.linspace(0.005, 0.09, 35)  # 1 / ms
    net, cell = one(RAFCell, n=35, dt=0.1, v_thr=100.0)
    t = 0.1 * (np.arange(4000) + 0.5)
    drive = np.sin(2 * np.pi * f * t[:, None])[:, None]
    v = np.asarray(net.advance.scan(inputs={cell.j: drive}, watch=[cell.v])["cell.v"])[2000:, 0]
    end = 0.1 * np.arange(2001, 4001)[:, None]
    size = np.array([np.hypot(*np.linalg.lstsq(_waves(end[:, 0], w), v[:, i], rcond=None)[0]) for i, w in enumerate(f)])
    want = 0.25 / np.abs((2j * np.pi * f + 0.05) ** 2 + 0.25**2)
    np.testing.assert_allclose(size, want, rtol=2e-3)
    assert f[np.argmax(size)] == pytest.approx(np.sqrt(0.25**2 - 0.05**2) / (2 * np.pi), abs=np.diff(f)[0])


def _waves(t, f):
    return np.stack([np.sin(2 * np.pi * f * t), np.cos(2 * np.pi * f * t)], axis=-1)


def test_it_fires_for_pulses_a_period_apart_and_after_inhibition(x64):
    """Two pulses half a period apart cancel, a period apart they add up; a single strong inhibitory one rebounds."""
    period = 2 * np.pi / 0.25
    net, cell = one(RAFCell, n=4, dt=0.1, b=-0.02)
    rows = np.zeros((800, 1, 4))
    pulse = 8.0  # in w, over one step of 0.1 ms
    for unit, second in enumerate((period / 2, period)):
        rows[[50, 50 + round(second / 0.1)], 0, unit] = pulse
    rows[50, 0, 2], rows[50, 0, 3] = -2.0 * pulse, pulse
    times = spike_times(net, cell, {cell.j: rows})
    assert [len(t) for t in times] == [0, 1, 1, 0]
    assert times[1][0] > 5.0 + period and 5.0 + period / 2 < times[2][0] < 5.0 + period


def test_spike_times_and_their_order(x64):
    drive, steps = np.linspace(0.4, 1.2, 12), (1.0, 0.5, 0.25)
    want = [
        fine_spikes(
            lambda x, j=j: np.array([-0.05 * x[0] + 0.25 * x[1], -0.05 * x[1] - 0.25 * x[0] + j]),
            *(1.0, lambda x: np.array([0.1, 0.2]), [0.0, 0.0], 40.0),
        )
        for j in drive
    ]
    errors = []
    for dt in steps:
        net, cell = one(RAFCell, n=12, dt=dt, v_reset=0.1, w_reset=0.2)
        times = spike_times(net, cell, {cell.j: np.broadcast_to(drive, (round(40 / dt), 1, 12))})
        errors.append(np.mean([abs(t[2] - w[2]) for t, w in zip(times, want, strict=True)]))
    assert order(steps, errors) > 1.8 and errors[-1] < 1e-3, errors


def test_both_variables_rest_after_a_spike(x64):
    net, cell = one(RAFCell, dt=0.5, refract_time=3.0, v_reset=-0.2, w_reset=0.3)
    out = net.advance.scan(inputs=constant(cell, 1.0, 60), watch=[cell.v, cell.w, cell.s])
    n = int(np.flatnonzero(np.asarray(out["cell.s"])[:, 0, 0])[0])
    for key, value in (("cell.v", -0.2), ("cell.w", 0.3)):
        np.testing.assert_allclose(np.asarray(out[key])[n : n + 6, 0, 0], value, atol=1e-14)
    (times,) = spike_times(net, cell, constant(cell, 1.0, 60))
    assert all(b - a > 3.0 for a, b in pairwise(times))


def test_a_reset_above_the_threshold_is_refused():
    with pytest.raises(ng.GraphError, match="`v_reset` must lie below `v_thr`"):
        one(RAFCell, v_reset=1.0)
