"""What every compiler is told, and what each refuses by name."""

from __future__ import annotations

import numpy as np
import pytest
from networks import layered

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler, InferenceCompiler
from ngcsnn.components import DenseSynapse
from ngcsnn.credit import Precise
from ngcsnn.graph import Component, GraphError, UnknownNameError
from ngcsnn.optim import SGD

CE = {"output": "sparse_categorical_crossentropy"}


class NoRule(Component):
    """Stands where a learning rule would."""

    stage = "rule"


@pytest.fixture(scope="module")
def net():
    return layered(n=4)


def eventprop(**options):
    return EventPropCompiler(**{"example_timesteps": 20, "losses": CE, **options})


def inference(**options):
    return InferenceCompiler(**{"example_timesteps": 20, "readouts": {"output": "avg_var"}, **options})


SHARED = [
    ({"example_timesteps": 30.0}, GraphError, "`example_timesteps` must be an integer >= 1, got 30.0"),
    ({"example_timesteps": 0}, GraphError, "`example_timesteps`.*got 0"),
    ({"example_timesteps": True}, GraphError, "`example_timesteps`.*got True"),
    ({"batch_size": 0}, GraphError, "`batch_size` must be an integer >= 1, got 0"),
    ({"batch_size": "32"}, GraphError, "`batch_size`.*got '32'"),
    ({"spike_timing": "precize"}, GraphError, "'precize'; did you mean 'precise'"),
    ({"spike_timing": None}, GraphError, "`spike_timing` must be 'precise', 'exact', 'grid' or a rule.*got None"),
    ({"spike_timing": Precise}, GraphError, "`spike_timing`"),
]


@pytest.mark.parametrize(("options", "error", "text"), SHARED, ids=[str(o) for o, *_ in SHARED])
@pytest.mark.parametrize("make", [eventprop, inference])
def test_arguments_of_every_compiler(make, options, error, text):
    with pytest.raises(error, match=text):
        make(**options)


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"seed": -1}, GraphError, "`seed` must be an integer >= 0, got -1"),
        ({"seed": "a"}, GraphError, "`seed`.*got 'a'"),
        ({"losses": None}, GraphError, "`losses` must be {output: loss}, got None"),
        ({"optimiser": "adm"}, ValueError, "did you mean 'adam'"),
        ({"optimiser": {"adam": {"eta": -1.0}}}, ValueError, "eta.*-1.0"),
        ({"optimiser": None}, TypeError, "an optimiser must be a name"),
        ({"trainable": 3}, GraphError, "`trainable` must be a list"),
        ({"frozen": None}, GraphError, "`frozen` must be a list"),
        ({"reg_lambda_upper": -1.0}, GraphError, "`reg_lambda_upper` must be a number >= 0.*got -1.0"),
        ({"reg_lambda": 1.0}, TypeError, "reg_lambda"),
    ],
    ids=str,
)
def test_arguments_of_eventprop(options, error, text):
    with pytest.raises(error, match=text):
        eventprop(**options)


def test_what_is_accepted(net):
    made = eventprop(
        batch_size=np.int64(8), seed=0, reg_lambda_upper=0, reg_lambda_lower=0.0, reg_nu_upper=0.0,
        trainable="*.weights", frozen=net.find("forward_0").weights, spike_timing=Precise(floor=0.01),
        optimiser=SGD(eta=0.1),
    ).compile(net)  # fmt: skip
    assert made.batch_size == 8 and made.seed == 0 and made.names == {"readout": ("weights",)}
    assert made.crossing.floor == 0.01 and made.optimiser == SGD(eta=0.1)
    assert eventprop().compile(net).seed == net.seed == 3


@pytest.mark.parametrize("make", [eventprop, inference])
def test_what_no_compiler_can_run_is_refused_when_compiling(make, net):
    with pytest.raises(GraphError, match="compile takes a Context, got str"):
        make().compile("net.yaml")
    with_rule = layered(n=4)
    with with_rule:
        NoRule("hebb")
    if make is inference:
        make().compile(with_rule)  # where rules rest
    else:
        with pytest.raises(GraphError, match=r"learning rules \('hebb'\) learn by themselves: `PlasticityCompiler`"):
            make().compile(with_rule)
    with pytest.raises(UnknownNameError, match="`readouts`: .*'outptu'; did you mean 'output'"):
        make(readouts={"outptu": "avg_var"}).compile(net)
    with pytest.raises(UnknownNameError, match="`losses`: .*'outptu'; did you mean 'output'"):
        make(losses={"outptu": "mean_square_error"}).compile(net)
    with pytest.raises(GraphError, match="forward_0"):
        make(readouts={"forward_0": "avg_var"}, losses={"forward_0": "mean_square_error"}).compile(net)


def test_parameters_that_reach_no_output_do_not_learn(net):
    """They would get a gradient of zero, and a weight decay of more."""
    dangling = layered(n=4)
    with dangling:
        side = DenseSynapse("side", shape=(4, 2), weights=1.0)
        dangling.find("hidden_0").s >> side.inputs
    assert eventprop().compile(dangling).names == eventprop().compile(net).names
    eventprop(frozen=["side.weights"]).compile(dangling)
    with pytest.raises(GraphError, match="`trainable`: no gradient reaches side.weights"):
        eventprop(trainable=["side.weights"]).compile(dangling)
    with pytest.raises(UnknownNameError, match="'hidden_0.tau_men'; did you mean 'hidden_0.tau_m'"):
        eventprop(trainable=["hidden_0.tau_men"]).compile(dangling)


def test_inference_reports_accuracy_or_the_square_error(net):
    assert [o.loss.kind for o in inference().compile(net).objective.outputs] == ["sparse_categorical_crossentropy"]
    over_time = inference(readouts={"output": "var"}).compile(net)
    assert [o.loss.kind for o in over_time.objective.outputs] == ["mean_square_error"]
    chosen = inference(losses={"output": "mean_square_error"}).compile(net)
    assert [o.loss.kind for o in chosen.objective.outputs] == ["mean_square_error"] and chosen.batch_size == 32
    with pytest.raises(GraphError, match="name the outputs"):
        inference(readouts="avg_var").compile(net)
    assert not hasattr(chosen, "train") and isinstance(net, ng.Context)
