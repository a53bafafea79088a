"""What losses, readouts and regularisers share: a name, a place in the register of their kind, and plain data out."""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from numbers import Real
from typing import Any, ClassVar

from ngcsnn.graph import NameClashError


@dataclass(frozen=True)
class Described:
    """A frozen dataclass of plain values that is found by name; base of `Loss`, `Readout` and `Regulariser`.

    A subclass is registered under its class name in snake_case (`AvgVar` -> `avg_var`), or under the name that it is
    made with, `class X(..., kind="name")`; with `class X(..., abstract=True)` it is not registered.
    kind: that name. noun: what messages call the family. family: name -> class.
    Errors: `NameClashError` where another class already has the name.
    """

    kind: ClassVar[str] = ""
    noun: ClassVar[str] = ""
    family: ClassVar[dict[str, type[Any]]] = {}

    def __init_subclass__(cls, abstract: bool = False, kind: str | None = None, **kwargs: Any):
        super().__init_subclass__(**kwargs)
        if abstract:
            return
        cls.kind = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower() if kind is None else kind
        taken = cls.family.get(cls.kind)
        # the same class made again (a notebook's cell, a reload) takes the place of the old one
        if taken is not None and (taken.__module__, taken.__qualname__) != (cls.__module__, cls.__qualname__):
            raise NameClashError(
                f"the {cls.noun} name '{cls.kind}' of {cls.__module__}.{cls.__qualname__} is taken by "
                f"{taken.__module__}.{taken.__qualname__}; give the class another name"
            )
        cls.family[cls.kind] = cls

    def describe(self) -> dict[str, Any]:
        """Plain data `{name: {field: value}}`, from which the `resolve_...` of its kind makes an equal object."""
        return {self.kind: asdict(self)}

    def set_number(self, field: str, low: float, exclusive: bool = False, unit: str = "") -> None:
        """Make `field` a Python float, or raise; for `__post_init__`.

        Args: low, the smallest value allowed; exclusive, whether `low` itself is not; unit, for the message.
        Errors: `TypeError` for no number, `ValueError` for NaN, infinity or a number out of range.
        """
        value = getattr(self, field)
        allowed = f"a finite number {'>' if exclusive else '>='} {low:g} {unit}".rstrip()
        message = f"`{field}` of {type(self).__name__} must be {allowed}, got {value!r}"
        if isinstance(value, bool) or not isinstance(value, Real):
            raise TypeError(f"{message} ({type(value).__name__})")
        number = float(value)
        if not math.isfinite(number) or number < low or (exclusive and number == low):
            raise ValueError(message)
        object.__setattr__(self, field, number)
