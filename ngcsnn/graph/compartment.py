"""A compartment of a component in a context: one array of the model, readable, writable and wirable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp

from ngcsnn.graph.declare import Declared
from ngcsnn.graph.errors import GraphError, ShapeError, WireError
from ngcsnn.graph.frame import current_frame
from ngcsnn.graph.wires import Moments, Readable, per_sample_shape

if TYPE_CHECKING:
    from ngcsnn.graph.component import Component

OFFSET = ".offset"  # what the name of a first moment ends in


class Compartment(Readable):
    """Reads and writes one array of the live state, or of the frame that a process runs over.

    name, component: where it lives. declared: role, unit, documentation. shape: per sample, without the batch axis.
    source: the wire that drives it, or None. offset: for a timed compartment, the compartment of first moments
    (sum over the events of a step of size times time offset from the step's end, in ms, each offset <= 0).
    """

    def __init__(self, component: Component, name: str, declared: Declared, shape: tuple[int, ...]):
        self.component, self.name, self.declared, self.shape = component, name, declared, shape
        self.source: Readable | None = None
        self.offset: Compartment | None = None
        if declared.timed:
            moment = Declared(declared.role, shape, 0.0, "ms", doc=f"first moment of `{name}`")
            self.offset = Compartment(component, name + OFFSET, moment, shape)

    @property
    def role(self) -> str:
        return self.declared.role

    @property
    def batched(self) -> bool:  # type: ignore[override]
        return self.declared.batched

    @property
    def carries_events(self) -> bool:
        """Whether it holds events with offsets, its own or those of its wire."""
        return self.source.timed if self.source is not None else self.offset is not None

    @property
    def key(self) -> str:
        return f"{self.component.name}.{self.name}"

    @property
    def is_driven(self) -> bool:
        """Whether anything feeds it: a wire, or the run in progress. Undriven inputs stay at their start value."""
        frame = current_frame()
        return self.source is not None or frame is None or (self.component.name, self.name) in frame.driven

    def get(self) -> Any:
        """The array: of its wire, else its own."""
        if self.source is not None:
            return self.source.get()
        return self._values()[self.name]

    def set(self, value: Any) -> None:
        """Replace the array; a wired input refuses, for it belongs to its source."""
        if self.source is not None:
            raise WireError(f"{self.key} is driven by the wire {self.source!r} >> {self.key}; it cannot be set")
        values = self._values(for_writing=True)
        values[self.name] = self._as_declared(value, values[self.name])

    def moments(self) -> Moments:
        if self.source is not None:
            return self.source.moments()
        return self.get(), (self.offset.get() if self.offset is not None else None)

    def set_moments(self, value: Any, moment: Any) -> None:
        """Write value and first moment; a moment of None means none is kept in this run."""
        self.set(value)
        if moment is not None and self.offset is not None:
            self.offset.set(moment)

    def sources(self) -> list[Compartment]:
        return [self]

    def connect(self, source: Readable) -> Compartment:
        """Wire `source >> self`."""
        wire = f"{source!r} >> {self.key}"
        if self.role != "input":
            raise WireError(f"{wire}: {self.key} is {_article(self.role)}, only inputs can be wired")
        if self.source is not None:
            raise WireError(f"{wire}: {self.key} already has the wire {self.source!r} >> {self.key}; add them with +")
        if any(c.component.context is not self.component.context for c in source.sources()):
            raise WireError(f"{wire}: the two ends belong to different contexts")
        shape = per_sample_shape(source)
        if shape != self.shape or source.batched != self.batched:
            raise WireError(
                f"{wire}: shapes do not match: {source!r} is {_shape(shape, source.batched)}, "
                f"{self.key} is {_shape(self.shape, self.batched)}"
            )
        self.source = source
        self.component.context.changed()
        return self

    def start_value(self, batch_size: int) -> Any:
        """The array it starts from: zeros, a number, or the parameter that `init` names."""
        context = self.component.context
        shape = (batch_size, *self.shape) if self.batched else self.shape
        init = self.declared.init
        if isinstance(init, str):
            init = getattr(self.component, init).get()
        dtype = self.declared.dtype or context.dtype
        return jnp.broadcast_to(jnp.asarray(init, dtype), shape)

    def _values(self, for_writing: bool = False) -> dict[str, Any]:
        context = self.component.context
        frame = current_frame()
        if frame is None:
            if not for_writing:
                context.lend(self.component.name, self.name)
            return context.live[self.component.name]
        if frame.context is not context:
            raise GraphError(
                f"{self.key} belongs to context '{context.name}' and cannot be used inside a process of "
                f"'{frame.context.name}': contexts never see each other"
            )
        return frame.values[self.component.name]

    def _as_declared(self, value: Any, old: Any) -> Any:
        value = jnp.asarray(value)
        if value.shape != old.shape:
            try:
                value = jnp.broadcast_to(value, old.shape)
            except ValueError:
                raise ShapeError(
                    f"{self.key} ({self.role}) has shape {old.shape}, cannot take an array of shape {value.shape}"
                ) from None
        return value.astype(old.dtype)

    def __repr__(self) -> str:
        return self.key

    __hash__ = object.__hash__


def _article(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"


def _shape(shape: tuple[int, ...], batched: bool) -> str:
    return f"{shape}" if batched else f"{shape} without batch axis"
