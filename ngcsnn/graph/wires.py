"""Wire expressions: what may stand on the left of `>>`.

An expression is read, never written. Where its operands carry events it transmits both moments: the value, and the
first moment (size times offset), which any linear operation treats alike; for a non-linear one the moment goes through
its derivative (first order in the offset).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.graph.declare import plain
from ngcsnn.graph.errors import GraphError, WireError
from ngcsnn.graph.parameter import brief

if TYPE_CHECKING:
    from ngcsnn.graph.compartment import Compartment

Moments = tuple[Any, Any]  # (value, first moment or None)
SUM, PRODUCT, NEGATIVE, ATOM = 1, 2, 3, 4  # how tightly the text of an expression binds


class Readable:
    """Anything with a value that a wire can carry: a compartment, or an expression over compartments."""

    level = ATOM
    __array_ufunc__ = None  # `array * hid.s` is left to the operators below

    def get(self) -> Any:
        raise TypeError(f"{type(self).__name__} must define get()")

    def moments(self) -> Moments:
        """(value, first moment); the moment is None where nothing carries events."""
        raise TypeError(f"{type(self).__name__} must define moments()")

    def sources(self) -> list[Compartment]:
        """The compartments it reads."""
        raise TypeError(f"{type(self).__name__} must define sources()")

    def summands(self) -> list[Readable]:
        """The terms of a sum, each with events of its own; a wire that is no sum is its only term."""
        return [self]

    def __rshift__(self, target: Compartment) -> Compartment:
        if isinstance(target, Readable) and hasattr(target, "connect"):
            return target.connect(self)
        ports = getattr(target, "compartments", None)
        inputs = [repr(c) for c in ports.values() if c.role == "input"] if isinstance(ports, dict) else []
        hint = f"; {target!r} has the inputs {', '.join(inputs)}" if inputs else ""
        raise WireError(f"{self!r} >> {target!r}: a wire ends at one input compartment{hint}")

    def __add__(self, other: Any) -> Readable:
        return _binary("+", jnp.add, self, other)

    def __radd__(self, other: Any) -> Readable:
        return _binary("+", jnp.add, other, self)

    def __sub__(self, other: Any) -> Readable:
        return _binary("-", jnp.subtract, self, other)

    def __rsub__(self, other: Any) -> Readable:
        return _binary("-", jnp.subtract, other, self)

    def __mul__(self, other: Any) -> Readable:
        return _binary("*", jnp.multiply, self, other)

    def __rmul__(self, other: Any) -> Readable:
        return _binary("*", jnp.multiply, other, self)

    def __matmul__(self, other: Any) -> Readable:
        return _binary("@", jnp.matmul, self, other)

    def __neg__(self) -> Readable:
        return Expression(jnp.negative, (self,), "-{}", (NEGATIVE,), NEGATIVE)

    def __getitem__(self, index: Any) -> Readable:
        """Index the per-sample axes: the batch axis is never touched."""
        index = tuple(_checked_index(self, part) for part in (index if isinstance(index, tuple) else (index,)))
        from ngcsnn.graph.wire_shapes import per_sample_shape

        shape = per_sample_shape(self)
        inside = [not isinstance(i, int) or -n <= i < n for i, n in zip(index, shape, strict=False)]
        text = ", ".join(_index_text(i) for i in index)
        if len(index) > len(shape) or not all(inside):
            raise WireError(f"{self!r}[{text}] lies outside the per-sample shape {shape} of {self!r}")
        full = (slice(None), *index) if self.batched else index
        return Expression(operator.itemgetter(full), (self,), "{}[" + text + "]", (ATOM,), ATOM)

    @property
    def batched(self) -> bool:
        return any(c.batched for c in self.sources())

    @property
    def timed(self) -> bool:
        """Whether events reach its end with their offsets."""
        return any(c.carries_events for c in self.sources())

    # --- what looks like a value but is none ----------------------------------------------------------------------
    def _no_value(self, *_: Any, **__: Any) -> NoReturn:
        raise GraphError(f"{self!r} is a compartment or wire, not an array: read its value with .get()")

    def __bool__(self) -> bool:
        self._no_value()

    def __iter__(self) -> Iterator[Any]:
        self._no_value()

    def __array__(self, *_: Any, **__: Any) -> Any:
        self._no_value()

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, int | float | np.ndarray | np.generic | jax.Array):
            self._no_value()
        return self is other

    __hash__ = object.__hash__


class Expression(Readable):
    """`fn` over operands, each readable or a constant.

    pattern: its text with {} for every operand, which is put in brackets where it binds less tightly than `needs`.
    """

    def __init__(
        self, fn: Callable[..., Any], operands: tuple[Any, ...], pattern: str, needs: tuple[int, ...], level: int
    ):
        self.fn, self.operands, self.pattern, self.needs, self.level = fn, operands, pattern, needs, level
        contexts = {id(c.component.context): c.component.context for c in self.sources()}
        if len(contexts) > 1:
            raise WireError(f"{self!r} mixes compartments of different contexts")
        (context,) = contexts.values()
        self.operands = tuple(o if isinstance(o, Readable) else _constant(o, context.dtype) for o in operands)

    def on_values(self, values: list[Any]) -> Any:
        """`fn` with `values` for the readable operands, in their order."""
        waiting = iter(values)
        return self.fn(*(next(waiting) if isinstance(o, Readable) else o for o in self.operands))

    def readable(self) -> list[Readable]:
        return [o for o in self.operands if isinstance(o, Readable)]

    def summands(self) -> list[Readable]:
        parts = self.readable()
        plain_sum = self.pattern == "{} + {}" and len(parts) == 2
        return [term for part in parts for term in part.summands()] if plain_sum else [self]

    def get(self) -> Any:
        return self.on_values([o.get() for o in self.readable()])

    def moments(self) -> Moments:
        pairs = [o.moments() for o in self.readable()]
        values = [m0 for m0, _ in pairs]
        moving = [i for i, (_, m1) in enumerate(pairs) if m1 is not None]
        if not moving:
            return self.on_values(values), None

        def of_moving(*changed: Any) -> Any:
            return self.on_values([changed[moving.index(i)] if i in moving else v for i, v in enumerate(values)])

        value, moment = jax.jvp(of_moving, tuple(values[i] for i in moving), tuple(pairs[i][1] for i in moving))
        if moment.dtype == jax.dtypes.float0:  # booleans and integers do not move
            moment = jnp.zeros(value.shape, values[moving[0]].dtype)
        return value, moment

    def sources(self) -> list[Compartment]:
        return list(dict.fromkeys(c for o in self.readable() for c in o.sources()))

    def text(self, full: bool) -> str:
        """As it would be written in Python or YAML; `full`: with every number of its constant arrays."""
        parts = [_operand_text(o, full, need) for o, need in zip(self.operands, self.needs, strict=True)]
        return self.pattern.format(*parts)

    def __repr__(self) -> str:
        return self.text(full=False)


def passes_through(wire: Readable, target: Compartment) -> bool:
    """Whether `wire` reads `target`, at once or through the wires of the inputs that it reads."""
    return any(c is target or (c.source is not None and passes_through(c.source, target)) for c in wire.sources())


def _binary(symbol: str, fn: Callable[..., Any], left: Any, right: Any) -> Expression:
    level = SUM if symbol in "+-" else PRODUCT
    return Expression(fn, (left, right), f"{{}} {symbol} {{}}", (level, level + 1), level)


def _constant(value: Any, dtype: Any) -> Any:
    """A number as a plain one, an array of numbers in the context's type: neither changes the type of the result."""
    value = plain(value) if isinstance(value, np.generic) or np.shape(value) == () else value
    array = np.asarray(value)
    if array.dtype.kind not in "iuf" or not np.all(np.isfinite(array)):
        raise WireError(f"a wire expression takes finite numbers and arrays beside compartments, got {brief(value)}")
    if isinstance(value, int | float):
        return value
    return array.astype(dtype) if array.dtype.kind == "f" else array


def _operand_text(operand: Any, full: bool, need: int) -> str:
    if isinstance(operand, Expression):
        text = operand.text(full)
        return f"({text})" if operand.level < need else text
    if isinstance(operand, Readable):
        return repr(operand)
    return repr(np.asarray(operand).tolist()) if full else brief(operand)


def _checked_index(wire: Readable, part: Any) -> int | slice:
    if isinstance(part, slice):
        return slice(*(None if p is None else _checked_index(wire, p) for p in (part.start, part.stop, part.step)))
    if isinstance(part, int | np.integer) and not isinstance(part, bool):
        return int(part)
    raise WireError(f"a wire takes integers and slices between brackets, got {part!r} on {wire!r}")


def _index_text(index: int | slice) -> str:
    if isinstance(index, int):
        return str(index)
    parts = ["" if p is None else str(p) for p in (index.start, index.stop)]
    return ":".join(parts) + (f":{index.step}" if index.step is not None else "")
