"""Synaptic scaling: the fixed point, the ratios of weights, and the rate that it measures."""

from __future__ import annotations

import numpy as np
import pytest
from rate_runs import trained
from spike_runs import learned

from ngcsnn.components import SynapticScalingRule

pytestmark = pytest.mark.usefixtures("x64")
SAMPLES = np.array([[1.0, 0.5, 0.2], [0.3, 1.0, 0.4]])
START = np.array([[0.2, 2.0], [0.4, 1.0], [0.6, 3.0]])


def test_units_come_to_their_target_and_keep_their_ratios() -> None:
    ends = {}
    for dt in (1.0, 2.0):
        got, seen = trained(
            SynapticScalingRule, SAMPLES, START, round(6000 / dt), dt=dt, target_rate=1.5, tau=300.0, tau_rate=20.0,
            spikes=False, watch=["rule.r"],
        )  # fmt: skip
        np.testing.assert_allclose((SAMPLES @ got).mean(0), 1.5, rtol=1e-6)
        np.testing.assert_allclose(seen["rule.r"][-1], 1.5, rtol=1e-6)
        np.testing.assert_allclose(got / got[0], START / START[0], rtol=1e-9)
        early = trained(
            SynapticScalingRule, SAMPLES, START, round(100 / dt), dt=dt, target_rate=1.5, tau=300.0, tau_rate=20.0,
            spikes=False,
        )  # fmt: skip
        ends[dt] = early
    np.testing.assert_allclose(ends[1.0], ends[2.0], rtol=0.01)


def test_the_rate_of_spikes_is_told_in_hertz() -> None:
    """Regular spikes of 40 Hz: the running mean comes to 40, whatever the step, and weights fall above the target."""
    for dt in (1.0, 5.0):
        change, seen = learned(
            SynapticScalingRule, [[]], [(25.0 * np.arange(1, 200)).tolist()], dt=dt, target_rate=10.0, tau=1e4,
            tau_rate=500.0, watch=["rule.r"],
        )  # fmt: skip
        assert np.mean(seen["rule.r"][-round(100 / dt) :]) == pytest.approx(40.0, rel=0.02)
        assert change[0, 0] < 0
