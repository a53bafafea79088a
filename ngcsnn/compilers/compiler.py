"""What all compilers share: the length of a trial, outputs, batch size."""

from __future__ import annotations


from typing import Any

from ngcsnn.compilers.objective import Objective
from ngcsnn.compilers.plan import make_plan, upstream

from ngcsnn.graph import Context, GraphError


class Compiler:
    """Base: checks what every compiler is told.

    example_timesteps: steps of a trial. readouts, losses: {output cell or its name: name, {name: fields} or object}.
    """

    def __init__(self, example_timesteps: int, losses: Any, readouts: Any, batch_size: int):
        self.example_timesteps = positive_int("example_timesteps", example_timesteps)
        self.batch_size = positive_int("batch_size", batch_size)
        self.losses, self.readouts = losses, readouts

    def objective(self, context: Context) -> Objective:
        if not isinstance(context, Context):
            raise GraphError(f"compile takes a Context, got {type(context).__name__}")
        make_plan(context)  # raises for what no rollout can run
        return Objective(context, self.losses, self.readouts)


def positive_int(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise GraphError(f"`{name}` must be an integer >= 1, got {value!r}")
    return value


def check_event_paths(context: Context, objective: Objective) -> None:
    """Raise where spikes of a cell reach a port that drops their times: no gradient would cross it."""
    for name in {n for o in objective.outputs for n in (o.name, *upstream(context, o.name))}:
        for target in context.components[name].wired():
            if target.declared.timed or target.source is None or not target.source.timed:
                continue
            sources = {c.component.name for c in target.source.sources()}
            cells = set().union(sources, *(upstream(context, s) for s in sources))
            spiking = sorted(n for n in cells if hasattr(context.components[n], "crossing_terms"))
            if spiking:
                raise GraphError(
                    f"{target.source!r} >> {target.key}: {target.key} is a current and drops spike times, so EventProp "
                    f"finds no gradient for the spikes of {', '.join(spiking)}; wire to a port that receives events "
                    f"(such as {name}.syn)"
                )


