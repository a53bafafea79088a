"""REINFORCE: in expectation, taken over all outcomes, the gradient of the expected reward."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, REINFORCERule

pytestmark = pytest.mark.usefixtures("x64")
RNG = np.random.default_rng(0)
X, W, B = RNG.normal(size=3), RNG.normal(size=(3, 2)), RNG.normal(size=2)


def reward(y: Any) -> Any:
    return 1.0 + 2.0 * y[..., 0] - y[..., 1] + 0.7 * y[..., 0] * y[..., 1]


def network(batch: int, **arguments: Any) -> Any:
    with ng.Context("net", dtype="float64") as net:
        w = DenseSynapse("w", shape=(3, 2), weights=W, bias=B)
        rule = REINFORCERule("rule", synapse=w, rate=1.0, **arguments)
        rule.dweights >> w.dweights
        rule.dbias >> w.dbias
    net.reset(batch_size=batch)
    return rule


def tell(rule: Any, y: np.ndarray, expected: np.ndarray, x: np.ndarray = X) -> None:
    """What the units did in a step, one outcome in each sample."""
    rule.pre.set(np.broadcast_to(x, (len(y), 3)))
    rule.post.set(y)
    rule.expected.set(np.broadcast_to(expected, y.shape))
    rule.context.advance.run()


def sigmoid(a: Any) -> Any:
    return 1.0 / (1.0 + jnp.exp(-a))


def check(rule: Any, expected_reward: Any, chances: np.ndarray, rewards: np.ndarray) -> None:
    rule.modulator.set((rewards * chances * len(chances))[:, None])
    by_w, by_b = jax.grad(expected_reward, (0, 1))(jnp.asarray(W), jnp.asarray(B))
    np.testing.assert_allclose(rule.dweights.get(), by_w, rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(rule.dbias.get(), by_b, rtol=1e-10, atol=1e-15)


def test_binary_units() -> None:
    y = np.array(list(itertools.product((0.0, 1.0), repeat=2)))

    def expected_reward(w: Any, b: Any) -> Any:
        p = sigmoid(X @ w + b)
        return jnp.sum(jnp.prod(jnp.where(y > 0, p, 1 - p), axis=1) * reward(y))

    p = np.asarray(sigmoid(X @ W + B))
    rule = network(len(y))
    tell(rule, y, p)
    check(rule, expected_reward, np.prod(np.where(y > 0, p, 1 - p), axis=1), reward(y))


def test_a_choice_and_a_baseline() -> None:
    """A constant taken off the reward changes no expectation."""
    y = np.eye(2)
    p = np.asarray(jax.nn.softmax(X @ W + B))
    for baseline in (0.0, 5.0):
        rule = network(2)
        tell(rule, y, p)
        check(rule, lambda w, b: jax.nn.softmax(X @ w + b) @ reward(y), p, reward(y) - baseline)


def test_normal_units() -> None:
    nodes, chances = np.polynomial.hermite_e.hermegauss(8)
    chances = chances / chances.sum()
    both, mean, sd = np.array(list(itertools.product(nodes, repeat=2))), X @ W + B, 0.6
    y = mean + sd * both
    rule = network(len(y), variance=sd**2)
    tell(rule, y, mean)

    def expected_reward(w: Any, b: Any) -> Any:
        return reward(X @ w + b)  # the reward is linear in each of two independent outputs

    check(rule, expected_reward, np.prod(list(itertools.product(chances, repeat=2)), axis=1), reward(y))


def test_a_reward_at_the_end_of_a_trial() -> None:
    """Two steps, all 16 outcomes; with discount 1 everything that was done is credited, with 0 the last step only."""
    other = RNG.normal(size=3)
    steps = np.array(list(itertools.product((0.0, 1.0), repeat=4))).reshape(-1, 2, 2)
    total = reward(steps[:, 0]) * (1.0 + steps[:, 1, 1])

    def chance(w: Any, b: Any, first: Any = None) -> Any:
        ways = [sigmoid(x @ w + b) for x in (X, other)]
        each = [jnp.prod(jnp.where(steps[:, n] > 0, p, 1 - p), axis=1) for n, p in enumerate(ways)]
        return (each[0] if first is None else first) * each[1]

    chances = np.asarray(chance(jnp.asarray(W), jnp.asarray(B)))
    before = np.asarray(jnp.prod(jnp.where(steps[:, 0] > 0, sigmoid(X @ W + B), 1 - sigmoid(X @ W + B)), axis=1))
    for discount, first in ((1.0, None), (0.0, before)):
        rule = network(16, discount=discount)
        for n, x in enumerate((X, other)):
            tell(rule, steps[:, n], np.asarray(sigmoid(x @ W + B)), x)
        check(rule, lambda w, b, first=first: jnp.sum(chance(w, b, first) * total), chances, total)


def test_a_bandit_is_learnt() -> None:
    """Ten thousand choices between two arms, of which one pays: the better one is taken nearly always."""
    with ng.Context("net", dtype="float64") as net:
        w = DenseSynapse("w", shape=(1, 2), weights=0.0)
        rule = REINFORCERule("rule", synapse=w, rate=0.5)
        rule.dweights >> w.dweights
    net.reset(batch_size=100)
    rng = np.random.default_rng(1)
    for _ in range(40):
        p = np.asarray(jax.nn.softmax(w.weights.get()[0]))
        y = np.eye(2)[(rng.random(100) < p[1]).astype(int)]
        rule.pre.set(1.0)
        rule.post.set(y)
        rule.expected.set(p)
        net.advance.run()
        rule.modulator.set(y[:, 1:] - 0.5)
        net.evolve.run()
    assert p[1] > 0.9
