"""Intrinsic plasticity: thresholds and gains move until cells are as active as they should be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import IntrinsicPlasticity, LIFCell, RateCell
from ngcsnn.graph import GraphError, UnknownNameError

pytestmark = pytest.mark.usefixtures("x64")


def spiking(dt: float = 1.0, v_thr: Any = (0.6, 0.6, 0.6), batch: int = 1, **arguments: Any) -> Any:
    with ng.Context("net", dt=dt, dtype="float64") as net:
        cell = LIFCell("cell", n_units=3, tau_m=20.0, v_thr=list(v_thr) if isinstance(v_thr, tuple) else v_thr)
        told = {"target_rate": 20.0, "rate": 1e-5, "tau_rate": 200.0, **arguments}
        rule = IntrinsicPlasticity("rule", cell=cell, **told)
        cell.s >> rule.activity
    net.reset(batch_size=batch)
    cell.j.set([1.1, 1.5, 2.0])
    return net


def test_cells_come_to_their_target_rate() -> None:
    for dt in (0.5, 1.0):
        net = spiking(dt)
        learn = net.process("learn") >> net.advance >> net.evolve
        spikes = learn.scan(n_steps=round(20000 / dt), watch=["cell.s"])["cell.s"]
        rates = np.asarray(spikes)[round(16000 / dt) :, 0].mean(0) * 1000.0 / dt
        np.testing.assert_allclose(rates, 20.0, rtol=0.05)
        drive = np.array([1.1, 1.5, 2.0])
        want = drive * -np.expm1(-50.0 / 20.0)  # the threshold reached in 50 ms
        np.testing.assert_allclose(net.find("cell.v_thr").get(), want, rtol=0.05)


def test_one_step_by_hand() -> None:
    """r rises by 1000 / tau_rate per spike, the mean of samples; one shared threshold moves with the mean of cells."""
    for v_thr, want in (
        (0.6, 0.6 + 1e-5 * np.mean([5.0, 2.5, 0.0])),
        ((0.6,) * 3, 0.6 + 1e-5 * np.array([5.0, 2.5, 0.0])),
    ):
        net = spiking(v_thr=v_thr, batch=2)
        rule, start = net.components["rule"], 20.0 * np.exp(-1.0 / 200.0)
        net.find("cell.s").set([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
        rule.advance()
        np.testing.assert_allclose(rule.r.get(), start + np.array([5.0, 2.5, 0.0]), rtol=1e-12)
        rule.evolve()
        drift = 1e-5 * (start - 20.0)
        np.testing.assert_allclose(net.find("cell.v_thr").get(), want + drift, rtol=1e-12)


def test_gains_of_graded_cells() -> None:
    with ng.Context("net", dt=1.0, dtype="float64") as net:
        cell = RateCell("cell", n_units=2, tau_m=5.0, leak=1.0, gain=[1.0, 1.0])
        rule = IntrinsicPlasticity(
            "rule", cell=cell, parameter="gain", target_rate=0.5, rate=-1e-2, tau_rate=10.0, spikes=False
        )
        cell.r >> rule.activity
    cell.j.set([2.0, 0.4])
    (net.process("learn") >> net.advance >> net.evolve).scan(n_steps=3000)
    np.testing.assert_allclose(cell.gain.get(), [0.25, 1.25], rtol=1e-3)
    np.testing.assert_allclose(rule.r.get(), 0.5, rtol=1e-3)


def test_bounds_and_yaml() -> None:
    net = spiking(high=0.7, low=0.65)
    assert ng.Context.from_yaml(net.to_yaml()).to_yaml() == net.to_yaml()
    (net.process("learn") >> net.advance >> net.evolve).scan(n_steps=3000)
    thr = np.asarray(net.find("cell.v_thr").get())
    assert thr.max() == 0.7 and thr.min() >= 0.65


def test_the_mean_outlives_trials() -> None:
    net = spiking()
    net.advance.scan(n_steps=500)
    before = np.asarray(net.find("rule.r").get())
    net.reset()
    np.testing.assert_array_equal(net.find("rule.r").get(), before)


def test_refused() -> None:
    with pytest.raises(GraphError, match="`parameter` 'v' of 'cell' is a state, no parameter"):
        spiking(parameter="v")
    with pytest.raises(UnknownNameError, match="has no compartment 'v_th'.*did you mean 'v_thr'"):
        spiking(parameter="v_th")
    with pytest.raises(GraphError, match="`low` must be <= `high`"):
        spiking(low=2.0, high=1.0)
