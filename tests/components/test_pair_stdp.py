"""Pair STDP: its window and time constants, pairings, weight dependence, steps of any size."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from spike_runs import learned, network, pairs, poisson

from ngcsnn.components import PairSTDP
from ngcsnn.graph import GraphError

pytestmark = pytest.mark.usefixtures("x64")
ARGUMENTS: dict[str, Any] = {"A_plus": 0.8, "A_minus": 0.5, "tau_plus": 12.0, "tau_minus": 25.0}


def window(distance: float) -> float:
    if distance > 0:
        return 0.8 * np.exp(-distance / 12.0)
    return -0.5 * np.exp(distance / 25.0) if distance < 0 else 0.0


def test_window_and_its_two_time_constants() -> None:
    """One pair per synapse: 40 distances at once, in steps that some of them are no multiples of."""
    distances = np.concatenate([np.arange(-60.0, 0.0, 3.0), np.arange(3.1, 63.0, 3.0)])
    change = np.diag(learned(PairSTDP, [[70.0]] * 40, [[70.0 + d] for d in distances], dt=1.0, **ARGUMENTS))
    np.testing.assert_allclose(change, [window(d) for d in distances], rtol=1e-10)
    for side, tau in ((distances > 0, 12.0), (distances < 0, -25.0)):
        slope = np.polyfit(distances[side], np.log(np.abs(change[side])), 1)[0]
        assert slope == pytest.approx(-1.0 / tau, rel=1e-9)


def test_three_spikes_by_hand() -> None:
    """pre at 2 and 10 ms, post at 5: one pair of each order."""
    change = learned(PairSTDP, [[2.0, 10.0]], [[5.0]], dt=1.0, **ARGUMENTS)
    np.testing.assert_allclose(change, [[0.8 * np.exp(-3 / 12) - 0.5 * np.exp(-5 / 25)]], rtol=1e-12)


def apart(times: Any, others: Any, by: float) -> Any:
    """`times` without those closer than `by` to one of `others`."""
    near = np.concatenate([np.asarray(o) for o in others])
    return [[t for t in own if np.min(np.abs(near - t)) > by] for own in times]


def test_all_pairs_whatever_the_step() -> None:
    """Spikes of real times, no two of them in one step: every pair counts exactly, so all steps agree."""
    rng = np.random.default_rng(0)
    post = poisson(rng, 2, 40.0, 300.0, rest=2.0)
    pre = apart(poisson(rng, 3, 40.0, 300.0, rest=2.0), post, 2.0)
    want = pairs(pre, post, window)
    for dt in (0.1, 0.5, 2.0):
        np.testing.assert_allclose(learned(PairSTDP, pre, post, dt=dt, until=300.0, **ARGUMENTS), want, rtol=1e-9)


def nearest(pre: list[float], post: list[float]) -> float:
    total = sum(window(b - max(a for a in pre if a < b)) for b in post if min(pre) < b)
    return total + sum(window(max(b for b in post if b < a) - a) for a in pre if min(post) < a)


def test_nearest_spikes() -> None:
    rng = np.random.default_rng(1)
    post = poisson(rng, 2, 60.0, 300.0, rest=1.0)
    pre = apart(poisson(rng, 3, 60.0, 300.0, rest=1.0), post, 1.0)
    want = [[nearest(a, b) for b in post] for a in pre]
    for dt in (0.25, 1.0):
        got = learned(PairSTDP, pre, post, dt=dt, until=300.0, pairing="nearest", **ARGUMENTS)
        np.testing.assert_allclose(got, want, rtol=1e-9)


def test_a_pair_within_one_step_is_half_of_either_order() -> None:
    pre, post = [[20.3]], [[20.6]]
    want = 0.5 * (window(0.3) - 0.5 * np.exp(0.3 / 25.0))
    np.testing.assert_allclose(learned(PairSTDP, pre, post, dt=1.0, **ARGUMENTS), [[want]], rtol=1e-12)
    np.testing.assert_allclose(learned(PairSTDP, pre, post, dt=0.25, **ARGUMENTS), [[window(0.3)]], rtol=1e-12)


def test_drift_by_independent_spikes_does_not_depend_on_the_step() -> None:
    """E[dw/dt] = r_pre r_post (A_plus tau_plus - A_minus tau_minus) / 1000: 2nd order in dt, in spite of shared steps.

    The sum over many pairs of units stands for the mean; the same spikes in steps of 0.02 ms for the exact value.
    """
    rng = np.random.default_rng(2)
    pre, post = poisson(rng, 40, 50.0, 1000.0), poisson(rng, 40, 50.0, 1000.0)
    exact = pairs(pre, post, window).mean()
    coarse = learned(PairSTDP, pre, post, dt=2.0, until=1000.0, **ARGUMENTS).mean()
    in_one_step = 40 * 40 * 50.0 * 50.0 * 2e-3 / 1600  # pairs per synapse
    assert abs(coarse - exact) < 0.05 * 0.5 * (0.8 + 0.5) * in_one_step
    theory = 50.0 * 50.0 * (0.8 * 12.0 - 0.5 * 25.0) / 1000.0
    assert exact == pytest.approx(theory, rel=0.1)


@pytest.mark.parametrize("mu", [0.0, 0.4, 1.0], ids=["additive", "power", "multiplicative"])
def test_weight_dependence(mu: float) -> None:
    """One pair of each order at three weights between the bounds 0.2 and 1.2."""
    weights = np.array([[0.3], [0.7], [1.0]])
    told = {"A_plus": 0.01, "A_minus": 0.02, "mu_plus": mu, "mu_minus": mu}
    for post, room, size in (([[14.0]], 1.2 - weights, 0.01), ([[6.0]], weights - 0.2, -0.02)):
        got = learned(
            PairSTDP, [[10.0]] * 3, post, dt=1.0, weights=weights, synapse={"w_min": 0.2, "w_max": 1.2}, **told
        )
        np.testing.assert_allclose(got, size * np.exp(-4.0 / 20.0) * room**mu, rtol=1e-12)


def test_multiplicative_weights_settle_where_growth_and_loss_balance() -> None:
    """Guetig et al. 2003: with mu = 1 independent spikes bring weights to A+ tau+ / (A+ tau+ + A- tau-)."""
    rng = np.random.default_rng(3)
    told = {"A_plus": 0.02, "A_minus": 0.01, "tau_plus": 20.0, "tau_minus": 20.0, "mu_plus": 1.0, "mu_minus": 1.0}
    pre, post = poisson(rng, 8, 60.0, 4000.0), poisson(rng, 8, 60.0, 4000.0)
    change = learned(PairSTDP, pre, post, dt=2.0, weights=0.2, synapse={"w_min": 0.0, "w_max": 1.0}, **told)
    assert 0.2 + change.mean() == pytest.approx(2.0 / 3.0, abs=0.02)


def test_a_reward_signs_what_pairs_do() -> None:
    one = learned(PairSTDP, [[5.0]], [[9.0]], dt=1.0, **ARGUMENTS)
    other = learned(PairSTDP, [[5.0]], [[9.0]], dt=1.0, modulator=lambda t: -2.0 * (t > 8.0), **ARGUMENTS)
    np.testing.assert_allclose(other, -2.0 * one, rtol=1e-12)


def test_refused() -> None:
    with pytest.raises(GraphError, match="PairSTDP 'rule': `mu_plus` measures weights by their bounds; give DenseSyn"):
        network(PairSTDP, 1, 1, 1.0, mu_plus=0.5)
    with pytest.raises(GraphError, match="`pairing` must be one of 'all', 'nearest', got 'some'"):
        network(PairSTDP, 1, 1, 1.0, pairing="some")
