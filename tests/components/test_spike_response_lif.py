"""Spike-response LIF cells against sums of kernels written out, and against the LIF cells that they equal."""

from __future__ import annotations

import numpy as np
import pytest
from cell_nets import constant, one, spike_times

import ngcsnn as ng
from ngcsnn.components import LIFCell, SRMLIFCell

DT = 0.5


def events(n_steps, n):
    rng = np.random.default_rng(2)
    return (rng.random((n_steps, 1, n)) < 0.2) * rng.uniform(0.25, 0.75, (n_steps, 1, n))


def psp(t, tau_m, tau):
    """Of an event of weight 1 at t = 0."""
    after = np.maximum(t, 0.0)
    return tau / (tau_m - tau) * (np.exp(-after / tau_m) - np.exp(-after / tau)) * (t > 0)


@pytest.mark.parametrize("cumulative", [False, True], ids=["last", "all"])
def test_the_potential_is_the_sum_of_its_kernels(x64, cumulative):
    """v_rest, an answer to every event, to the current, and after-potentials of the last spike or of all of them."""
    told = {"tau_m": 15.0, "tau_syn": 4.0, "v_rest": 0.1, "tau_eta": 9.0, "eta_0": -2.0, "cumulative": cumulative}
    net, cell = one(SRMLIFCell, n=3, dt=DT, **told)
    size = events(200, 3)
    (out,) = [
        net.advance.scan(
            inputs={cell.syn: size, cell.j: np.full(size.shape, 0.3)}, watch=[cell.v, cell.s, cell.s.offset]
        )
    ]
    v, s, offset = (np.asarray(out[f"cell.{k}"])[:, 0] for k in ("v", "s", "s.offset"))
    assert 10 < s.sum() < 150
    t = DT * np.arange(1, 201)
    for unit in range(3):
        want = 0.1 + 0.3 * (1 - np.exp(-t / 15.0))
        for n in np.flatnonzero(size[:, 0, unit]):
            want = want + size[n, 0, unit] * psp(t - DT * n, 15.0, 4.0)
        spikes = t[s[:, unit] > 0] + offset[s[:, unit] > 0, unit]
        for k, spike in enumerate(spikes):
            after = (t >= spike) if cumulative else (t >= spike) & (t < np.append(spikes, np.inf)[k + 1])
            want = want - 2.0 * np.exp(-np.maximum(t - spike, 0.0) / 9.0) * after
        np.testing.assert_allclose(v[:, unit], want, atol=1e-12)


def test_it_is_the_lif_cell_whose_resets_add_up(x64):
    told = {"tau_m": 12.0, "v_thr": 0.9, "v_rest": 0.1}
    size, runs = 4.0 * events(150, 3), []
    for cls, more in (
        (LIFCell, {"relative_reset": True, "v_reset": 0.2}),
        (SRMLIFCell, {"eta_0": -0.7, "tau_eta": 12.0, "refract_time": 0.0}),
    ):
        more = more | {"cumulative": True} if cls is SRMLIFCell else more
        net, cell = one(cls, n=3, dt=DT, timing="grid", **told, **more)
        runs.append(net.advance.scan(inputs={cell.syn: size}, watch=[cell.v, cell.s, cell.s.offset]))
    assert np.sum(runs[0]["cell.s"]) > 30
    for key in runs[0]:
        np.testing.assert_allclose(runs[0][key], runs[1][key], atol=1e-11, err_msg=key)


def test_interval_of_the_renewal_cell(x64):
    """v_rest + j + eta_0 exp(-T / tau_eta) = v_thr once the answer to the current is complete."""
    net, cell = one(SRMLIFCell, n=4, dt=1.0, tau_m=5.0, tau_eta=[10.0, 20.0, 30.0, 5.0], eta_0=[-2.0, -1.5, -4.0, -1.0])
    drive = np.array([1.5, 1.2, 1.9, 1.1])
    times = spike_times(net, cell, {cell.j: np.broadcast_to(drive, (250, 1, 4))})
    want = np.array([10.0, 20.0, 30.0, 5.0]) * np.log(np.array([2.0, 1.5, 4.0, 1.0]) / (drive - 1.0))
    np.testing.assert_allclose([np.diff(t)[-1] for t in times], want, rtol=1e-4)


def test_a_cell_above_its_threshold_spikes_when_its_refractory_time_is_over(x64):
    """A current that eta_0 cannot hold down: after the start, intervals are refract_time itself, at any dt."""
    net, cell = one(SRMLIFCell, n=2, refract_time=[2.3, 3.7])
    for t, rest in zip(spike_times(net, cell, constant(cell, 2.6, 60)), (2.3, 3.7), strict=True):
        assert t[0] == pytest.approx(20.0 * np.log(2.6 / 1.6), abs=1e-3)
        np.testing.assert_allclose(np.diff(t)[-5:], rest, rtol=1e-9)


def test_an_after_potential_that_excites_is_refused():
    with pytest.raises(ng.GraphError, match="SRMLIFCell 'cell': `eta_0` must lie below 0"):
        one(SRMLIFCell, eta_0=0.1)
