"""Spike-response resonate-and-fire cells against sums of kernels written out."""

from __future__ import annotations

import numpy as np
import pytest
from cell_nets import constant, one, spike_times

from ngcsnn.components import RAFCell, SRMRAFCell

DT = 0.5


def ring(t, omega=0.3, b=-0.06, tau=4.0):
    """The answer to an event of weight 1 at t = 0: exp(-t / tau) folded with exp(b t) sin(omega t), by hand."""
    after, p = np.maximum(t, 0.0), b + 1.0 / tau
    size = (np.exp(b * after) * np.exp(1j * omega * after) - np.exp(-after / tau)) / (p + 1j * omega)
    return size.imag * (t > 0)


@pytest.mark.parametrize("cumulative", [False, True], ids=["last", "all"])
def test_the_potential_is_the_sum_of_its_kernels(x64, cumulative):
    told = {"omega": 0.3, "b": -0.06, "tau_syn": 4.0, "tau_eta": 9.0, "eta_0": -4.0, "cumulative": cumulative}
    net, cell = one(SRMRAFCell, n=3, dt=DT, **told)
    rng = np.random.default_rng(2)
    size = (rng.random((160, 1, 3)) < 0.1) * rng.uniform(0.2, 0.5, (160, 1, 3))
    out = net.advance.scan(inputs={cell.syn: size}, watch=[cell.v, cell.s, cell.s.offset])
    v, s, offset = (np.asarray(out[f"cell.{k}"])[:, 0] for k in ("v", "s", "s.offset"))
    assert 5 < s.sum() < 100
    t = DT * np.arange(1, 161)
    for unit in range(3):
        want = sum(size[n, 0, unit] * ring(t - DT * n) for n in np.flatnonzero(size[:, 0, unit]))
        spikes = t[s[:, unit] > 0] + offset[s[:, unit] > 0, unit]
        for k, spike in enumerate(spikes):
            after = (t >= spike) if cumulative else (t >= spike) & (t < np.append(spikes, np.inf)[k + 1])
            want = want - 4.0 * np.exp(-np.maximum(t - spike, 0.0) / 9.0) * after
        np.testing.assert_allclose(v[:, unit], want, atol=1e-11)


def test_the_kernel_is_the_folded_one():
    """The closed form that the test above rests on, against the integral."""
    t, u = 7.3, np.linspace(0.0, 7.3, 200_001)
    folded = np.exp(-u / 4.0) * np.exp(-0.06 * (t - u)) * np.sin(0.3 * (t - u))
    assert ring(np.array(t)) == pytest.approx(float(np.sum(folded[1:] + folded[:-1]) * 0.5 * (u[1] - u[0])), rel=1e-8)


def test_until_its_first_spike_it_is_the_resonator(x64):
    pair = [one(cls, dt=0.2) for cls in (RAFCell, SRMRAFCell)]
    first, v = [], []
    for net, cell in pair:
        first.append(spike_times(net, cell, constant(cell, 0.3, 100))[0][0])
        net.reset()
        v.append(np.asarray(net.advance.scan(inputs=constant(cell, 0.3, 100), watch=[cell.v])["cell.v"])[:, 0, 0])
    before = round(first[0] / 0.2) - 1
    np.testing.assert_allclose(v[0][:before], v[1][:before], atol=1e-13)
    assert first[0] == pytest.approx(first[1], abs=1e-12) and v[0][before + 5] != v[1][before + 5]


def test_a_cell_above_its_threshold_spikes_when_its_refractory_time_is_over(x64):
    net, cell = one(SRMRAFCell, refract_time=2.3)
    (times,) = spike_times(net, cell, constant(cell, 1.0, 60))
    np.testing.assert_allclose(np.diff(times)[-5:], 2.3, rtol=1e-9)
