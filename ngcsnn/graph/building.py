"""The open `with` block: which context new components join, and what to take back if the block fails."""

from __future__ import annotations

import contextvars
from typing import TYPE_CHECKING

from ngcsnn.graph.errors import GraphError

if TYPE_CHECKING:
    from ngcsnn.graph.context import Context

_building: contextvars.ContextVar[Context | None] = contextvars.ContextVar("ngcsnn_building", default=None)


def building() -> Context:
    """The context whose `with` block is open."""
    context = _building.get()
    if context is None:
        raise GraphError("components are made inside a context: with ngcsnn.Context('net', dt=1.0) as net: ...")
    return context


class Block:
    """One `with` block on a context, and the structure it started from.

    Taking it back leaves the arrays alone: what was trained or set inside a failed block is not lost.
    """

    def __init__(self, context: Context):
        self.context = context
        self.components, self.processes = dict(context.components), dict(context.processes)
        self.compartments = {name: dict(part.compartments) for name, part in context.components.items()}
        self.wires = [(c, c.source) for part in self.compartments.values() for c in part.values()]
        self.methods = [(p, tuple(p.methods)) for p in context.processes.values()]
        self.token = _building.set(context)

    def close(self) -> None:
        _building.reset(self.token)

    def undo(self) -> None:
        """Take back the components, wires and processes that the block made."""
        context = self.context
        for name in set(context.components) - set(self.components):
            context.remove(context.components[name])
        context.components, context.processes = self.components, self.processes
        for name, part in self.compartments.items():
            context.components[name].forget(set(context.components[name].compartments) - set(part))
        for compartment, source in self.wires:
            compartment.source = source
        for process, methods in self.methods:
            process.restore(methods)
        context.changed()
