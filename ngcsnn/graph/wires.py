"""Wire expressions: what may stand on the left of `>>`.

An expression is read, never written. Where its operands carry events it transmits both moments: the value, and the
first moment (size times offset), which any linear operation treats alike; for a non-linear one the moment goes through
its derivative (first order in the offset).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.graph.errors import GraphError, WireError

if TYPE_CHECKING:
    from ngcsnn.graph.compartment import Compartment

Moments = tuple[Any, Any]  # (value, first moment or None)


class Readable:
    """Anything with a value that a wire can carry: a compartment, or an expression over compartments."""

    def get(self) -> Any:
        raise TypeError(f"{type(self).__name__} must define get()")

    def moments(self) -> Moments:
        """(value, first moment); the moment is None where nothing carries events."""
        raise TypeError(f"{type(self).__name__} must define moments()")

    def sources(self) -> list[Compartment]:
        """The compartments it reads."""
        raise TypeError(f"{type(self).__name__} must define sources()")

    def __rshift__(self, target: Compartment) -> Compartment:
        return target.connect(self)

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
        return Expression(jnp.negative, (self,), f"-{_text(self)}")

    def __getitem__(self, index: Any) -> Readable:
        """Index the per-sample axes: the batch axis is never touched."""
        index = index if isinstance(index, tuple) else (index,)
        for part in index:
            if not isinstance(part, int | slice):
                raise WireError(f"a wire takes integers and slices between brackets, got {part!r} on {_text(self)}")
        full = (slice(None), *index) if self.batched else index
        return Expression(lambda x: x[full], (self,), f"{_text(self)}[{', '.join(_index_text(i) for i in index)}]")

    @property
    def batched(self) -> bool:
        return any(c.batched for c in self.sources())

    @property
    def timed(self) -> bool:
        """Whether events reach its end with their offsets."""
        return any(c.carries_events for c in self.sources())

    def __bool__(self) -> bool:
        raise GraphError(f"{_text(self)} is a wire end, not a value: read it with .get()")


class Expression(Readable):
    """`fn` over operands; each is readable or a constant array."""

    def __init__(self, fn: Callable[..., Any], operands: tuple[Any, ...], text: str):
        self.fn, self.operands, self.text = fn, operands, text
        readable = [o for o in operands if isinstance(o, Readable)]
        contexts = {id(c.component.context) for o in readable for c in o.sources()}
        if len(contexts) > 1:
            raise WireError(f"{text} mixes compartments of different contexts")

    def get(self) -> Any:
        return self.fn(*(o.get() if isinstance(o, Readable) else o for o in self.operands))

    def moments(self) -> Moments:
        pairs = [o.moments() if isinstance(o, Readable) else (o, None) for o in self.operands]
        if all(m1 is None for _, m1 in pairs):
            return self.fn(*(m0 for m0, _ in pairs)), None
        moving = [i for i, (_, m1) in enumerate(pairs) if m1 is not None]

        def of_moving(*values: Any) -> Any:
            all_values = [m0 for m0, _ in pairs]
            for i, value in zip(moving, values, strict=True):
                all_values[i] = value
            return self.fn(*all_values)

        return jax.jvp(of_moving, tuple(pairs[i][0] for i in moving), tuple(pairs[i][1] for i in moving))

    def sources(self) -> list[Compartment]:
        found: list[Compartment] = []
        for operand in self.operands:
            if isinstance(operand, Readable):
                found.extend(c for c in operand.sources() if c not in found)
        return found

    def __repr__(self) -> str:
        return self.text


def apply(fn: Callable[..., Any] | str, *operands: Any) -> Expression:
    """A wire expression of any function: `ng.apply(jnp.tanh, a.x) >> b.j`; it sees the batch axis first.

    fn: a function of arrays, or the name of one in jax.numpy or jax.nn. Only named functions can be written to YAML.
    """
    named = getattr(jnp, fn, None) or getattr(jax.nn, fn, None) if isinstance(fn, str) else fn
    if not callable(named):
        raise WireError(f"apply: '{fn}' is no function of jax.numpy or jax.nn")
    if not any(isinstance(o, Readable) for o in operands):
        raise WireError("apply needs at least one compartment among its operands")
    operands = tuple(o if isinstance(o, Readable) else _constant(o) for o in operands)
    return Expression(named, operands, f"apply({', '.join([function_name(fn), *map(_text, operands)])})")


def function_name(fn: Any) -> str:
    """The name by which `apply` finds `fn` again, or '<lambda>' for one that has none."""
    if isinstance(fn, str):
        return fn
    name = getattr(fn, "__name__", "<lambda>")
    if getattr(jnp, name, None) is fn or getattr(jax.nn, name, None) is fn:
        return name
    return f"<{getattr(fn, '__module__', '?')}.{name}>"


def _constant(value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise WireError(f"a wire expression takes numbers and arrays beside compartments, got {value!r}")
    return array.astype(float)


def _binary(symbol: str, fn: Callable[..., Any], left: Any, right: Any) -> Expression:
    left, right = (o if isinstance(o, Readable) else _constant(o) for o in (left, right))

    def typed(a: Any, b: Any) -> Any:  # constants take the type of the compartment: no promotion to float64
        if not isinstance(left, Readable):
            a = jnp.asarray(a, jnp.result_type(b))
        if not isinstance(right, Readable):
            b = jnp.asarray(b, jnp.result_type(a))
        return fn(a, b)

    a, b = (f"({_text(o)})" if symbol in "*@" and _is_sum(o) else _text(o) for o in (left, right))
    if symbol == "-" and _is_sum(right):
        b = f"({b})"
    return Expression(typed, (left, right), f"{a} {symbol} {b}")


def _is_sum(operand: Any) -> bool:
    return isinstance(operand, Expression) and (" + " in operand.text or " - " in operand.text)


def _text(operand: Any) -> str:
    if isinstance(operand, Readable):
        return repr(operand)
    return repr(operand if isinstance(operand, float) else operand.tolist())


def _index_text(index: Any) -> str:
    if isinstance(index, int):
        return str(index)
    parts = ["" if p is None else str(p) for p in (index.start, index.stop)]
    return ":".join(parts) + (f":{index.step}" if index.step is not None else "")


def per_sample_shape(wire: Readable) -> tuple[int, ...]:
    """The shape a wire carries, without the batch axis; raises WireError where its operands do not fit."""
    batch = 3 if wire.batched else None

    def spec(operand: Any) -> Any:
        if not isinstance(operand, Readable):
            return np.asarray(operand)
        if isinstance(operand, Expression):
            return jax.eval_shape(operand.fn, *(spec(o) for o in operand.operands))
        shape = operand.shape  # type: ignore[attr-defined]
        lead = (batch,) if operand.batched and batch is not None else ()
        return jax.ShapeDtypeStruct((*lead, *shape), jnp.float32)

    try:
        shape = tuple(spec(wire).shape)
    except (TypeError, ValueError, IndexError) as error:
        ends = ", ".join(f"{c!r} {c.shape}" for c in wire.sources())
        raise WireError(f"{wire!r} does not fit together ({ends}): {str(error).splitlines()[0]}") from None
    if wire.batched and math.prod(shape[:1]) != 3:
        raise WireError(f"{wire!r} loses the batch axis: it yields shape {shape} for a batch of 3")
    return shape[1:] if wire.batched else shape
