"""Oja's rules find principal components; for several units their subspace, or one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from rate_runs import trained, with_correlations

import ngcsnn as ng
from ngcsnn.components import Conv2DSynapse, DenseSynapse, GeneralisedOjaRule, OjaRule, SparseSynapse
from ngcsnn.graph import GraphError

pytestmark = pytest.mark.usefixtures("x64")
SAMPLES, DIRECTIONS = with_correlations(np.array([3.0, 2.0, 1.0, 0.5, 0.2]))
START = np.random.default_rng(1).normal(0.0, 0.3, (5, 2))


def test_the_correlations_are_as_told() -> None:
    values = np.linalg.eigvalsh(SAMPLES.T @ SAMPLES / len(SAMPLES))
    np.testing.assert_allclose(values, [0.2, 0.5, 1.0, 2.0, 3.0], rtol=1e-12)


@pytest.mark.parametrize("alpha", [1.0, 4.0], ids=str)
def test_every_unit_finds_the_first_component(alpha: float) -> None:
    got = trained(OjaRule, SAMPLES, START, 600, rate=0.05, alpha=alpha)
    overlap = DIRECTIONS[:, 0] @ got * np.sqrt(alpha)
    np.testing.assert_allclose(np.abs(overlap), 1.0, rtol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(got, axis=0), alpha**-0.5, rtol=1e-9)


def test_units_together_find_the_subspace() -> None:
    got = trained(GeneralisedOjaRule, SAMPLES, START, 800, rate=0.05)
    np.testing.assert_allclose(got.T @ got, np.eye(2), atol=1e-9)
    np.testing.assert_allclose(got @ got.T, DIRECTIONS[:, :2] @ DIRECTIONS[:, :2].T, atol=1e-9)
    assert np.abs(DIRECTIONS[:, 0] @ got).max() < 0.99, "not the components themselves"


def test_units_in_order_find_the_components() -> None:
    got = trained(GeneralisedOjaRule, SAMPLES, START, 800, rate=0.05, order="sequential")
    np.testing.assert_allclose(np.abs(DIRECTIONS[:, :2].T @ got), np.eye(2), atol=1e-9)


def test_continuous_time_does_not_depend_on_the_step() -> None:
    ends = [trained(OjaRule, SAMPLES, START, n, dt=40.0 / n, tau=20.0, rate=1.0) for n in (400, 800, 1600)]
    first, second = np.abs(ends[0] - ends[1]).max(), np.abs(ends[1] - ends[2]).max()
    assert second < 0.01 and first / second == pytest.approx(2.0, rel=0.1), "first order in dt"


@pytest.mark.parametrize(
    "synapse, own",
    [
        (SparseSynapse, {"shape": (4, 3), "pre": [0, 1, 3, 3], "post": [2, 0, 1, 2]}),
        (Conv2DSynapse, {"in_shape": (2, 2, 1), "filters": 3, "kernel_size": 2}),
        (DenseSynapse, {"shape": (4, 3), "mask": np.eye(4, 3)}),
    ],
    ids=["sparse", "convolution", "masked"],
)
def test_three_synapses_by_their_matrices(synapse: Any, own: dict[str, Any]) -> None:
    """Each rule's equation with the matrix that the synapse stands for, where the synapse has a weight."""
    with ng.Context("net", dtype="float64", seed=3) as net:
        w = synapse("w", weights=ng.init.Normal(0.0, 1.0), **own)
        rules = [cls(cls.__name__, synapse=w, rate=1.0, alpha=0.7) for cls in (OjaRule, GeneralisedOjaRule)]
    net.reset(batch_size=2)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 4)), rng.normal(size=(2, 3))
    for rule in rules:
        rule.pre.set(x)
        rule.post.set(y)
    matrix = np.asarray(w.transmit(np.eye(4), w.effective_weights()))
    there = np.asarray(w.transmit(np.eye(4), np.ones(w.weights.shape)))
    there = there * np.eye(4, 3) if "mask" in own else there
    for rule, want in (
        (rules[0], x.T @ y - 0.7 * (y * y).sum(0) * matrix),
        (rules[1], (x - 0.7 * y @ matrix.T).T @ y),
    ):
        got = np.asarray(w.transmit(np.eye(4), rule.dweights.get()))
        if synapse is DenseSynapse:
            got = got * there
        np.testing.assert_allclose(got, want * there / 2, rtol=1e-10, atol=1e-12)


def test_an_order_needs_a_full_matrix() -> None:
    with ng.Context("net") as net:
        SparseSynapse("w", shape=(4, 3), pre=[0, 1], post=[1, 2], weights=0.1)
    with (
        pytest.raises(GraphError, match="'sequential' needs a weight for each pair of units .* SparseSynapse 'w'"),
        net,
    ):
        GeneralisedOjaRule("rule", synapse="w", order="sequential")
