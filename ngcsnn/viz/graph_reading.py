"""What a picture shows of a network, read from the public side of its graph."""

from __future__ import annotations

from typing import Any, NamedTuple

from ngcsnn.graph import Compartment, Component, Context

_LONGEST = 110  # characters of a wire expression


class Box(NamedTuple):
    """A component: name, stage (source, synapse, cell, trace, rule), class name, size as text ("5 × 200")."""

    name: str
    stage: str
    type_name: str
    size: str


class Wire(NamedTuple):
    """What drives one input: the text at its arrow, the components it comes from, the component it goes to."""

    text: str
    sources: tuple[str, ...]
    target: str
    port: str


class Network(NamedTuple):
    name: str
    dt: float
    boxes: list[Box]
    wires: list[Wire]


def read_graph(context: Context) -> Network:
    """The boxes and wires of a context, in the order in which they were made.

    Errors: `TypeError` for anything but a context, `ValueError` for one without components.
    """
    if not isinstance(context, Context):
        raise TypeError(f"`context` must be an ngcsnn.Context, got {context!r} ({type(context).__name__})")
    if not context.components:
        raise ValueError(f"context '{context.name}' has no components: there is nothing to draw")
    boxes = [Box(c.name, c.stage, type(c).__name__, _size(c)) for c in context.components.values()]
    wires = [_wire(target) for c in context.components.values() for target in c.wired()]
    return Network(context.name, context.dt, boxes, wires)


def _wire(target: Compartment) -> Wire:
    source: Any = target.source
    carried = source.name if isinstance(source, Compartment) else repr(source)
    if len(carried) > _LONGEST:
        carried = f"{carried[: _LONGEST // 2]} … {carried[-_LONGEST // 3 :]}"
    names = dict.fromkeys(c.component.name for c in source.sources())  # each once, in order
    return Wire(f"{carried} → {target.name}", tuple(names), target.component.name, target.name)


def _size(component: Component) -> str:
    n_units, shape = component.arguments.get("n_units"), component.arguments.get("shape")
    if n_units is not None:
        return f"{n_units} unit{'s' if n_units != 1 else ''}"
    if shape is None:  # neither declared: what it puts out tells
        outputs = [c for c in component.compartments.values() if c.role == "output"]
        shape = outputs[0].shape if outputs else ()
    return " × ".join(str(n) for n in (shape if isinstance(shape, tuple) else (shape,)))
