"""Inhibitory STDP: its symmetric window, and the rate that it brings a cell to."""

from __future__ import annotations

import numpy as np
import pytest
from spike_runs import learned, pairs, poisson

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, InhibitorySTDP, LIFCell, PoissonEncoder

pytestmark = pytest.mark.usefixtures("x64")


def test_window_is_symmetric_with_a_loss_for_each_presynaptic_spike() -> None:
    distances = np.array([-30.0, -10.3, -1.0, 2.0, 15.5, 40.0])
    change = np.diag(
        learned(
            InhibitorySTDP, [[50.0]] * 6, [[50.0 + d] for d in distances], dt=1.0, rate=0.1, tau=15.0, target_rate=8.0
        )
    )
    np.testing.assert_allclose(change, 0.1 * (np.exp(-np.abs(distances) / 15.0) - 2 * 15.0 * 8e-3), rtol=1e-10)


def test_the_order_of_a_pair_says_nothing_so_steps_say_little() -> None:
    """A pair within one step counts as one of no distance, the others exactly."""
    rng = np.random.default_rng(0)
    pre, post = poisson(rng, 3, 50.0, 400.0, 2.0), poisson(rng, 2, 50.0, 400.0, 2.0)
    alone = 0.2 * np.array([[len(own)] for own in pre])
    want = pairs(pre, post, lambda d: np.exp(-abs(d) / 20.0)) - alone
    for dt, atol in ((0.25, 0.02), (1.0, 0.08)):
        got = learned(InhibitorySTDP, pre, post, dt=dt, until=400.0, rate=1.0)
        np.testing.assert_allclose(got, want, rtol=0, atol=atol)


def test_drift_vanishes_at_the_target_rate() -> None:
    rng = np.random.default_rng(1)
    drift = {}
    for rate in (5.0, 10.0, 20.0):
        pre, post = poisson(rng, 40, 20.0, 4000.0), poisson(rng, 40, rate, 4000.0)
        drift[rate] = learned(InhibitorySTDP, pre, post, dt=2.0, until=4000.0, rate=1.0, target_rate=10.0).mean()
    slope = 2 * 20.0 * 20.0 * 4.0 / 1000.0  # 2 tau r_pre T, per Hz of the postsynaptic rate
    for rate, got in drift.items():
        assert got == pytest.approx(slope * (rate - 10.0), abs=0.05 * slope * 10.0)


def test_cells_come_to_their_target_rate() -> None:
    """Whatever excites them: leaky cells under constant currents and 40 inhibitory inputs of 20 Hz."""
    with ng.Context("net", dt=2.0, dtype="float64") as net:
        source = PoissonEncoder("source", n_units=40, max_rate=20.0)
        cell = LIFCell("cell", n_units=4, tau_m=20.0, tau_syn=5.0)
        w = DenseSynapse("w", shape=(40, 4), weights=-0.01, signs="inhibitory")
        rule = InhibitorySTDP("rule", synapse=w, rate=5e-3, target_rate=12.0)
        source.s >> w.inputs
        w.outputs >> cell.syn
        source.s >> rule.pre
        cell.s >> rule.post
        rule.dweights >> w.dweights
    source.inputs.set(1.0)
    cell.j.set([1.2, 1.3, 1.4, 1.5])
    learn = net.process("learn") >> net.advance >> net.evolve
    spikes = learn.scan(n_steps=6000, watch=[cell.s])["cell.s"]
    rates = np.asarray(spikes)[:, 0].reshape(2, 3000, 4).mean(1) * 500.0
    assert np.ptp(rates[0]) > 3.0
    np.testing.assert_allclose(rates[1], 12.0, rtol=0.15)
    assert np.all(np.asarray(w.weights.get()) <= 0)
