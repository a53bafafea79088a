"""What a declared value must satisfy: small named predicates whose text is the error message and the documentation."""

from __future__ import annotations

import keyword
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ngcsnn.graph.errors import GraphError


@dataclass(frozen=True)
class Check:
    """`holds(value)` for scalars or arrays; `text` completes the sentence "must be ..."."""

    holds: Callable[[Any], bool]
    text: str


def _all(condition: Callable[[np.ndarray], Any]) -> Callable[[Any], bool]:
    def holds(value: Any) -> bool:
        array = np.asarray(value)
        return bool(np.all(np.isfinite(array)) and np.all(condition(array)))

    return holds


finite = Check(_all(lambda x: True), "finite")
positive = Check(_all(lambda x: x > 0), "finite and > 0")
non_negative = Check(_all(lambda x: x >= 0), "finite and >= 0")
fraction = Check(_all(lambda x: (x >= 0) & (x <= 1)), "between 0 and 1")


def at_least(low: float) -> Check:
    return Check(_all(lambda x: x >= low), f"finite and >= {low}")


def one_of(*names: str) -> Check:
    return Check(lambda x: x in names, "one of " + ", ".join(repr(n) for n in names))


def _two_sizes(value: Any) -> bool:
    return len(value) == 2 and all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in value)


two_sizes = Check(_two_sizes, "two positive integers (n_pre, n_post)")


def whole(name: str, value: Any, low: int = 1) -> int:
    """`value` as a Python integer >= `low`; NumPy integers pass, booleans and floats do not."""
    try:
        number = None if isinstance(value, bool | np.bool_) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < low:
        raise GraphError(f"`{name}` must be an integer >= {low}, got {value!r}")
    return number


def is_name(name: Any) -> bool:
    """Whether it can stand in Python and in a wire: an identifier that is no Python keyword."""
    return isinstance(name, str) and name.isidentifier() and not keyword.iskeyword(name)
