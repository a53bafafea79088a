"""Declarations: the one place where a component states its hyper-parameters and compartments.

    class Cell(Component):
        n_units = hyper(kind=int, check=positive, doc="number of cells")
        tau_m = param(20.0, shape="n_units", unit="ms", check=positive, doc="membrane time constant")
        v = state(shape="n_units", init="v_rest", unit="", doc="membrane potential")

repr, help(), the constructor's signature, validation, YAML and the documentation all read these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import jax
import numpy as np

from ngcsnn.graph.checks import Check
from ngcsnn.graph.errors import GraphError

if TYPE_CHECKING:
    from ngcsnn.graph.compartment import Compartment


class _Required:
    def __repr__(self) -> str:
        return "required"


REQUIRED: Any = _Required()  # marks an argument without default
Shape = str | tuple[Any, ...] | Callable[[Any], tuple[int, ...]]
_KINDS = {
    float: "a number", int: "an integer", bool: "True or False", str: "a string", tuple: "a tuple or list",
    dict: "a mapping", type(None): "None",
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class Hyper:
    """A fixed hyper-parameter: a plain Python value, known when the model is built."""

    default: Any
    kind: type | tuple[type, ...]
    unit: str
    check: Check | None
    doc: str

    def validate(self, owner: str, name: str, value: Any) -> Any:
        """The value as plain, unchangeable Python data; raises where it is of another kind or fails the check."""
        kinds = self.kind if isinstance(self.kind, tuple) else (self.kind,)
        given, value = value, plain(value)
        if float in kinds and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**1000:
            value = float(value)
        if tuple in kinds and isinstance(value, list):
            value = tuple(value)
        if (isinstance(value, bool) and bool not in kinds) or not isinstance(value, kinds):
            names = " or ".join(_KINDS.get(k, k.__name__) for k in kinds)
            raise GraphError(f"{owner}: `{name}` must be {names}{in_unit(self.unit)}, got {given!r}")
        if _has_nan(value):
            raise GraphError(f"{owner}: `{name}` must not be NaN{in_unit(self.unit)}, got {given!r}")
        if self.check is not None and value is not None and not self.check.holds(value):
            raise GraphError(f"{owner}: `{name}` must be {self.check.text}{in_unit(self.unit)}, got {given!r}")
        return MappingProxyType(value) if isinstance(value, dict) else value

    def __repr__(self) -> str:
        return f"<argument: {self.doc}>"


@dataclass(frozen=True, repr=False)
class Declared:
    """A compartment: an array of the model.

    role: "input" (set from outside or wired), "state", "output" (other components read it) or "param" (no batch axis).
    shape: per-sample shape; a hyper-parameter's name, a tuple of names and numbers, or a function of the component.
    init: start value; a number, or the name of a parameter. timed: it carries events, so a first moment goes with it.
    fill: a scalar argument fills the whole shape instead of staying one shared number. keep: `reset` leaves it alone.
    trainable: gradients can reach it. learned: compilers train it unless told otherwise.
    stored: whether it has an array. Where not, it is what its wire says, or what the method `of` works out when read.
    """

    role: str
    shape: Shape
    init: Any = 0.0
    unit: str = ""
    check: Check | None = None
    doc: str = ""
    timed: bool = False
    keep: bool = False
    batched: bool = True
    trainable: bool = False
    learned: bool = False
    fill: bool = False
    bounds: tuple[float, float] = (-math.inf, math.inf)
    dtype: str | None = None  # None: the context's float type
    stored: bool = True
    of: str = ""

    @property
    def default(self) -> Any:
        """Of a parameter: the value it has where none is given."""
        return self.init

    def resolve_shape(self, component: Any) -> tuple[int, ...]:
        if callable(self.shape):
            return tuple(self.shape(component))
        parts = (self.shape,) if isinstance(self.shape, str) else self.shape
        out: list[int] = []
        for part in parts:
            value = getattr(component, part) if isinstance(part, str) else part
            out.extend(value if isinstance(value, tuple) else (value,))
        return tuple(out)

    def __repr__(self) -> str:
        return f"<{self.role}: {self.doc}>"


def in_unit(unit: str) -> str:
    return f" (in {unit})" if unit else ""


def plain(value: Any) -> Any:
    """NumPy and jax numbers as Python numbers, arrays as lists, all the way down; nested lists as tuples."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray | jax.Array) and value.ndim == 0):
        return value.item()
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):  # an object of somebody's own otherwise
        parts = [plain(v) for v in value]
        parts = [tuple(v) if isinstance(v, list) else v for v in parts]
        return parts if isinstance(value, list) else tuple(parts)
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    return value


