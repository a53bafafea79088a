"""Delay lines of the synapses in a time loop: read from what their source put out, not from a state of their own."""

from __future__ import annotations

from typing import Any

from ngcsnn.graph import Compartment, running
from ngcsnn.kernels import Line


def delay_lines(run: Any, feedback: dict[Any, Any], xs: dict[Any, Any]) -> dict[str, Line]:
    """{synapse: line} for the members of a stage that have delays and whose input is another component's compartment.

    Others (whose input is a wire expression) keep their line as a state, which is dearer and gives the same numbers.
    """
    out: dict[str, Line] = {}
    for name in run.stage.members:
        component = run.components[name]
        if not getattr(component, "line_length", 0):
            continue
        leaves = _leaves(component.inputs.source, feedback, xs)
        if leaves:
            params = {part: {**run.fixed.get(part, {}), **run.trained.get(part, {})} for part in run.components}
            with running(run.frame(params)):
                lags, units = component.line_places()
            out[name] = Line(lags, units, leaves)
    return out


def _leaves(source: Any, feedback: dict[Any, Any], xs: dict[Any, Any]) -> tuple[Any, ...]:
    """The keys of the values and, where they are kept, of the moments that a wire reads; none for an expression."""
    if not isinstance(source, Compartment) or source.source is not None or source.role == "param":
        return ()
    found = []
    for compartment in (source, source.offset):
        if compartment is not None:
            leaf = (compartment.component.name, compartment.name)
            found += [leaf] if leaf in feedback else [key for key in ((0, *leaf), (1, *leaf)) if key in xs][:1]
    return tuple(found)
