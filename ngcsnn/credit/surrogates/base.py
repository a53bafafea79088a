"""What a surrogate function is, and how one is found by name.

A spike is a step of h, the cell's threshold function: 0 below, 1 above. Its derivative is taken to be psi(h), that of a
smooth step. h is in the unit of what the cell compares with its threshold, and so are widths: a cell of mV wants widths
of mV.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from numbers import Real
from typing import Any, ClassVar

from ngcsnn.graph import NameClashError, UnknownNameError, closest

LEAST, MOST = 1e-6, 1e6  # what a field may be: psi is then finite for every h, in float32 too


@dataclass(frozen=True)
class SurrogateFunction(ABC):
    """Base of the catalogue: a frozen dataclass of numbers with `psi` and `step`.

    A subclass is registered under its class name in snake_case (`FastSigmoid` -> `fast_sigmoid`) and its `aliases`.
    Fields lie within [1e-6, 1e6]; those in `may_vanish` may be 0.
    Errors: `ValueError`, `TypeError` for a field that is no such number; `NameClashError` where another class has the
    name.
    """

    kind: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    may_vanish: ClassVar[tuple[str, ...]] = ()
    family: ClassVar[dict[str, type[SurrogateFunction]]] = {}

    def __init_subclass__(cls, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        for name in (cls.kind, *vars(cls).get("aliases", ())):
            taken = cls.family.get(name, cls)
            # the same class made again (a notebook's cell, a reload) takes the place of the old one
            if (taken.__module__, taken.__qualname__) != (cls.__module__, cls.__qualname__):
                raise NameClashError(
                    f"the surrogate function name '{name}' of {cls.__module__}.{cls.__qualname__} is taken by "
                    f"{taken.__module__}.{taken.__qualname__}; give the class another name"
                )
            cls.family[name] = cls

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            zero = f.name in self.may_vanish
            allowed = f"a number from {LEAST:g} to {MOST:g}{', or 0' if zero else ''}"
            message = f"`{f.name}` of surrogate function '{self.kind}' must be {allowed}, got {value!r}"
            if isinstance(value, bool) or not isinstance(value, Real):
                raise TypeError(f"{message} ({type(value).__name__})")
            number = float(value)
            if not math.isfinite(number) or not (LEAST <= number <= MOST or (zero and number == 0)):
                raise ValueError(message)
            object.__setattr__(self, f.name, number)

    @abstractmethod
    def psi(self, h: Any) -> Any:
        """The surrogate derivative: an array like `h`, finite for every h, infinities included."""

    @abstractmethod
    def step(self, h: Any) -> Any:
        """The smooth step whose derivative psi is, 1/2 at h = 0."""

    def describe(self) -> dict[str, Any]:
        """Plain data `{name: {field: value}}`, from which `resolve_surrogate` makes an equal object."""
        return {self.kind: asdict(self)}


def resolve_surrogate(given: Any) -> SurrogateFunction:
    """The surrogate function that a name, plain data or an object stands for.

    Args: given, a name (`"fast_sigmoid"`), one name with its fields (`{"fast_sigmoid": {"slope": 10.0}}`), or a
        `SurrogateFunction`, which is returned as it is.
    Errors: `UnknownNameError` with the closest name, `ValueError` for values out of range, `TypeError` for the rest.
    """
    family = SurrogateFunction.family
    if isinstance(given, SurrogateFunction):
        return given
    if isinstance(given, str):
        given = {given: None}
    if not isinstance(given, Mapping):
        hint = f"; make an object of it: {given.__name__}()" if isinstance(given, type) else ""
        raise TypeError(
            f"a surrogate function must be a name, a mapping {{name: {{field: value}}}} or a SurrogateFunction, "
            f"got {given!r}{hint}"
        )
    if len(given) != 1:
        raise ValueError(f"a surrogate function is described by one name, got {len(given)}: {dict(given)!r}")
    ((name, values),) = given.items()
    if name not in family:
        raise UnknownNameError(f"unknown surrogate function {name!r}{closest(str(name), family)}")
    values = {} if values is None else values
    if not isinstance(values, Mapping):
        raise TypeError(f"the fields of surrogate function '{name}' must be a mapping {{field: value}}, got {values!r}")
    known = [f.name for f in fields(family[name])]
    for key in values:
        if key not in known:
            raise UnknownNameError(f"surrogate function '{name}' has no field {key!r}{closest(str(key), known)}")
    return family[name](**values)
