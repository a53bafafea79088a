"""Stochastic release, of whole units and of single synapses: means, variances, moments, seeds, derivatives."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import HebbianRule, StochasticRelease, StochasticSynapse

WEIGHTS = np.array([[1.0, -2.0], [0.5, 3.0], [2.0, 1.0]])
BATCH = 20000


def synapse(batch: int = BATCH, seed: int = 0, **arguments: Any) -> Any:
    with ng.Context("net", seed=seed) as net:
        w = StochasticSynapse("w", **{"shape": (3, 2), "weights": WEIGHTS, "probability": 0.3, **arguments})
        HebbianRule("rule", synapse=w).dweights >> w.dweights
    net.reset(batch_size=batch)
    return w


def release(batch: int = BATCH, **arguments: Any) -> Any:
    with ng.Context("net") as net:
        part = StochasticRelease("part", n_units=3, **arguments)
    net.reset(batch_size=batch)
    return part


def test_every_synapse_fails_on_its_own():
    p = np.array([[0.3, 0.3], [0.6, 0.6], [0.9, 0.1]])
    w = synapse(probability=p, bias=[0.25, -0.5])
    w.inputs.set([1.0, 1.0, 2.0])
    w.advance()
    out, size = np.asarray(w.outputs.get()), np.array([[1.0], [1.0], [2.0]])
    mean, variance = (p * WEIGHTS * size).sum(0) + [0.25, -0.5], (p * (1 - p) * (WEIGHTS * size) ** 2).sum(0)
    spread = np.sqrt(variance / BATCH)
    assert np.all(np.abs(out.mean(0) - mean) < 5 * spread)
    np.testing.assert_allclose(out.var(0), variance, rtol=0.05)
    assert abs(np.corrcoef(out.T)[0, 1]) < 0.03, "synapses of a unit fail together"


def test_all_synapses_of_a_unit_fail_together():
    part = release(probability=[0.2, 0.5, 1.0])
    part.inputs.set([1.0, 3.0, 1.0])
    part.advance()
    out = np.asarray(part.outputs.get())
    assert set(np.unique(out[:, 1])) == {0.0, 3.0} and np.all(out[:, 2] == 1)
    np.testing.assert_allclose((out > 0).mean(0), [0.2, 0.5, 1.0], atol=0.02)
    assert abs(np.corrcoef(out[:, :2].T)[0, 1]) < 0.03


def test_moments_share_the_fate_of_their_events(x64):
    for part in (release(50), synapse(50)):
        part.inputs.set([1.0, 1.0, 1.0])
        part.inputs.offset.set([-0.4, -0.4, -0.4])
        part.advance()
        np.testing.assert_allclose(part.outputs.offset.get(), -0.4 * part.outputs.get(), rtol=1e-12, atol=1e-12)
        let = np.asarray(part.outputs.get())
        part.inputs.set(0.0)
        part.inputs.offset.set([0.2, 0.2, 0.2])
        part.advance()
        assert not np.any(part.outputs.get())
        late = np.asarray(part.outputs.offset.get())
        if isinstance(part, StochasticRelease):
            np.testing.assert_allclose(late, 0.2 * let, rtol=1e-12)
        else:
            np.testing.assert_allclose(late, np.broadcast_to(0.2 * 0.3 * WEIGHTS.sum(0), late.shape), rtol=1e-12)


def test_the_numbers_are_the_contexts():
    first, again, other = (synapse(4, seed=s) for s in (1, 1, 2))
    outs = []
    for w in (first, again, other):
        w.inputs.set(1.0)
        w.advance()
        w.advance()
        outs.append(np.asarray(w.outputs.get()))
    np.testing.assert_array_equal(outs[0], outs[1])
    assert np.any(outs[0] != outs[2])


@pytest.mark.parametrize("kind", ["part", "w"])
def test_the_derivative_is_that_of_the_mean(kind, x64):
    part = release(4000) if kind == "part" else synapse(4000)
    net, fed = part.context, jnp.asarray([1.0, 2.0, 0.5])

    def mean(probability: Any, fed: Any) -> Any:
        state = {**net.state, kind: {**net.state[kind], "probability": probability}}
        return net.advance.pure(state, {part.inputs: fed})[kind]["outputs"].mean(0).sum()

    probability = jnp.broadcast_to(0.3, (3,) if kind == "part" else (3, 2))
    d_p, d_fed = jax.grad(mean, (0, 1))(probability, fed)
    want = fed if kind == "part" else fed[:, None] * WEIGHTS
    np.testing.assert_allclose(d_p, want, rtol=1e-9)
    np.testing.assert_allclose(d_fed, 0.3 * np.ones(3) if kind == "part" else 0.3 * WEIGHTS.sum(1), rtol=0.15)


def test_rules_see_what_units_emit(x64):
    w = synapse(3)
    pre, post = np.random.default_rng(0).normal(size=(3, 3)), np.random.default_rng(1).normal(size=(3, 2))
    w.context.find("rule.pre").set(pre)
    w.context.find("rule.post").set(post)
    w.context.evolve.run()
    np.testing.assert_allclose(w.weights.get(), WEIGHTS + pre.T @ post / 3, rtol=1e-10)


def test_a_probability_above_one_is_refused():
    with pytest.raises(ng.GraphError, match="`probability` must be between 0 and 1"):
        release(probability=1.1)
