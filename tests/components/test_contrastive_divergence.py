"""ContrastiveDivergenceRule on a machine small enough to count: exact gradients, detailed balance, learning."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import ContrastiveDivergenceRule, DenseSynapse, OneToOneSynapse

pytestmark = pytest.mark.usefixtures("x64")
NV, NH = 3, 2
W = np.array([[1.2, -0.7], [-1.5, 0.9], [0.4, 1.1]])
A, B = np.array([0.3, -0.2, 0.1]), np.array([-0.4, 0.2])
SEEN = np.array(list(itertools.product((0.0, 1.0), repeat=NV)))
HIDDEN = np.array(list(itertools.product((0.0, 1.0), repeat=NH)))
DATA = np.array([0.05, 0.1, 0.3, 0.05, 0.2, 0.05, 0.15, 0.1])  # of each of SEEN


def machine(batch: int, **arguments: Any) -> tuple[ng.Context, Any, Any, Any]:
    with ng.Context("net", seed=0) as net:
        w = DenseSynapse("w", shape=(NV, NH), weights=W, bias=B)
        visible = OneToOneSynapse("visible", n_units=NV, weights=0.0, bias=A)
        rule = ContrastiveDivergenceRule("rule", synapse=w, **arguments)
        visible.outputs >> rule.visible_bias
        rule.dweights >> w.dweights
        rule.dbias >> w.dbias
        rule.dvisible >> visible.dbias
    net.reset(batch_size=batch)
    return net, w, visible, rule


def likelihood(w: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """p(v) of each of SEEN."""
    free = SEEN @ a + np.log1p(np.exp(SEEN @ w + b)).sum(1)
    return np.exp(free - free.max()) / np.exp(free - free.max()).sum()


def transitions() -> np.ndarray:
    """(v, v'): chances of one round of sampling, from the rule's own conditionals."""
    net, _, _, rule = machine(1)
    net.advance.run()
    p_h = np.asarray(rule.hidden_probability(SEEN))
    of_h = np.prod(np.where(HIDDEN[None] == 1, p_h[:, None], 1 - p_h[:, None]), 2)
    mean = np.asarray(rule.visible_mean(HIDDEN))
    of_v = np.prod(np.where(SEEN[None] == 1, mean[:, None], 1 - mean[:, None]), 2)
    return of_h @ of_v


def statistics(p: np.ndarray, w: np.ndarray = W, b: np.ndarray = B) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """<v h>, <h>, <v> when v is as `p` says."""
    h = 1 / (1 + np.exp(-(SEEN @ w + b)))
    return (p[:, None] * SEEN).T @ h, p @ h, p @ SEEN


def test_the_sampler_is_in_detailed_balance():
    pi, t = likelihood(W, A, B), transitions()
    flow = pi[:, None] * t
    np.testing.assert_allclose(flow, flow.T, rtol=1e-12)
    np.testing.assert_allclose(pi @ t, pi, rtol=1e-12)
    assert np.abs(t - pi).max() > 0.05, "one round is not yet the stationary distribution"


def test_samples_come_as_often_as_the_conditionals_say():
    net, _, _, rule = machine(8 * 2000)
    net.advance.run()
    v = np.asarray(rule.sample(np.repeat(SEEN, 2000, 0), jax.random.key(3))).astype(int)
    number = v @ np.array([4, 2, 1])
    counted = np.stack([np.bincount(n, minlength=8) for n in number.reshape(8, 2000)]) / 2000
    t = transitions()
    assert np.all(np.abs(counted - t) < 5 * np.sqrt(t * (1 - t) / 2000))


@pytest.mark.parametrize(
    ("steps", "persistent"), [(1, False), (3, False), (1, True)], ids=["CD-1", "CD-3", "persistent"]
)
def test_the_mean_change_is_the_difference_of_exact_expectations(steps: int, persistent: bool):
    """CD-k compares the data with the data after k rounds; a persistent chain ends in the model: the true gradient."""
    number = 8000
    net, _, _, rule = machine(number, steps=steps, persistent=persistent, rate=1.0)
    v = np.random.default_rng(1).choice(8, number, p=DATA)
    rule.pre.set(SEEN[v])
    for _ in range(15 if persistent else 1):
        net.advance.run()
    data = np.bincount(v, minlength=8) / number
    after = likelihood(W, A, B) if persistent else data @ np.linalg.matrix_power(transitions(), steps)
    for got, plus, minus in zip(
        (rule.dweights, rule.dbias, rule.dvisible), statistics(data), statistics(after), strict=True
    ):
        np.testing.assert_allclose(got.get(), plus - minus, atol=5 * 0.5 / np.sqrt(number))
        assert np.abs(plus - minus).max() > 0.03


def test_the_exact_gradient_is_the_difference_of_data_and_model():
    """What the persistent chains estimate is the gradient of the log-likelihood, by finite differences."""
    h, along = 1e-6, np.random.default_rng(0).normal(size=W.shape)
    sides = [DATA @ np.log(likelihood(W + s * h * along, A, B)) for s in (1, -1)]
    want = np.sum((statistics(DATA)[0] - statistics(likelihood(W, A, B))[0]) * along)
    assert (sides[0] - sides[1]) / (2 * h) == pytest.approx(want, rel=1e-6)


def test_learning_takes_the_way_of_the_exact_gradient():
    """Persistent chains learn as gradient ascent on the log-likelihood does."""
    net, w, visible, rule = machine(400, persistent=True, rate=0.1)
    number = np.random.default_rng(1).choice(8, 400, p=DATA)
    rule.pre.set(SEEN[number])
    learn = net.process("learn") >> net.advance >> net.evolve
    learn.scan(n_steps=600)
    assert learn.traces == 1
    data, params = np.bincount(number, minlength=8) / 400, [W, B, A]
    before = data @ np.log(likelihood(W, A, B))
    for _ in range(600):
        seen, model = (statistics(p, *params[:2]) for p in (data, likelihood(params[0], params[2], params[1])))
        params = [p + 0.1 * (a - b) for p, a, b in zip(params, seen, model, strict=True)]
    exact = data @ np.log(likelihood(params[0], params[2], params[1]))
    got = data @ np.log(likelihood(*(np.asarray(c.get()) for c in (w.weights, visible.bias, w.bias))))
    assert exact - before > 0.15 and abs(exact - got) < 0.01


def test_chains_go_on_only_where_they_persist():
    for persistent in (True, False):
        net, _, _, rule = machine(50, persistent=persistent)
        rule.pre.set(1.0)
        net.advance.run()
        held = np.asarray(rule.fantasy.get())
        assert set(np.unique(held)) == {0.0, 1.0}
        net.reset()
        assert np.array_equal(rule.fantasy.get(), held) == persistent


def test_gaussian_units_have_variance_one():
    _, _, _, rule = machine(20000, visible="gaussian")
    v = np.asarray(rule.sample(np.zeros((20000, NV)), jax.random.key(0)))
    p = 1 / (1 + np.exp(-B))
    mean, variance = A * 0 + W @ p, 1 + W**2 @ (p * (1 - p))  # the bias is wired, and has not been sent yet
    np.testing.assert_allclose(v.mean(0), mean, atol=0.05)
    np.testing.assert_allclose(v.var(0), variance, rtol=0.05)


def test_round_trip_and_refused():
    net, _, _, rule = machine(2, steps=4, persistent=True, visible="gaussian", rate=0.3)
    assert ng.Context.from_yaml(net.to_yaml()).to_yaml() == net.to_yaml()
    with pytest.raises(ng.GraphError, match="`steps` must be"):
        machine(1, steps=0)
    with pytest.raises(ng.GraphError, match="`visible` must be one of"):
        machine(1, visible="binary")
    with pytest.raises(ng.GraphError, match="does not read `post`: leave it unwired"), net:
        net.components["w"].outputs >> rule.post  # type: ignore[attr-defined]
