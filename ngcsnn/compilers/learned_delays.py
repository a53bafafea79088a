"""Learning of transmission delays: which synapses' delays are trained, and by which optimiser.

Delays are kept in ms, real-valued, and after each update put back into [0, `max_delay`] of their synapse.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ngcsnn.compilers.parameters import Names, as_patterns
from ngcsnn.graph import Context, GraphError
from ngcsnn.optim import Optimiser, PerParameter, from_description

PATTERN = "*.delays"


class LearnedDelays:
    """The arguments `delay_learn_conns` and `delay_optimiser` of a compiler.

    delay_learn_conns: synapses, or their names, whose delays are trained as well (default: none). delay_optimiser: a
    name, {name: hyper-parameters} or object, for all delays that are trained, by `trainable` too (default: as for all
    other parameters).
    Errors: `GraphError` and its kin that name the synapse; `TypeError` and `ValueError` of `ngcsnn.optim`.
    """

    def __init__(self, delay_learn_conns: Iterable[Any], delay_optimiser: Any):
        self.synapses = as_patterns("delay_learn_conns", delay_learn_conns)
        self.optimiser = None if delay_optimiser is None else from_description(delay_optimiser)

    def keys(self, context: Context) -> list[str]:
        """The delays that `delay_learn_conns` asks for, "synapse.delays"; raises for what has none to learn."""
        out = []
        for given in self.synapses:
            synapse = context.find(given)
            if getattr(synapse, "compartments", None) is None:
                raise GraphError(f"`delay_learn_conns` takes synapses and their names, got {given!r}")
            label = f"`delay_learn_conns`: {type(synapse).__name__} '{synapse.name}'"
            if "delays" not in synapse.compartments:
                if "delays" in synapse.declarations:
                    raise GraphError(f"{label} was made without delays; give it `delays` and `max_delay` (ms)")
                why = "its delays are fixed" if getattr(synapse, "delayed", False) else "it has no delays"
                raise GraphError(f"{label} cannot learn delays: {why}")
            if synapse.bounds("delays")[1] == 0.0:
                raise GraphError(f"{label}: its delays cannot move, `max_delay` is 0 ms (default: the longest delay)")
            out.append(f"{synapse.name}.delays")
        return out

    def of(self, optimiser: Optimiser, names: Names) -> Optimiser:
        """The optimiser of all that is trained. names: {component: trained parameters}."""
        if self.optimiser is None:
            return optimiser
        if not any("delays" in keys for keys in names.values()):
            raise GraphError(
                "`delay_optimiser` does not apply: no delay is trained; name synapses in `delay_learn_conns`"
            )
        return PerParameter({PATTERN: self.optimiser, "*": optimiser})


def check_derivatives(context: Context, names: Names, crossing: Any) -> None:
    """Raise where a trained parameter has no derivative under the credit rule, as its component says."""
    for name, keys in names.items():
        component = context.components[name]
        for key, why in component.underivable(crossing).items():
            if key in keys:
                raise GraphError(
                    f"{type(component).__name__} '{name}': `{key}` cannot be trained: {why}; leave it out of what is "
                    f"trained, or take it off with frozen=['{name}.{key}']"
                )
