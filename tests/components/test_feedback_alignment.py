"""FeedbackAlignmentRule: backpropagation with the true weights, alignment and learning with random ones."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, FeedbackAlignmentRule, GaussianErrorCell, LIFCell, RateCell
from ngcsnn.credit import resolve_surrogate
from ngcsnn.graph import UnknownNameError

pytestmark = pytest.mark.usefixtures("x64")
RNG = np.random.default_rng(0)


def network(feedback: Any, rate: float = 0.05, batch: int = 16, seed: int = 0) -> tuple[ng.Context, dict[str, Any]]:
    """inputs -> tanh -> linear outputs, both layers learning from the broadcast error in every step."""
    with ng.Context("net", seed=seed) as net:
        first = DenseSynapse("first", shape=(4, 8), weights=ng.init.FanInNormal(), bias=0.0)
        hidden = RateCell("hidden", n_units=8, instant=True, nonlinearity="tanh")
        second = DenseSynapse("second", shape=(8, 3), weights=ng.init.FanInNormal(), bias=0.0)
        error = GaussianErrorCell("error", n_units=3)
        broadcast = DenseSynapse("broadcast", shape=(3, 8), weights=feedback)
        inner = FeedbackAlignmentRule("inner", synapse=first, rate=rate, slope="tanh")
        outer = FeedbackAlignmentRule("outer", synapse=second, rate=rate)
        first.outputs >> hidden.j
        hidden.r >> second.inputs
        second.outputs >> error.mu
        error.dmu >> outer.post
        hidden.r >> outer.pre
        first.inputs >> inner.pre
        hidden.z >> inner.potential
        error.dmu >> broadcast.inputs
        broadcast.outputs >> inner.post
        for rule, w in ((inner, first), (outer, second)):
            rule.dweights >> w.dweights
            rule.dbias >> w.dbias
    net.reset(batch_size=batch)
    return net, {**net.components}


def step(net: ng.Context, parts: dict[str, Any]) -> None:
    """Forward through the layers, the error back, then learn: an order of its own, all within one step."""
    order = [parts[n].advance for n in ("first", "hidden", "second", "error", "broadcast")]
    process = net.processes.get("learn")
    if process is None:
        process = net.process("learn")
        for method in order:
            process >> method
        process >> net.evolve
    process.run()


def test_with_the_transposed_weights_it_is_backpropagation():
    net, parts = network(0.0)
    parts["broadcast"].weights.set(np.asarray(parts["second"].weights.get()).T)
    x, target = RNG.normal(size=(16, 4)), RNG.normal(size=(16, 3))
    parts["first"].inputs.set(x)
    parts["error"].target.set(target)

    def loss(w: Any) -> Any:
        out = jnp.tanh(x @ w[0] + w[1]) @ w[2] + w[3]
        return 0.5 * jnp.mean(jnp.sum((target - out) ** 2, 1))

    params = [p.get() for n in ("first", "second") for p in (parts[n].weights, parts[n].bias)]
    grads = jax.grad(loss)(params)
    step(net, parts)
    after = [p.get() for n in ("first", "second") for p in (parts[n].weights, parts[n].bias)]
    for new, old, grad in zip(after, params, grads, strict=True):
        np.testing.assert_allclose(new, old - 0.05 * grad, rtol=1e-9, atol=1e-12)


def test_random_feedback_learns_and_the_forward_weights_align():
    net, parts = network(ng.init.Normal(0.0, 0.6), rate=0.05, batch=64, seed=3)
    x = RNG.normal(size=(64, 4))
    target = np.tanh(x @ RNG.normal(size=(4, 5))) @ RNG.normal(size=(5, 3))
    parts["first"].inputs.set(x)
    parts["error"].target.set(target)

    def cosine() -> float:
        a, b = np.asarray(parts["second"].weights.get()).ravel(), np.asarray(parts["broadcast"].weights.get()).T.ravel()
        return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))

    step(net, parts)
    before, start = -float(parts["error"].L.get().mean()), cosine()
    for _ in range(800):
        step(net, parts)
    after = -float(parts["error"].L.get().mean())
    assert after < 0.1 * before
    assert cosine() > max(0.3, start + 0.2), "the angle to the feedback falls"


def test_slopes_of_spiking_cells():
    with ng.Context("net") as net:
        cell, w = LIFCell("cell", n_units=2), DenseSynapse("w", shape=(3, 2), weights=0.0)
        rule = FeedbackAlignmentRule("rule", synapse=w, slope={"fast_sigmoid": {"slope": 5.0}}, rate=2.0)
        cell.v - 1.0 >> rule.potential
    cell.v.set([[0.7, 1.2]])
    rule.pre.set([[1.0, 0.0, 1.0]])
    rule.post.set([[0.5, -1.0]])
    psi = np.asarray(resolve_surrogate({"fast_sigmoid": {"slope": 5.0}}).psi(jnp.array([-0.3, 0.2])))
    np.testing.assert_allclose(rule.dweights.get(), 2.0 * np.outer([1, 0, 1], [0.5, -1.0] * psi), rtol=1e-9)
    assert ng.Context.from_yaml(net.to_yaml()).to_yaml() == net.to_yaml()
    with net:
        plain = FeedbackAlignmentRule("plain", synapse=w)
        with pytest.raises(UnknownNameError, match=r"`slope` is no nonlinearity .*sigmoid"):
            FeedbackAlignmentRule("wrong", synapse=w, slope="sigmoidd")
    assert "potential" not in plain.compartments
