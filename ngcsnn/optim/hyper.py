"""Hyper-parameters of an optimiser: a number, or a schedule of the update count; and their checks."""

import math
import numbers
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

Hyper = float | Callable[[Any], Any]
"""A number, or a function of the update count (0 for the first update) that gives a number."""


@dataclass(frozen=True)
class Range:
    """The numbers from `low` (included unless `low_open`) to `high` (never included)."""

    low: float
    high: float = math.inf
    low_open: bool = False

    def holds(self, value: float) -> bool:
        """Say whether `value` lies in the range; NaN and infinities never do."""
        return (value > self.low if self.low_open else value >= self.low) and value < self.high

    def __str__(self) -> str:
        low = f"{'>' if self.low_open else '>='} {self.low:g}"
        return f"{low} and finite" if math.isinf(self.high) else f"{low} and < {self.high:g}"


NON_NEGATIVE = Range(0.0)
POSITIVE = Range(0.0, low_open=True)
FRACTION = Range(0.0, 1.0)


def is_schedule(value: Any) -> bool:
    """Say whether a hyper-parameter is a schedule, that is, a callable object (a class is not one)."""
    return callable(value) and not isinstance(value, type)


def check_number(owner: str, name: str, value: Any, allowed: Range, kind: str = "a number") -> None:
    """Raise `TypeError` or `ValueError` unless `value` is a number in `allowed`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        got = f"{value!r} ({type(value).__name__}){_yaml_hint(value)}"
        raise TypeError(f"{owner}: `{name}` must be {kind}, got {got}")
    if not allowed.holds(float(value)):
        raise ValueError(f"{owner}: `{name}` must be {allowed}, got {value!r}")


def check_hyper(owner: str, name: str, value: Any, allowed: Range) -> None:
    """Raise unless `value` is a schedule or a number in `allowed` (a schedule's values are not checked)."""
    if not is_schedule(value):
        check_number(owner, name, value, allowed, "a number or a schedule (a function of the update count)")


def value_at(owner: str, name: str, schedule: Callable[[Any], Any], step: jax.Array) -> jax.Array:
    """Return `schedule(step)` as a float array of shape (); any other shape raises `ValueError`."""
    value = jnp.asarray(schedule(step), dtype=float)
    if value.shape != ():
        raise ValueError(f"{owner}: the schedule of `{name}` must give one number, got an array of shape {value.shape}")
    return value


def _yaml_hint(value: Any) -> str:
    # YAML 1.1 reads 5e-3 as text, which every user meets once.
    if isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return ""
        return f"; in YAML write {number:g} with a decimal point, for example 5.0e-3"
    return ""
