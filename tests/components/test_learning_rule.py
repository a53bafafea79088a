"""The base of learning rules: biases, modulators, means over the batch; Hebb's rule against its equation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import Conv2DSynapse, DenseSynapse, HebbianRule, OneToOneSynapse, SparseSynapse
from ngcsnn.graph import UnknownNameError

SYNAPSES: dict[str, tuple[type, dict[str, Any]]] = {
    "dense": (DenseSynapse, {"shape": (4, 3)}),
    "sparse": (SparseSynapse, {"shape": (4, 3), "pre": [0, 1, 3], "post": [2, 0, 1]}),
    "one to one": (OneToOneSynapse, {"n_units": 4}),
    "convolution": (Conv2DSynapse, {"in_shape": (3, 3, 1), "filters": 2, "kernel_size": 2}),
}


def network(kind: str = "dense", batch: int = 2, dt: float = 1.0, bias: Any = 0.5, **rule: Any) -> Any:
    cls, own = SYNAPSES[kind]
    with ng.Context("net", dt=dt) as net:
        w = cls("w", weights=0.2, bias=bias, **own)
        HebbianRule("rule", synapse=w, **rule)
    net.reset(batch_size=batch)
    return net.components["rule"]


@pytest.mark.parametrize("kind", list(SYNAPSES))
def test_a_bias_is_the_weight_from_a_unit_that_always_says_one(kind: str) -> None:
    rule = network(kind, rate=0.3, decay=0.1)
    w, rng = rule.target, np.random.default_rng(0)
    post, reward = rng.normal(size=(2, w.sizes[1])).astype("f"), np.array([[2.0], [-1.0]], "f")
    rule.post.set(post)
    rule.modulator.set(reward)
    of_units = 0.3 * (post * reward).mean(0)
    want = of_units.reshape(-1, w.bias.shape[0]).sum(0) - 0.1 * 0.5 * reward.mean()
    np.testing.assert_allclose(rule.dbias.get(), want, rtol=1e-5)
    assert rule.dbias.get().shape == w.bias.shape
    rule.dbias >> w.dbias
    w.evolve()
    np.testing.assert_allclose(w.bias.get(), 0.5 + want, rtol=1e-5)


def test_a_bias_needs_one_to_move() -> None:
    with pytest.raises(UnknownNameError, match="has no compartment 'dbias'") as raised:
        network(bias=None).compartment("dbias")
    assert "rule" in str(raised.value)


def test_decay_and_time_constant() -> None:
    pre, post = np.array([[1.0, 2.0, 0.0, -1.0]]), np.array([[0.5, 0.0, 3.0]])
    for dt, tau, share in ((1.0, None, 1.0), (0.5, None, 1.0), (0.5, 10.0, 0.05)):
        rule = network(batch=1, dt=dt, tau=tau, rate=0.4, decay=0.1)
        rule.pre.set(pre)
        rule.post.set(post)
        np.testing.assert_allclose(rule.dweights.get(), share * (0.4 * pre.T * post - 0.1 * 0.2), rtol=1e-5)


def test_sum_and_mean_over_the_batch() -> None:
    both = {}
    for reduce in ("mean", "sum"):
        rule = network(batch=4, decay=0.1, reduce=reduce)
        rule.pre.set(np.ones((4, 4)))
        rule.post.set(np.arange(12.0).reshape(4, 3))
        both[reduce] = rule.dweights.get(), rule.dbias.get()
    for mean, total in zip(both["mean"], both["sum"], strict=True):
        np.testing.assert_allclose(4 * mean, total, rtol=1e-6)
