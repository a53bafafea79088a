"""mlGeNN's names for fields of losses and readouts."""

from __future__ import annotations

from typing import Any

import pytest
from networks import layered

from ngcsnn.compilers import EventPropCompiler, SurrogateCompiler
from ngcsnn.graph import GraphError

CROSS = {"output": "sparse_categorical_crossentropy"}


def compiled(compiler: Any = EventPropCompiler, losses: Any = CROSS, readouts: Any = "avg_var", **options) -> Any:
    return compiler(example_timesteps=20, losses=losses, readouts=readouts, **options).compile(layered(n=4))


@pytest.mark.parametrize("compiler", [EventPropCompiler, SurrogateCompiler])
def test_they_set_the_fields(compiler):
    (output,) = compiled(compiler, softmax_temperature=0.25).objective.outputs
    assert output.loss.temperature == 0.25 and output.readout.kind == "avg_var"
    (output,) = compiled(
        compiler, readouts={"output": {"sum_var": {"integral": "steps"}}}, per_timestep_loss=True
    ).objective.outputs
    assert output.readout.kind == "var" and output.readout.integral == "steps" and output.readout.keeps_time


def test_what_does_not_apply_raises():
    with pytest.raises(GraphError, match="`ttfs_alpha` applies to none"):
        compiled(ttfs_alpha=0.1)
    with pytest.raises(GraphError, match="replaces the readouts avg_var and sum_var"):
        compiled(readouts="max_var", per_timestep_loss=True)
    with pytest.raises(GraphError, match="`losses` of 'output'.*temperature"):
        compiled(softmax_temperature=-1.0)
    with pytest.raises(GraphError, match="`per_timestep_loss` must be True or False"):
        compiled(per_timestep_loss=1)
