"""Competitive rules: distances for any synapse, self-organising maps, vector quantisation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from synapse_nets import VARIED

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LowRankSynapse, SelfOrganisingMapRule, VectorQuantisationRule

pytestmark = pytest.mark.usefixtures("x64")
RNG = np.random.default_rng(0)


def made(rule: Any, shape: tuple[int, int] = (2, 6), batch: int = 1, weights: Any = None, **arguments: Any) -> Any:
    with ng.Context("net", dt=1.0, seed=2) as net:
        start = ng.init.Uniform(0.0, 1.0) if weights is None else weights
        w = DenseSynapse("w", shape=shape, weights=start)
        part = rule("rule", synapse=w, **arguments)
        part.dweights >> w.dweights
    net.reset(batch_size=batch)
    return net, w, part


def train(net: ng.Context, rows: np.ndarray, **fed: np.ndarray) -> dict[str, Any]:
    learn = net.processes.get("learn") or net.process("learn") >> net.advance >> net.evolve
    return learn.scan({"rule.pre": rows, **{f"rule.{k}": v for k, v in fed.items()}}, watch=["rule.winners"])


@pytest.mark.parametrize("name", [n for n in VARIED if VARIED[n].shape is not None])
def test_distances_are_over_the_synapses_that_reach_a_unit(name: str):
    kind = VARIED[name]
    with ng.Context("net"):
        w = kind.make("w")
        rule = VectorQuantisationRule("rule", synapse=w)
    w.context.reset(batch_size=3)
    x = RNG.normal(size=(3, kind.sizes[0]))
    rule.pre.set(x)
    want, weights = np.zeros((3, kind.sizes[1])), np.asarray(w.weights.get())
    for pre, post, index, _ in kind.connections:
        want[:, post] += (x[:, pre] - weights[index]) ** 2
    np.testing.assert_allclose(rule.distances(), want, rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(np.argmax(rule.won(), 1), np.argmin(want, 1))


@pytest.mark.parametrize("neighbourhood", ["gaussian", "bubble"])
@pytest.mark.parametrize("wraps", [False, True], ids=["edges", "torus"])
def test_one_step_of_a_map_by_hand(neighbourhood: str, wraps: bool):
    weights, x = RNG.random((2, 12)), np.array([0.3, 0.6])
    net, w, rule = made(
        SelfOrganisingMapRule, (2, 12), weights=weights, grid=(3, 4), rate=0.5, radius=1.5, wraps=wraps,
        neighbourhood=neighbourhood, tau_rate=10.0, tau_radius=20.0,
    )  # fmt: skip
    now = weights
    for n in range(3):
        out = train(net, x[None, None])
        best = np.argmin(((x[:, None] - now) ** 2).sum(0))
        assert np.flatnonzero(out["rule.winners"][0, 0]).tolist() == [best]
        at = np.stack(np.unravel_index(np.arange(12), (3, 4)), 1)
        gap = np.abs(at - at[best])
        gap = np.minimum(gap, [3, 4] - gap) if wraps else gap
        d, radius = np.hypot(*gap.T), 1.5 * np.exp(-n / 20.0)
        h = np.exp(-(d**2) / (2 * radius**2)) if neighbourhood == "gaussian" else (d <= radius) * 1.0
        now = now + 0.5 * np.exp(-n / 10.0) * h * (x[:, None] - now)
        np.testing.assert_allclose(w.weights.get(), now, rtol=1e-10)
    assert int(rule.age.get()) == 3


def test_a_map_unfolds_in_the_order_of_its_samples():
    """A chain of units comes to lie along the samples in order: Kohonen's topographic map, on a grid 1 x 15 too."""
    net, w, _ = made(
        SelfOrganisingMapRule, (1, 15), weights=ng.init.Uniform(0.4, 0.6), grid=(1, 15), rate=0.4, radius=5.0,
        tau_rate=1500.0, tau_radius=400.0,
    )  # fmt: skip
    train(net, np.random.default_rng(1).random((2500, 1, 1)))
    steps = np.diff(np.asarray(w.weights.get())[0])
    assert np.all(steps > 0) or np.all(steps < 0)
    assert np.ptp(np.asarray(w.weights.get())) > 0.7


def test_prototypes_become_centres_of_clusters():
    centres = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    rows = centres[np.random.default_rng(0).integers(0, 3, (400, 8))] + 0.3 * RNG.normal(size=(400, 8, 2))
    net, w, _ = made(
        VectorQuantisationRule, (2, 3), batch=8, weights=np.array([[0.5, 3.0, 0.5], [0.5, 0.5, 3.0]]), rate=0.3,
        tau_rate=100.0,
    )  # fmt: skip
    train(net, rows)
    np.testing.assert_allclose(np.asarray(w.weights.get()).T, centres, atol=0.1)


def test_learning_vector_quantisation_by_hand_and_on_two_classes():
    weights = np.array([[0.0, 1.0], [0.0, 1.0]])
    net, w, _ = made(VectorQuantisationRule, (2, 2), weights=weights, classes=(0, 1), rate=0.2)
    train(net, np.array([[[0.2, 0.0]]]), labels=np.array([[[1.0, 0.0]]]))
    np.testing.assert_allclose(np.asarray(w.weights.get())[:, 0], [0.04, 0.0], atol=1e-12)
    train(net, np.array([[[0.2, 0.0]]]), labels=np.array([[[0.0, 1.0]]]))
    np.testing.assert_allclose(np.asarray(w.weights.get())[:, 0], [0.04 - 0.2 * 0.16, 0.0], atol=1e-12)
    np.testing.assert_allclose(np.asarray(w.weights.get())[:, 1], [1.0, 1.0])

    rng = np.random.default_rng(3)
    label = rng.integers(0, 2, (600, 1))
    x = rng.normal(size=(600, 1, 2)) * [0.5, 2.0] + np.where(label, 2.0, 0.0)[..., None] * [1.0, 0.0]
    start = np.array([[0.9, 1.1], [1.0, -1.0]])
    net, w, rule = made(VectorQuantisationRule, (2, 2), weights=start, classes=(0, 1), rate=0.1, tau_rate=200.0)
    out = train(net, x, labels=np.eye(2)[label])["rule.winners"]
    right = np.argmax(np.asarray(out), 2) == label
    assert right[-200:].mean() > 0.9 > right[:5].mean() - 0.3
    assert rule.labels.shape == (2,)


def test_round_trip_and_refused():
    net, _, _ = made(SelfOrganisingMapRule, grid=(2, 3), radius=1.0, tau_radius=3.0)
    assert ng.Context.from_yaml(net.to_yaml()).to_yaml() == net.to_yaml()
    with pytest.raises(ng.GraphError, match=r"`grid` \(2, 2\) has 4 units, 'w' leads to 6"):
        made(SelfOrganisingMapRule, grid=(2, 2))
    for classes in ((0, 1), (0, 1, 2, 0, 1, -1), (0, 1, 2, 0, 1, 0.5)):
        with pytest.raises(ng.GraphError, match="`classes` must be one integer >= 0 for each of 6 prototypes"):
            made(VectorQuantisationRule, classes=classes)
    with ng.Context("net"), pytest.raises(ng.GraphError, match="are no prototypes: they are factors of its matrix"):
        w = LowRankSynapse("w", shape=(3, 4), rank=2, weights=0.1)
        VectorQuantisationRule("rule", synapse=w)
