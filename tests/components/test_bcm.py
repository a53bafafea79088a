"""BCM: the threshold slides with the mean square of the activity, and a unit becomes selective."""

from __future__ import annotations

import numpy as np
import pytest
from rate_runs import trained

import ngcsnn as ng
from ngcsnn.components import BCMRule, DenseSynapse

pytestmark = pytest.mark.usefixtures("x64")
PATTERNS = np.array([[1.0, 0.2, 0.1], [0.3, 1.0, 0.2], [0.1, 0.2, 1.0]])


def test_the_threshold_follows_the_mean_square() -> None:
    """Exactly, whatever the step: theta(t) = m + (theta_0 - m) exp(-t / tau_theta), m = <y^2> / y0."""
    weights = np.array([[0.5], [1.0], [2.0]])
    mean = np.mean((PATTERNS @ weights) ** 2) / 1.5
    for dt in (0.5, 2.0):
        _, seen = trained(
            BCMRule, PATTERNS, weights, round(60 / dt), dt=dt, rate=0.0, tau_theta=30.0, theta_start=0.2, y0=1.5,
            watch=["rule.theta"],
        )  # fmt: skip
        want = mean + (0.2 - mean) * np.exp(-dt * np.arange(1, round(60 / dt) + 1) / 30.0)
        np.testing.assert_allclose(seen["rule.theta"][:, 0], want, rtol=1e-12)


def test_growth_above_the_threshold_loss_below_and_it_slides() -> None:
    """phi(y) = y (y - theta): the same activity first strengthens, and weakens once the threshold has slid over it."""
    _, seen = trained(
        BCMRule, np.array([[1.0], [0.0]]), np.array([[1.5]]), 60, rate=0.0, tau_theta=20.0, theta_start=0.3, y0=0.5,
        watch=["rule.phi", "rule.theta"],
    )  # fmt: skip
    theta = np.concatenate([[0.3], seen["rule.theta"][:-1, 0]])
    np.testing.assert_allclose(seen["rule.phi"][:, 0, 0], 1.5 * (1.5 - theta), rtol=1e-12)
    assert seen["rule.phi"][0, 0, 0] > 0 > seen["rule.phi"][-1, 0, 0]


@pytest.mark.parametrize("scaled", [False, True], ids=["plain", "scaled"])
def test_units_become_selective(scaled: bool) -> None:
    """Each comes to answer one of three equally frequent patterns with 3 y0, and the others not at all."""
    start = np.array([[0.5, 0.3, 0.2], [0.2, 0.6, 0.3], [0.3, 0.2, 0.4]])
    got, seen = trained(
        BCMRule, PATTERNS, start, 3000, rate=0.02, tau_theta=5.0, y0=0.5, scaled=scaled, watch=["rule.theta"]
    )
    answers = np.sort(PATTERNS @ got, axis=0)
    np.testing.assert_allclose(answers, np.array([[0.0], [0.0], [1.5]]) * np.ones(3), atol=1e-3)
    np.testing.assert_allclose(seen["rule.theta"][-1], 1.5, rtol=1e-3)
    assert set(np.argmax(PATTERNS @ got, axis=0)) == {0, 1, 2}


def test_the_threshold_is_the_units_own_and_stays() -> None:
    with ng.Context("net", dt=1.0, dtype="float64") as net:
        w = DenseSynapse("w", shape=(1, 2), weights=0.0)
        rule = BCMRule("rule", synapse=w, tau_theta=1e-3, decay=0.5)
    net.reset(batch_size=2)
    rule.pre.set([[1.0], [1.0]])
    rule.post.set([[1.0, 2.0], [3.0, 0.0]])
    net.advance.run()
    np.testing.assert_allclose(rule.theta.get(), [5.0, 2.0])
    np.testing.assert_allclose(rule.dweights.get(), [[0.01 * 0.5 * (0.0 + 6.0), 0.01 * 0.5 * 2.0]])
    net.reset(batch_size=3)
    np.testing.assert_allclose(rule.theta.get(), [5.0, 2.0])
    w.weights.set([[1.0, -2.0]])
    np.testing.assert_allclose(rule.dweights.get(), [[-0.5, 1.0]])
