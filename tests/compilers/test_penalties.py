"""Regularisers by component: who is asked for what, what is recorded, what it costs."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers.objective import Objective
from ngcsnn.components import DenseSynapse, LICell, SpikeSource
from ngcsnn.graph import Component, GraphError, UnknownNameError, hyper, output
from ngcsnn.objectives import L1Regulariser, L2Regulariser, PopulationCountRegulariser, SpikeCountRegulariser

CE = "sparse_categorical_crossentropy"
COUNT = {"spike_count": {"target": 2.0, "strength_upper": 0.5}}


class CountingCell(Component):
    """A population that says how often it spiked."""

    n_units = hyper(kind=int)
    s = output(shape="n_units", timed=True)
    counted = output(shape="n_units")


@pytest.fixture(scope="module")
def net():
    with ng.Context("penalties", dt=0.5) as net:
        source, cell = SpikeSource("input", n_units=5), LICell("output", n_units=3)
        CountingCell("hidden", n_units=4)
        w = DenseSynapse("w", shape=(5, 3), weights=1.0, bias=0.5)
        source.s >> w.inputs
        w.outputs >> cell.syn
    return net


def objective(net, regularisers) -> Objective:
    return Objective(net, {"output": CE}, "avg_var", regularisers)


@pytest.mark.parametrize(
    ("given", "want"),
    [
        (None, []),
        ({}, []),
        ({"hidden": COUNT}, [("hidden", SpikeCountRegulariser(2.0, 0.5))]),
        ({"w": {"l2": {"strength": 0.1}}}, [("w", L2Regulariser(0.1))]),
        (
            {"w": [L1Regulariser(0.2), {"l2": {"strength": 0.1, "parameter": "bias"}}], "hidden": (COUNT,)},
            [("w", L1Regulariser(0.2)), ("w", L2Regulariser(0.1, "bias")), ("hidden", SpikeCountRegulariser(2.0, 0.5))],
        ),
    ],
    ids=["none", "empty", "count", "weights", "lists"],
)
def test_what_stands_for_what(net, given, want):
    assert [tuple(p) for p in objective(net, given).penalties] == want


def test_components_stand_for_their_names(net):
    assert objective(net, {net.find("w"): L1Regulariser(0.2)}).penalties[0].name == "w"


def test_leaves_are_recorded_once_and_only_for_counts(net):
    both = {"hidden": [COUNT, PopulationCountRegulariser(5.0, 1.0)], "w": L1Regulariser(0.2)}
    assert objective(net, both).penalty_leaves() == [("hidden", "counted")]
    assert objective(net, {"w": L1Regulariser(0.2)}).penalty_leaves() == []
    assert objective(net, both).leaves(True) == [("output", "v_mean")]  # regularisers are off when evaluating


def test_costs_add_up_to_those_of_each_sample_times_their_number(x64, net):
    one = objective(net, {"hidden": [COUNT], "w": [L1Regulariser(0.2), L2Regulariser(0.1, "bias")]})
    rng = np.random.default_rng(0)
    counted = (rng.random((10, 3, 4)) < 0.5).astype(float)
    params = {"w": {"weights": rng.normal(size=(5, 3)), "bias": rng.normal(size=3)}, "output": {}}
    weight = jnp.array([1.0, 1.0, 0.0])
    over = counted.sum(axis=0)[:2] - 2
    want = (0.25 * np.where(over > 0, over, 0) ** 2).sum()
    want += 2 * (0.2 * np.abs(params["w"]["weights"]).sum() + 0.05 * (params["w"]["bias"] ** 2).sum())
    recorded = {("hidden", "counted"): counted}
    np.testing.assert_allclose(one.penalty(recorded, params, weight), want, rtol=1e-12)
    g = jax.grad(lambda p: one.penalty(recorded, p, weight))(params)
    np.testing.assert_allclose(g["w"]["bias"], 2 * 0.1 * params["w"]["bias"], rtol=1e-12)
    assert objective(net, None).penalty({}, params, weight) == 0.0


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ("l1", GraphError, r"`regularisers` must be \{component: regulariser or list of them\}, got 'l1'"),
        ({"hiden": COUNT}, UnknownNameError, "`regularisers`: .*no component 'hiden'; did you mean 'hidden'"),
        ({"w.weights": "l1"}, GraphError, "`regularisers` names components, not compartments: 'w', not w.weights"),
        ({"w": {"l3": {}}}, UnknownNameError, "`regularisers` of 'w': unknown regulariser 'l3'; did you mean"),
        ({"w": "l1"}, GraphError, "`regularisers` of 'w': regulariser 'l1' needs `strength`"),
        ({"w": 3.0}, TypeError, "`regularisers` of 'w': a regulariser must be a name"),
        ({"w": COUNT}, GraphError, "`regularisers` of 'w': .*DenseSynapse 'w' is no spiking cell .* goes on hidden"),
        ({"hidden": {"l1": {"strength": 1.0}}}, GraphError, "'weights', which CountingCell 'hidden' does not have"),
    ],
)  # fmt: skip
def test_errors(net, given, error, text):
    with pytest.raises(error, match=text):
        objective(net, given)


def test_one_component_under_two_names_is_refused(net):
    with pytest.raises(GraphError, match="`regularisers` names 'w' twice; give it a list"):
        objective(net, {"w": L1Regulariser(1.0), net.find("w"): L2Regulariser(1.0)})
