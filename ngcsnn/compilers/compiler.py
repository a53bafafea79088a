"""What all compilers share: the length of a trial, outputs, batch size, how spikes are placed."""

from __future__ import annotations

from typing import Any, ClassVar

from ngcsnn.compilers.objective import Objective
from ngcsnn.compilers.plan import make_plan
from ngcsnn.compilers.precision import check_precision
from ngcsnn.credit import CreditRule, resolve
from ngcsnn.graph import Context, GraphError
from ngcsnn.graph.checks import whole


class Compiler:
    """Base: checks what every compiler is told.

    example_timesteps: steps of a trial. readouts, losses: {output cell or its name: name, {name: fields} or object}; a
    value without an output stands for every output that the other of the two names. regularisers: what is added to the
    loss (default: nothing).
    Errors: `GraphError` that names the argument.
    """

    rules_rest: ClassVar[bool] = False  # whether a network may have learning rules, which then do nothing

    def __init__(self, example_timesteps: int, losses: Any, readouts: Any, batch_size: int, regularisers: Any = None):
        self.example_timesteps = whole("example_timesteps", example_timesteps)
        self.batch_size = whole("batch_size", batch_size)
        self.losses, self.readouts, self.regularisers = losses, readouts, regularisers

    def objective(self, context: Context) -> Objective:
        """What the outputs of `context` are asked for; raises, by name, where no compiler could run it."""
        if not isinstance(context, Context):
            raise GraphError(f"compile takes a Context, got {type(context).__name__}")
        check_precision(context)
        rules = [repr(c.name) for c in context.components.values() if c.stage == "rule"]
        if rules and not self.rules_rest:
            raise GraphError(
                f"learning rules ({', '.join(rules)}) learn by themselves: `PlasticityCompiler`; {type(self).__name__} "
                "trains networks without them"
            )
        make_plan(context)  # raises for what no rollout can run
        return Objective(context, self.losses, self.readouts, self.regularisers)


def credit_rule(spike_timing: Any) -> CreditRule:
    """The rule that the argument `spike_timing` names or is."""
    if isinstance(spike_timing, str):
        return resolve(spike_timing)
    if isinstance(spike_timing, type) or not callable(getattr(spike_timing, "cross", None)):
        raise GraphError(
            f"`spike_timing` must be 'precise', 'exact', 'grid' or a rule of ngcsnn.credit, got {spike_timing!r}"
        )
    return spike_timing
