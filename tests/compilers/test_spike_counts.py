"""`reg_lambda_upper`, `reg_lambda_lower` and `reg_nu_upper` are the regulariser "spike_count" in short."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from networks import layered
from small import LOSS, STEPS, N, events, labels

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler, SurrogateCompiler
from ngcsnn.compilers.penalties import Penalty
from ngcsnn.compilers.spike_counts import SpikeCounts
from ngcsnn.components import LICell, SpikeSource
from ngcsnn.graph import GraphError, UnknownNameError
from ngcsnn.objectives import SpikeCountRegulariser

X, Y = {"input": events()}, {"output": labels()}


def count(target: float, upper: float, lower: float) -> SpikeCountRegulariser:
    return SpikeCountRegulariser(target, upper, lower, over="batch")


def made(net: ng.Context, *outputs: str, **given: Any) -> list[Penalty]:
    return SpikeCounts(**given).penalties(net, list(outputs or ("output",)))


@pytest.mark.parametrize("compiler", [EventPropCompiler, SurrogateCompiler])
def test_loss_and_gradient_are_those_of_the_long_form(compiler: Any) -> None:
    long = {"spike_count": {"target": 1.5, "strength_upper": 0.02, "strength_lower": 0.01, "over": "batch"}}
    forms = {
        "short": {"reg_nu_upper": 1.5, "reg_lambda_upper": 0.02, "reg_lambda_lower": {"hidden_0": 0.01}},
        "long": {"regularisers": {"hidden_0": long}},
    }
    got = {
        name: compiler(STEPS, LOSS, batch_size=N, **form).compile(layered(n=6)).loss_and_grads(X, Y)
        for name, form in forms.items()
    }
    jax.tree.map(np.testing.assert_array_equal, got["short"], got["long"])
    assert np.any(got["short"][1]["forward_0"]["weights"])


def test_both_forms_add_up() -> None:
    """With what is regularised anyway, and a sum that is checked by hand."""
    long = {"hidden_0": {"spike_count": {"target": 3.0, "strength_lower": 0.5}}}
    net = layered(n=6)
    compiled = EventPropCompiler(STEPS, LOSS, batch_size=N, regularisers=long, reg_lambda_upper=0.25).compile(net)
    c = np.asarray(compiled.simulate(X, "hidden_0.s")["hidden_0.s"]).sum(axis=0)
    want = 0.5 * 0.25 * (c.mean(axis=0) ** 2).sum() + 0.5 * 0.5 * np.mean((np.minimum(c - 3.0, 0) ** 2).sum(axis=1))
    loss, _ = compiled.loss_and_grads(X, Y)
    assert float(loss) - compiled.evaluate(X, Y)["loss"] == pytest.approx(want, rel=1e-4) and c.any()


def test_a_number_is_for_every_hidden_cell() -> None:
    net = layered(layers=2, n=4)
    both = made(net, reg_lambda_upper=1, reg_lambda_lower=np.float32(0.5), reg_nu_upper=2)
    assert both == [Penalty("hidden_0", count(2.0, 1.0, 0.5)), Penalty("hidden_1", count(2.0, 1.0, 0.5))]
    assert made(net, "hidden_1", reg_lambda_lower=1.0) == [Penalty("hidden_0", count(0.0, 0.0, 1.0))]
    assert made(net) == [] == made(net, reg_lambda_upper={}, reg_lambda_lower={"hidden_0": 0.0})


def test_cells_may_have_numbers_of_their_own() -> None:
    net = layered(layers=2, n=4)
    given = {"reg_lambda_upper": {net.find("hidden_1"): 3.0}, "reg_nu_upper": {"hidden_1": 5.0, "hidden_0": 0.0}}
    assert made(net, **given) == [Penalty("hidden_1", count(5.0, 3.0, 0.0))]
    given = {"reg_lambda_upper": 1.0, "reg_lambda_lower": {"hidden_0": 2.0}, "reg_nu_upper": {"hidden_1": 4.0}}
    assert made(net, **given) == [Penalty("hidden_0", count(0.0, 1.0, 2.0)), Penalty("hidden_1", count(4.0, 1.0, 0.0))]


def test_one_target_holds_wherever_there_is_a_strength() -> None:
    """Also at an output, and not where there is none."""
    net = layered(layers=2, n=4)
    given = {"reg_lambda_upper": {"hidden_1": 3.0}, "reg_nu_upper": 6.0}
    assert made(net, **given) == [Penalty("hidden_1", count(6.0, 3.0, 0.0))]
    assert made(net, "hidden_1", **given) == [Penalty("hidden_1", count(6.0, 3.0, 0.0))]


def silent() -> ng.Context:
    with ng.Context("silent") as net:
        source, output = SpikeSource("input", n_units=3), LICell("output", n_units=3)
        source.s >> output.syn
    return net


WRONG = [
    (
        {"reg_lambda_upper": -1.0},
        GraphError,
        r"`reg_lambda_upper` must be a number >= 0, or \{cell: number\}, got -1.0",
    ),
    ({"reg_lambda_lower": float("inf")}, GraphError, "`reg_lambda_lower` must be a number >= 0"),
    ({"reg_nu_upper": float("nan")}, GraphError, "`reg_nu_upper` must be a number >= 0"),
    ({"reg_nu_upper": True}, GraphError, "`reg_nu_upper` must be a number >= 0"),
    ({"reg_lambda_upper": {"hidden_0": "much"}}, GraphError, "`reg_lambda_upper` must be .*got {'hidden_0': 'much'}"),
    ({"reg_lambda_upper": {"hiden_0": 1.0}}, UnknownNameError, "`reg_lambda_upper`: .*'hiden_0'; did you mean 'hidden"),
    ({"reg_lambda_upper": {"output": 1.0}}, GraphError, r"`reg_lambda_upper` names spiking cells \(hidden_0\), got 'o"),
    ({"reg_lambda_upper": {"hidden_0.v": 1.0}}, GraphError, r"names spiking cells \(hidden_0\), got 'hidden_0.v'"),
    ({"reg_nu_upper": 4.0}, GraphError, "`reg_nu_upper` of all cells is 4 spikes, but no strength is given: set `reg_"),
    ({"reg_nu_upper": {"hidden_0": 4}}, GraphError, "`reg_nu_upper` of hidden_0 is 4 spikes, but no strength is given"),
]


@pytest.mark.parametrize(("given", "error", "text"), WRONG, ids=[text[:50] for *_, text in WRONG])
def test_errors(given: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        EventPropCompiler(STEPS, LOSS, **given).compile(layered(n=4))


def test_one_cell_twice() -> None:
    net = layered(n=4)
    with pytest.raises(GraphError, match="`reg_lambda_upper` names 'hidden_0' twice"):
        made(net, reg_lambda_upper={"hidden_0": 1.0, net.find("hidden_0"): 2.0})


@pytest.mark.parametrize("argument", ["reg_lambda_upper", "reg_lambda_lower"])
def test_no_spiking_cell(argument: str) -> None:
    with pytest.raises(GraphError, match=f"`{argument}` regularises spiking cells that are no outputs: there is none"):
        made(silent(), **{argument: 1.0})
    with pytest.raises(GraphError, match=r"names spiking cells \(there is none\), got 'output'"):
        made(silent(), **{argument: {"output": 1.0}})
    with pytest.raises(GraphError, match="`reg_nu_upper` of all cells is 1 spikes, but no strength"):
        made(silent(), reg_nu_upper=1.0)
