"""Losses and readouts by output: who is asked for what, and what the targets must be."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from networks import layered

import ngcsnn as ng
from ngcsnn.compilers.objective import Objective
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.graph import GraphError, UnknownNameError
from ngcsnn.objectives import AvgVar, FirstSpike, FirstSpikeTime, MeanSquareError, SparseCategoricalCrossentropy

CE, MSE = "sparse_categorical_crossentropy", "mean_square_error"
BY_STEP = (MSE, "var")


@pytest.fixture(scope="module")
def net():
    with ng.Context("two", dt=0.5) as net:
        source, a, b = SpikeSource("input", n_units=5), LICell("left", n_units=3), LICell("right", n_units=2)
        for cell in (a, b):
            w = DenseSynapse(f"to_{cell.name}", shape=(5, cell.n_units), weights=1.0)
            source.s >> w.inputs
            w.outputs >> cell.syn
    return net


def names(objective):
    return {o.name: (o.loss.kind, o.readout.kind) for o in objective.outputs}


@pytest.mark.parametrize(
    ("losses", "readouts", "want"),
    [
        ({"left": CE}, "avg_var", {"left": (CE, "avg_var")}),
        (CE, {"left": "sum_var"}, {"left": (CE, "sum_var")}),
        ({"left": MSE}, {"avg_var_exp_weight": {"rate": 0.1}}, {"left": (MSE, "avg_var_exp_weight")}),
        ({CE: {"temperature": 2.0}}, {"right": {"max_var": None}}, {"right": (CE, "max_var")}),
        ({"left": CE, "right": MSE}, "avg_var", {"left": (CE, "avg_var"), "right": (MSE, "avg_var")}),
        ({"left": CE, "right": MSE}, {"right": "var", "left": "max_var"}, {"left": (CE, "max_var"), "right": BY_STEP}),
        (SparseCategoricalCrossentropy(), {"left": AvgVar()}, {"left": (CE, "avg_var")}),
        (None, {"left": "avg_var", "right": "var"}, {"left": (CE, "avg_var"), "right": BY_STEP}),
    ],
)  # fmt: skip
def test_values_with_and_without_names(net, losses, readouts, want):
    assert names(Objective(net, losses, readouts)) == want


def test_components_stand_for_their_names(net):
    objective = Objective(net, {net.find("left"): MeanSquareError()}, {net.find("left"): "avg_var"})
    assert names(objective) == {"left": (MSE, "avg_var")} and objective.outputs[0].leaves == (("left", "v_mean"),)


@pytest.mark.parametrize(
    ("losses", "readouts", "error", "text"),
    [
        ({"lefd": CE}, "avg_var", UnknownNameError, "`losses`: .*no component 'lefd'; did you mean 'left'"),
        ({"left": CE}, {"rihgt": "avg_var"}, UnknownNameError, "`readouts`: .*'rihgt'; did you mean 'right'"),
        ({"left": CE}, {"right": "avg_var"}, GraphError, r"`losses` names no output 'right'; it names \['left'\]"),
        ({"left": CE, "right": CE}, {"left": "avg_var"}, GraphError, "`readouts` names no output 'right'"),
        ({"left.v": CE}, "avg_var", GraphError, "`losses` names outputs, not compartments: 'left', not left.v"),
        (CE, "avg_var", GraphError, "name the outputs"),
        ({}, "avg_var", GraphError, "name the outputs"),
        ({"left": "sparse_crossentropy"}, "avg_var", UnknownNameError, "`losses` of 'left'.*did you mean 'sparse_cat"),
        ({"left": 3}, "avg_var", TypeError, "`losses` of 'left': a loss must be"),
        ({"left": CE}, {"avg_vr": {}}, UnknownNameError, "`readouts` of 'left'.*did you mean 'avg_var'"),
        ({"left": CE}, {"left": {"avg_var_exp_weight": {"rate": -1.0}}}, GraphError, "`readouts` of 'left'.*-1.0"),
        ({"left": CE}, {"left": "first_spike_time"}, GraphError, "output 'left': .*use readout 'first_spike_time'"),
        ({"left": "first_spike"}, "first_spike_time", GraphError, "output 'left': .*that spikes, such as LIFCell"),
        ({"left": CE}, {"avg_var_input_weight": {"gate": "rihgt"}}, GraphError, "output 'left': .*`gate` names"),
        ({"input": CE}, "avg_var", GraphError, "output 'input': .*SpikeSource 'input' does not have"),
    ],
)  # fmt: skip
def test_errors(net, losses, readouts, error, text):
    with pytest.raises(error, match=text):
        Objective(net, losses, readouts)


def test_one_output_under_two_names_is_refused(net):
    with pytest.raises(GraphError, match="`losses` names the output 'left' twice"):
        Objective(net, {"left": CE, net.find("left"): CE}, "avg_var")
    with pytest.raises(GraphError, match="does not belong to context"):
        Objective(net, {layered().find("output"): CE}, "avg_var")


def test_several_losses_add_up_and_metrics_carry_names(net):
    objective = Objective(net, {"left": CE, "right": MSE}, "avg_var")
    rng = np.random.default_rng(0)
    y = {"left": jnp.asarray(rng.normal(size=(4, 3))), "right": jnp.asarray(rng.normal(size=(4, 2)))}
    given = {"left": [0, 1, 2, 0], "right": rng.normal(size=(4, 2))}
    targets = objective.targets(net, given, 4, 20)
    weight = jnp.array([1.0, 1.0, 1.0, 0.0], y["left"].dtype)
    total, metrics = objective.sums(y, targets, weight)
    p = np.exp(y["left"]) / np.exp(y["left"]).sum(axis=1, keepdims=True)
    by_hand = -np.log(p[range(3), [0, 1, 2]]).sum() + ((y["right"] - given["right"]) ** 2).mean(axis=1)[:3].sum()
    np.testing.assert_allclose(total, by_hand, rtol=1e-5)
    assert set(metrics) == {"left.accuracy", f"right.{MSE}"}
    right = (np.argmax(y["left"], axis=1) == np.array([0, 1, 2, 0]))[:3].sum()
    assert float(metrics["left.accuracy"]) == right


def test_targets_of_the_only_output_may_stand_alone(net):
    objective = Objective(net, {"left": CE}, "avg_var")
    for given in ([0, 2], {"left": [0, 2]}, {net.find("left"): np.array([0, 2])}):
        np.testing.assert_array_equal(objective.targets(net, given, 2, 20)["left"], [0, 2])


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ({"left": [0, 1]}, GraphError, "no targets for the output 'right'"),
        ({"left": [0], "right": [0], "input": [0]}, GraphError, "'input' is no output of this network; valid: "),
        ({"left": [0, 1], "rigth": [0, 1]}, UnknownNameError, "`targets`: .*did you mean 'right'"),
        ([0, 1], GraphError, r"name the outputs, \{left, right: ...\}"),
        ({"left": [0, 3], "right": [0, 1]}, ValueError, r"'left'\[1\] is 3; labels must be integers from 0 to 2"),
        ({"left": [0], "right": [0, 1]}, ValueError, r"'left' must have shape \(2,\)"),
        ({"left": [0.5, 1.0], "right": [0, 1]}, TypeError, "'left' has dtype float64"),
    ],
)  # fmt: skip
def test_wrong_targets(net, given, error, text):
    with pytest.raises(error, match=text):
        Objective(net, {"left": CE, "right": CE}, "avg_var").targets(net, given, 2, 20)


def test_leaves_are_recorded_once_and_times_where_the_rule_keeps_them(net):
    gated = {"left": {"avg_var_input_weight": {"gate": "left"}}, "right": "avg_var"}
    assert Objective(net, CE, gated).leaves(True) == [("left", "v_mean"), ("right", "v_mean")]
    with ng.Context("spiking", dt=0.5) as spiking:
        LIFCell("output", n_units=3)
    objective = Objective(spiking, "first_spike", {"output": {"first_spike_time": {"lift": 2.0}}})
    assert objective.leaves(False) == [("output", "s"), ("output", "v")]
    assert objective.leaves(True) == [("output", "s"), ("output", "s.offset"), ("output", "v")]
    assert objective.outputs[0].readout == FirstSpikeTime(lift=2.0, v_thr=1.0)


def test_what_was_not_recorded_is_none_to_the_readout(net):
    with ng.Context("spiking", dt=0.5) as spiking:
        LIFCell("output", n_units=3)
    objective = Objective(spiking, "first_spike", {"output": "first_spike_time"})
    s = jnp.zeros((4, 1, 3)).at[1].set(1.0)
    np.testing.assert_allclose(objective.read({("output", "s"): s})["output"], 1.0)
    timed = {("output", "s"): s, ("output", "s.offset"): -0.25 * s}
    np.testing.assert_allclose(objective.read(timed)["output"], 0.75)
    with pytest.raises(KeyError):
        objective.read({("output", "s.offset"): s})


def test_readouts_of_times_go_with_losses_of_times_by_default():
    with ng.Context("spiking", dt=0.5) as spiking:
        LIFCell("output", n_units=3)
    assert names(Objective(spiking, None, {"output": "first_spike_time"})) == {
        "output": ("first_spike", "first_spike_time")
    }


def test_losses_learn_how_long_a_trial_is():
    with ng.Context("spiking", dt=0.5) as spiking:
        LIFCell("output", n_units=3)
    objective = Objective(spiking, "first_spike", {"output": "first_spike_time"})
    y, weight = {"output": jnp.array([[3.0, 11.0, 11.0]])}, jnp.ones(1)
    with pytest.raises(GraphError, match="needs `trial`"):
        objective.sums(y, {"output": jnp.array([0])}, weight)
    targets = objective.targets(spiking, [0], 1, 20)
    objective.targets(spiking, [0], 1, 20)
    assert objective.outputs[0].loss == FirstSpike(trial=10.0)
    assert objective.sums(y, targets, weight)[1]["accuracy"] == 1.0
    with pytest.raises(GraphError, match="output 'output': `trial` of loss 'first_spike' is 10 ms, but .* lasts 15 ms"):
        objective.targets(spiking, [0], 1, 30)


def test_targets_over_time_need_all_steps(net):
    objective = Objective(net, {"left": MSE}, {"left": "var"})
    assert objective.targets(net, np.zeros((2, 20, 3)), 2, 20)["left"].shape == (2, 20, 3)
    with pytest.raises(ValueError, match=r"'left' must have shape \(2, 20, 3\)"):
        objective.targets(net, np.zeros((2, 3)), 2, 20)
