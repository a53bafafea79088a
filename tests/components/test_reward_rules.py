"""Reward-modulated STDP: credit over a delay in closed form, sample by sample, whatever the step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from spike_runs import learned

import ngcsnn as ng
from ngcsnn.components import MSTDP, MSTDPET, Conv2DSynapse, DenseSynapse, DopamineSTDP, PairSTDP

pytestmark = pytest.mark.usefixtures("x64")
PAIR: dict[str, Any] = {"A_plus": 0.8, "A_minus": 0.5, "tau_plus": 12.0, "tau_minus": 25.0}
GROWN = 0.8 * np.exp(-6.0 / 12.0)  # by pre at 4 ms, post at 10


def test_reward_signs_what_the_pairs_of_its_step_do() -> None:
    """pre at 4 and 16 ms, post at 10: growth at 10 ms, loss at 16."""
    lost = -0.5 * np.exp(-6.0 / 25.0)
    for at, want in ((10.0, GROWN), (16.0, lost), (12.0, 0.0)):
        got = learned(
            MSTDP, [[4.0, 16.0]], [[10.0]], dt=1.0, rate=0.1, modulator=lambda t, at=at: -2.0 * (t == at), **PAIR
        )
        np.testing.assert_allclose(got, [[-0.2 * want]], rtol=1e-12, atol=1e-15)


def test_credit_over_a_delay() -> None:
    """A reward of 1 between 30 and 50 ms: rate * pair * (exp(-20 / tau_e) - exp(-40 / tau_e)), for every dt."""
    want = 0.3 * GROWN * (np.exp(-20.0 / 25.0) - np.exp(-40.0 / 25.0))
    for dt in (0.5, 1.0, 2.0):
        got = learned(
            MSTDPET, [[4.0]], [[10.0]], dt=dt, until=70.0, rate=0.3,
            modulator=lambda t: 1.0 * ((t >= 30.0 - 1e-9) & (t < 50.0 - 1e-9)), **PAIR,
        )  # fmt: skip
        np.testing.assert_allclose(got, [[want]], rtol=1e-9)


def test_a_constant_reward_is_pair_stdp_in_the_end() -> None:
    pre, post = [[4.0, 30.0], [11.0]], [[10.0, 23.0]]
    late = learned(MSTDPET, pre, post, dt=1.0, until=600.0, modulator=np.ones_like, **PAIR)
    np.testing.assert_allclose(late, learned(PairSTDP, pre, post, dt=1.0, **PAIR), rtol=1e-9)


def test_samples_are_credited_apart() -> None:
    """Two samples with a pair each, of different synapses; only the second one is rewarded. Any synapse."""
    image = {"in_shape": (2, 1, 1), "filters": 1, "kernel_size": 1}
    for cls, own in ((DenseSynapse, {"shape": (2, 2)}), (Conv2DSynapse, image)):
        with ng.Context("net", dt=1.0, dtype="float64") as net:
            w = cls("w", weights=0.0, **own)
            rule = MSTDPET("rule", synapse=w, **PAIR)
        net.reset(batch_size=2)
        for pre, post in ((np.eye(2), np.zeros((2, 2))), (np.zeros((2, 2)), np.eye(2))):
            rule.pre.set(pre)
            rule.post.set(post)
            net.advance.run()
        rule.modulator.set([[0.0], [1.0]])
        one = 0.5 * 0.8 * np.exp(-1.0 / 12.0) * -np.expm1(-1.0 / 25.0)
        want = np.diag([0.0, one]) if cls is DenseSynapse else np.full((1, 1, 1, 1), one)
        np.testing.assert_allclose(rule.dweights.get(), want, rtol=1e-12)


def test_dopamine_meets_the_eligibility_of_a_second_ago() -> None:
    """rate * pair * release * exp(-delay / tau_c) * (1 - exp(-k T)) / k, k = 1 / tau_c + 1 / tau_d; for every dt."""
    k = 1.0 / 300.0 + 1.0 / 80.0
    for dt in (1.0, 2.0):
        got = learned(
            DopamineSTDP, [[4.0]], [[10.0]], dt=dt, until=900.0, rate=0.01, tau_c=300.0, tau_d=80.0,
            modulator=lambda t: 0.5 * (np.abs(t - 410.0) < 1e-6), **PAIR,
        )  # fmt: skip
        acted = -np.expm1(-k * (900.0 + dt - 410.0)) / k
        np.testing.assert_allclose(got, [[0.01 * GROWN * 0.5 * np.exp(-400.0 / 300.0) * acted]], rtol=1e-9)


def test_tonic_dopamine() -> None:
    got = learned(DopamineSTDP, [[4.0]], [[10.0]], dt=1.0, until=300.0, rate=0.01, tau_c=50.0, tonic=0.2, **PAIR)
    np.testing.assert_allclose(got, [[0.01 * 0.2 * GROWN * 50.0 * -np.expm1(-291.0 / 50.0)]], rtol=1e-9)


def test_the_synapse_that_caused_the_reward_is_found() -> None:
    """Izhikevich 2007: pairs of one synapse are followed by dopamine 0.3 s later, spikes of the others are not."""
    rng = np.random.default_rng(0)
    pre = [sorted(rng.uniform(0.0, 12000.0, 24).tolist()) for _ in range(20)]
    post = sorted(rng.uniform(0.0, 12000.0, 12).tolist())
    rewarded = [t + 8.0 for t in pre[0]]
    got = learned(
        DopamineSTDP, pre, [sorted(post + rewarded)], dt=4.0, until=12000.0, tau_c=400.0,
        modulator=lambda t: sum(0.5 * (np.abs(t - 300.0 - r) <= 2.0) for r in rewarded),
    )[:, 0]  # fmt: skip
    assert np.argmax(got) == 0 and got[0] > 3 * np.sort(got)[-2]