def _has_nan(value: Any) -> bool:
    if isinstance(value, tuple | list):
        return any(_has_nan(v) for v in value)
    if isinstance(value, dict):
        return any(_has_nan(v) for v in value.values())
    return isinstance(value, float) and math.isnan(value)


def hyper(
    default: Any = REQUIRED,
    *,
    kind: type | tuple[type, ...] = float,
    unit: str = "",
    check: Check | None = None,
    doc: str = "",
) -> Any:
    """Declare a fixed hyper-parameter."""
    return Hyper(default, kind, unit, check, doc)


def param(
    default: Any = REQUIRED,
    *,
    shape: Shape,
    unit: str = "",
    check: Check | None = None,
    trainable: bool = True,
    learned: bool = False,
    fill: bool = False,
    bounds: tuple[float, float] = (-math.inf, math.inf),
    doc: str = "",
) -> Compartment:
    """Declare a parameter: the argument may be a scalar (one shared number), an array of `shape`, or an initialiser.

    learned: compilers train it unless told otherwise. bounds: the closed interval that training keeps it in.
    check: what a start value, and any value set later from outside, must satisfy.
    """
    kept = {"batched": False, "trainable": trainable, "learned": learned, "fill": fill, "bounds": bounds}
    return cast("Compartment", Declared("param", shape, default, unit, check, doc, **kept))


def state(
    *,
    shape: Shape,
    init: Any = 0.0,
    unit: str = "",
    timed: bool = False,
    keep: bool = False,
    batched: bool = True,
    dtype: str | None = None,
    doc: str = "",
) -> Compartment:
    """Declare a state compartment: what a component carries from step to step."""
    return cast(
        "Compartment",
        Declared("state", shape, init, unit, None, doc, timed=timed, keep=keep, batched=batched, dtype=dtype),
    )


def input_(
    *,
    shape: Shape,
    init: Any = 0.0,
    unit: str = "",
    timed: bool = False,
    batched: bool = True,
    stored: bool = True,
    doc: str = "",
) -> Compartment:
    """Declare an input compartment: wired, or set from outside (with stored=False: wired only, without array)."""
    declared = Declared("input", shape, init, unit, None, doc, timed=timed, batched=batched, stored=stored)
    return cast("Compartment", declared)


def output(
    *, shape: Shape, init: Any = 0.0, unit: str = "", timed: bool = False, batched: bool = True, doc: str = ""
) -> Compartment:
    """Declare an output compartment: what other components read."""
    return cast("Compartment", Declared("output", shape, init, unit, None, doc, timed=timed, batched=batched))


def computed(of: str, *, shape: Shape, unit: str = "", batched: bool = True, doc: str = "") -> Compartment:
    """Declare an output without array: what the method called `of` returns when it is read, from the step's values.

    For what is large and seldom read as it is, such as the change that a learning rule proposes.
    """
    declared = Declared("output", shape, 0.0, unit, None, doc, batched=batched, stored=False, of=of)
    return cast("Compartment", declared)


@dataclass(frozen=True, repr=False)
class Reference(Hyper):
    """The name of another component, made before; the component itself may be given in its place."""

    def validate(self, owner: str, name: str, value: Any) -> Any:
        named = value.name if hasattr(value, "compartments") else value
        return super().validate(owner, name, named)


def reference(default: Any = REQUIRED, *, doc: str = "") -> Any:
    """Declare the name of another component of the same context; `Component.referred` finds it."""
    kind = str if default is REQUIRED else (str, type(None))
    return Reference(default, kind, "", None, doc)
