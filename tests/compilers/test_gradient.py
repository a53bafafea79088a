"""What compilers of gradients share, and what each refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from networks import layered

from ngcsnn.compilers import EventPropCompiler, GradientCompiler, SurrogateCompiler
from ngcsnn.credit import Surrogate
from ngcsnn.graph import GraphError, UnknownNameError
from ngcsnn.objectives import AvgVar, Readout

CE = {"output": "sparse_categorical_crossentropy"}
BOTH = pytest.mark.parametrize("compiler", [EventPropCompiler, SurrogateCompiler], ids=["eventprop", "surrogate"])


@pytest.fixture(scope="module")
def net() -> Any:
    return layered(n=4)


SHARED = [
    ({"example_timesteps": 0}, GraphError, "`example_timesteps`.*got 0"),
    ({"batch_size": 2.5}, GraphError, "`batch_size`.*got 2.5"),
    ({"losses": None}, GraphError, "`losses` must be {output: loss}, got None"),
    ({"optimiser": "adm"}, ValueError, "did you mean 'adam'"),
    ({"trainable": 3}, GraphError, "`trainable` must be a list"),
    ({"frozen": None}, GraphError, "`frozen` must be a list"),
    ({"seed": -1}, GraphError, "`seed` must be an integer >= 0, got -1"),
]


@BOTH
@pytest.mark.parametrize(("options", "error", "text"), SHARED, ids=[str(o) for o, *_ in SHARED])
def test_arguments_are_checked(compiler: Any, options: dict[str, Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        compiler(**{"example_timesteps": 20, "losses": CE, **options})


@BOTH
def test_arguments_reach_the_network(compiler: Any, net: Any) -> None:
    made = compiler(
        20, CE, batch_size=np.int64(8), seed=5, trainable="*.weights", frozen=net.find("forward_0").weights,
        optimiser={"adam": {"eta": 0.1}},
    )  # fmt: skip
    compiled = made.compile(net)
    assert isinstance(made, GradientCompiler)
    assert (compiled.n_steps, compiled.batch_size, compiled.seed) == (20, 8, 5)
    assert compiled.names == {"readout": ("weights",)} and compiled.crossing is made.crossing
    assert compiled.optimiser is made.optimiser
    assert compiler(20, CE).compile(net).seed == net.seed
    with pytest.raises(UnknownNameError, match="did you mean 'output'"):
        compiler(20, {"outptu": "mean_square_error"}).compile(net)


@BOTH
def test_regularisers_reach_the_objective(compiler: Any, net: Any) -> None:
    compiler(20, CE, regularisers={"forward_0": {"l2": {"strength": 0.1}}}).compile(net)
    with pytest.raises(UnknownNameError, match="forward_1"):
        compiler(20, CE, regularisers={"forward_1": {"l2": {"strength": 0.1}}}).compile(net)


TRUNCATE = [
    (0, "`truncate` must be an integer >= 1, got 0"),
    (2.5, "`truncate` must be an integer >= 1, got 2.5"),
    (True, "`truncate`.*got True"),
    (21, r"`truncate` must be at most `example_timesteps` \(20 steps\), got 21 steps"),
]


@pytest.mark.parametrize(("value", "text"), TRUNCATE, ids=[str(v) for v, _ in TRUNCATE])
def test_where_gradients_may_be_cut(value: Any, text: str) -> None:
    with pytest.raises(GraphError, match=text):
        SurrogateCompiler(20, CE, truncate=value)


def test_where_gradients_are_cut_reaches_the_network(net: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "ngcsnn.compilers.gradient.GradientCompiler.network", staticmethod(lambda *_, **options: options)
    )
    made: list[Any] = [SurrogateCompiler(20, CE, truncate=n).compile(net) for n in (5, 20, None)]
    assert [options.get("truncate") for options in made] == [5, 20, None]
    eventprop: Any = EventPropCompiler(20, CE).compile(net)
    assert eventprop.get("truncate") is None
    with pytest.raises(TypeError, match="truncate"):
        EventPropCompiler(20, CE, truncate=5)  # type: ignore[call-arg]


def test_eventprop_needs_times() -> None:
    with pytest.raises(GraphError, match=r"keeps none; train by it with SurrogateCompiler") as caught:
        EventPropCompiler(20, CE, spike_timing=Surrogate())  # type: ignore[arg-type]
    assert "Surrogate(function=FastSigmoid" in str(caught.value)


def test_a_readout_that_only_surrogates_can_train(net: Any) -> None:
    before = dict(Readout.family)
    try:

        @dataclass(frozen=True)
        class HowOften(AvgVar):
            needs_surrogate: ClassVar[bool] = True

        readouts = {"output": HowOften()}
        assert SurrogateCompiler(20, CE, readouts).compile(net).objective.outputs[0].readout == HowOften()
        with pytest.raises(GraphError, match="output 'output': readout 'how_often'.*SurrogateCompiler"):
            EventPropCompiler(20, CE, readouts).compile(net)
    finally:
        Readout.family.clear()
        Readout.family.update(before)
