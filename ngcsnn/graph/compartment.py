"""A compartment of a component in a context: one array of the model, readable, writable and wirable."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
from jax.core import Tracer

from ngcsnn.graph.declare import Declared
from ngcsnn.graph.errors import GraphError, ShapeError, WireError
from ngcsnn.graph.frame import current_frame
from ngcsnn.graph.parameter import brief, violation
from ngcsnn.graph.wire_shapes import per_sample_shape
from ngcsnn.graph.wires import Moments, Readable, passes_through

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
            moment = replace(declared, timed=False, init=0.0, unit="ms", doc=f"first moment of `{name}`")
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
        """Whether anything may feed it in this run: where not, it stays at its start value and need not be read."""
        frame = current_frame()
        if self.source is not None or frame is None or frame.driven is None:
            return True
        return (self.component.name, self.name) in frame.driven

    def get(self) -> Any:
        """The array: of its wire, else its own."""
        if self.source is not None:
            return self._as_float(self.source.get())
        if self.declared.of:
            return getattr(self.component, self.declared.of)()
        if not self.declared.stored:
            raise WireError(f"{self.key} has no wire, and no array of its own: wire something to it")
        return self._values()[self.name]

    def set(self, value: Any) -> None:
        """Replace the array; a wired input refuses, for it belongs to its source.

        value: an array of the declared shape (with the batch axis, where it has one), or one that broadcasts to it.
        """
        if self.source is not None:
            raise WireError(f"{self.key} is driven by the wire {self.source!r} >> {self.key}; it cannot be set")
        if not self.declared.stored:
            other = f"worked out by `{self.declared.of}`" if self.declared.of else "what a wire says"
            raise GraphError(f"{self.key} has no array of its own that could be set: it is {other}")
        values = self._values()  # lent: the caller may hold the very array that is set
        new = self._as_declared(value, values[self.name])
        if current_frame() is None:
            if isinstance(new, Tracer):
                raise GraphError(
                    f"{self.key} cannot be set to a traced value from outside a process: inside jit, grad or vmap work "
                    "on a state of your own with process.pure(state, inputs)"
                )
            wrong = violation(self.declared, new) if self.role == "param" else None
            if wrong:
                raise GraphError(f"{self.key} {wrong}")
            self.component.context.fed.discard((self.component.name, self.name))
        values[self.name] = new

    def moments(self) -> Moments:
        """(value, first moment), of its wire or its own; the moment is None where nothing carries events."""
        if self.source is None:
            return self.get(), (self.offset.get() if self.offset is not None and self._keeps_offset() else None)
        value, moment = self.source.moments()
        return self._as_float(value), moment

    def set_moments(self, value: Any, moment: Any) -> None:
        """Write value and first moment; None: the events are at the step's end, so their moment is zero."""
        self.set(value)
        if self.offset is not None and self._keeps_offset():
            self.offset.set(0.0 if moment is None else moment)

    def sources(self) -> list[Compartment]:
        return [self]

    def connect(self, source: Readable) -> Compartment:
        """Wire `source >> self`."""
        wire = f"{source!r} >> {self.key}"
        if not isinstance(source, Readable):
            raise WireError(
                f"{source!r} cannot drive {self.key}: a wire starts at a compartment or an expression of some"
            )
        if self not in self.component.compartments.values():
            raise WireError(f"{wire}: first moments travel along with the values; wire the compartment itself")
        if self.role != "input":
            raise WireError(f"{wire}: {self.key} is {_article(self.role)}, only inputs can be wired")
        if self.source is not None:
            raise WireError(f"{wire}: {self.key} already has the wire {self.source!r} >> {self.key}; add them with +")
        if any(c.component.context is not self.component.context for c in source.sources()):
            raise WireError(f"{wire}: the two ends belong to different contexts")
        if passes_through(source, self):
            raise WireError(f"{wire}: the wires would run in a circle, with no array in between")
        shape = per_sample_shape(source)
        if shape != self.shape or source.batched != self.batched:
            raise WireError(
                f"{wire}: shapes do not match: {source!r} is {_shape(shape, source.batched)}, "
                f"{self.key} is {_shape(self.shape, self.batched)}"
            )
        self.source = source
        self.component.connected(self)
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

    def _values(self) -> dict[str, Any]:
        context = self.component.context
        frame = current_frame()
        if frame is None:
            context.lend(self.component.name, self.name)
            values = context.live
        elif frame.context is not context:
            raise GraphError(
                f"{self.key} belongs to context '{context.name}' and cannot be used inside a process of "
                f"'{frame.context.name}': contexts never see each other"
            )
        else:
            values = frame.values
        if context.components.get(self.component.name) is not self.component:
            raise GraphError(
                f"'{self.component.name}' is no longer part of context '{context.name}': its `with` block failed"
            )
        return values[self.component.name]

    def _keeps_offset(self) -> bool:
        """Whether this run keeps first moments for it (a compiler whose rule knows no times leaves them out)."""
        return self.name + OFFSET in self._values()

    def _as_float(self, value: Any) -> Any:
        """What arrives through a wire, if it is booleans or integers, as the number type of this end."""
        inexact = jnp.issubdtype(value.dtype, jnp.inexact)
        return value if inexact else value.astype(self.declared.dtype or self.component.context.dtype)

    def _as_declared(self, value: Any, old: Any) -> Any:
        try:
            if value is None or isinstance(value, str | bytes):
                raise TypeError("no number")
            value = jnp.asarray(value)
        except (TypeError, ValueError) as error:
            raise GraphError(f"{self.key} takes numbers, got {brief(value)}: {str(error).splitlines()[0]}") from None
        if jnp.issubdtype(value.dtype, jnp.complexfloating):
            raise GraphError(f"{self.key} takes real numbers, got an array of {value.dtype}")
        if jnp.issubdtype(value.dtype, jnp.floating) and not jnp.issubdtype(old.dtype, jnp.floating):
            raise GraphError(f"{self.key} holds {old.dtype}, got an array of {value.dtype}: convert it first")
        if value.shape != old.shape:
            try:
                value = jnp.broadcast_to(value, old.shape)
            except ValueError:
                raise ShapeError(
                    f"{self.key} ({self.role}) has shape {old.shape}, cannot take an array of shape {value.shape}"
                ) from None
        return value.astype(old.dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self.component.context).find, (self.component.context, self.key)  # copied with its whole context

    def __repr__(self) -> str:
        return self.key


def _article(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"


def _shape(shape: tuple[int, ...], batched: bool) -> str:
    return f"{shape}" if batched else f"{shape} without batch axis"
