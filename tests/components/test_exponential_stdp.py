"""Exponential STDP: weights become logarithms of probabilities (Nessler), or rest between bounds (Querlioz)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, ExponentialSTDP
from ngcsnn.graph import GraphError

pytestmark = pytest.mark.usefixtures("x64")


def network(weights: Any, batch: int = 1, synapse: dict[str, Any] | None = None, **arguments: Any) -> Any:
    with ng.Context("net", dt=1.0, dtype="float64") as net:
        w = DenseSynapse("w", shape=np.shape(weights), weights=weights, **(synapse or {}))
        rule = ExponentialSTDP("rule", synapse=w, **arguments)
        rule.dweights >> w.dweights
    net.reset(batch_size=batch)
    return rule


def test_equation() -> None:
    w = np.array([[0.2, 0.9], [0.5, 0.1]])
    rule = network(w, synapse={"w_max": 1.0}, A_plus=0.3, A_minus=0.2, beta=2.0, trace_target=0.4)
    rule.pre.set([[0.0, 1.0]])
    rule.post.set([[1.0, 0.0]])
    rule.pre_trace.set([[0.7, 0.6]])
    rule.post_trace.set([[0.5, 0.8]])
    growth = 0.3 * (np.exp(-2 * w) * [[0.7], [0.6]] - 0.4 * np.exp(-2 * (1 - w))) * [1.0, 0.0]
    np.testing.assert_allclose(rule.dweights.get(), growth - 0.2 * np.exp(-2 * w) * [[0.0], [1.0]] * [0.5, 0.8])


def test_weights_are_log_probabilities() -> None:
    """Nessler et al.: w_i rests at log(c P(pre i | post)); 20 samples hold these shares exactly."""
    shares = np.array([0.05, 0.25, 0.5, 1.0])
    c = 30.0
    rule = network(np.ones((4, 1)), batch=20, A_plus=0.05 * c, trace_target=1.0 / c, loss="constant")
    rule.post.set(1.0)
    rule.pre_trace.set(np.arange(20)[:, None] < 20 * shares)
    rule.context.evolve.scan(n_steps=500)
    np.testing.assert_allclose(rule.target.weights.get()[:, 0], np.log(c * shares), rtol=1e-9)


def test_weights_rest_between_their_bounds() -> None:
    """Querlioz et al.: exp(-beta w) p = target exp(-beta (w_max - w))."""
    rule = network(np.full((2, 1), 0.5), batch=2, synapse={"w_max": 1.0}, A_plus=0.2, beta=1.5, trace_target=0.4)
    rule.post.set(1.0)
    rule.pre_trace.set([[1.0, 0.6], [0.0, 0.6]])
    rule.context.evolve.scan(n_steps=300)
    want = 0.5 * (1.0 + np.log(np.array([0.5, 0.6]) / 0.4) / 1.5)
    np.testing.assert_allclose(rule.target.weights.get()[:, 0], want, rtol=1e-9)


def test_refused() -> None:
    with pytest.raises(GraphError, match="loss 'exponential' measures weights by their bound; give DenseSynapse 'w'"):
        network([[0.1]], trace_target=0.4)
    network([[0.1]])
