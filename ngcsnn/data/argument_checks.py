"""Checks of plain arguments, with messages that name the argument, the value and its unit."""

import difflib
import math
import operator
from collections.abc import Iterable
from typing import Any


def check_int(name: str, value: Any, low: int, high: int | None = None) -> int:
    """Return `value` as int, or raise if it is no whole number in [`low`, `high`]."""
    allowed = f"an integer >= {low}" if high is None else f"an integer from {low} to {high}"
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise TypeError(f"`{name}` must be {allowed}, got {value!r} ({type(value).__name__})")
    if number < low or (high is not None and number > high):
        raise ValueError(f"`{name}` must be {allowed}, got {number}")
    return number


def check_number(name: str, value: Any, unit: str = "", low: float | None = None, exclusive: bool = False) -> float:
    """Return `value` as float, or raise if it is no finite number >= `low` (> `low` with `exclusive`).

    `unit` ends up in the message.
    """
    bound = "" if low is None else f" {'>' if exclusive else '>='} {low:g}"
    allowed = f"a finite number{bound} {unit}".rstrip()
    try:
        number = None if isinstance(value, str | bool) else float(value)
    except (TypeError, ValueError):
        number = None
    if number is None:
        raise TypeError(f"`{name}` must be {allowed}, got {value!r} ({type(value).__name__})")
    too_low = low is not None and (number < low or (exclusive and number == low))
    if not math.isfinite(number) or too_low:
        raise ValueError(f"`{name}` must be {allowed}, got {number!r}")
    return number


def closest(name: str, allowed: Iterable[str]) -> str:
    """Return " (did you mean `x`?)" for the name in `allowed` closest to `name`, or "" if none is close."""
    matches = difflib.get_close_matches(name, list(allowed), n=1)
    return f" (did you mean `{matches[0]}`?)" if matches else ""
