"""The order of the default process: synapses, then sources and cells, then traces, then rules.

A step is synchronous: what a cell emits acts one step later. Synapses run first, so they transmit what the step before
emitted; of two cells wired to each other directly, the one that reads runs before the one that is read. Traces run
after the cells that they read, so they hold what was emitted in the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ngcsnn.graph.errors import WireError

if TYPE_CHECKING:
    from ngcsnn.graph.component import Component
    from ngcsnn.graph.context import Context
    from ngcsnn.graph.wires import Readable


def in_order(context: Context) -> list[Any]:
    """The components as the default process runs them."""
    everything = list(context.components.values())
    synapses = [c for c in everything if c.stage == "synapse"]
    cells = [c for c in everything if c.stage in ("source", "cell")]
    readers: dict[str, list[Component]] = {c.name: [] for c in cells}
    for cell in cells:
        for source in _read_by(cell, cells):
            readers[source.name].append(cell)
    synapses = _sorted(synapses, lambda s: _read_by(s, synapses), "give one of them no part in the circle")
    cells = _sorted(
        cells, lambda c: readers[c.name], "put a synapse between two of them, or order a process of your own"
    )
    traces = [c for c in everything if c.stage == "trace"]
    traces = _sorted(traces, lambda t: _read_by(t, traces), "give one of them no part in the circle")
    return synapses + cells + traces + [c for c in everything if c.stage == "rule"]


def _sorted(parts: list[Component], before: Callable[[Component], list[Component]], advice: str) -> list[Component]:
    """`parts` in their order, but each after those that come `before` it."""
    ordered: list[Component] = []

    def visit(part: Component, path: tuple[str, ...]) -> None:
        if part in ordered:
            return
        if part.name in path:
            circle = " - ".join([*path[path.index(part.name) :], part.name])
            raise WireError(f"{part.stage}s wired in a circle ({circle}) have no order within a step: {advice}")
        for other in before(part):
            if other is not part:
                visit(other, (*path, part.name))
        ordered.append(part)

    for part in parts:
        visit(part, ())
    return ordered


def _read_by(component: Component, among: list[Component]) -> list[Component]:
    """The components of `among` whose arrays the wires of `component` read."""
    found = dict.fromkeys(c for target in component.wired() for c in _origins(target.source))
    return [c for c in found if c in among]


def _origins(wire: Readable | None) -> Iterator[Component]:
    """The owners of the arrays that a wire reads in the end, through wired inputs on the way."""
    for source in wire.sources() if wire is not None else ():
        if source.source is not None:
            yield from _origins(source.source)
        elif source.role != "param":  # no step changes a parameter, or it is a rule's
            yield source.component
