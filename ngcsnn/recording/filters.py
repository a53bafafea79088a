"""Which neurons, examples and epochs are recorded: an index, a list, a boolean mask, a slice, a range, a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ngcsnn.graph import GraphError

Filter = int | slice | range | Sequence[Any] | np.ndarray | Callable[[int], bool] | None
_TAKES = "an index, a list of indices, a boolean mask, a slice, a range, a function of the index, or None for all"


def chosen(name: str, given: Any, n: int) -> np.ndarray:
    """The indices below `n` that a filter names, ascending, each once. Negative ones count from the end.

    Errors: `GraphError` for indices outside, masks of another length, an empty choice, and what is no filter.
    """
    check_filter(name, given)
    if given is None:
        return np.arange(n)
    if isinstance(given, slice):
        found = np.arange(n)[given]
    elif callable(given):
        found = np.array([i for i in range(n) if given(i)], np.int64)
    else:
        found = np.atleast_1d(np.asarray(given))
        if found.dtype == bool:
            if found.shape != (n,):
                raise GraphError(f"`{name}`: a mask must have one entry for each of the {n}, got shape {found.shape}")
            found = np.flatnonzero(found)
    outside = found[(found < -n) | (found >= n)]
    if outside.size:
        raise GraphError(f"`{name}` must name indices from 0 to {n - 1}, got {outside[0]}")
    if not found.size:
        raise GraphError(f"`{name}` {given!r} leaves none of the {n}")
    return np.unique(np.where(found < 0, found + n, found)).astype(np.int64)


def holds(given: Any, index: int) -> bool:
    """Whether a filter names `index`, where it is not known how many there are: epochs."""
    if given is None:
        return True
    if isinstance(given, slice):
        return index in range(*given.indices(index + 1))
    if callable(given):
        return bool(given(index))
    found = np.atleast_1d(np.asarray(given))
    if found.dtype == bool:
        return index < len(found) and bool(found[index])
    return index in found


def check_filter(name: str, given: Any, endless: bool = False) -> None:
    """Raise `GraphError` for what is no filter. endless: there is no last one, so none may be counted from the end."""
    if given is None or callable(given):
        return
    if isinstance(given, slice):
        parts = (given.start, given.stop, given.step)
        good = all(p is None or (isinstance(p, int) and not isinstance(p, bool)) for p in parts) and given.step != 0
        below = min((p for p in parts if isinstance(p, int)), default=0) < 0
    else:
        try:
            found = np.atleast_1d(np.asarray(given))
        except ValueError:
            found = np.array("")
        good = found.ndim == 1 and found.dtype.kind in "iub" and not isinstance(given, bool) and bool(found.size)
        below = good and found.dtype.kind == "i" and bool((found < 0).any())
    if not good:
        raise GraphError(f"`{name}` must be {_TAKES}, got {given!r}")
    if endless and below:
        raise GraphError(f"`{name}` must not count from the end, which is not known, got {given!r}")
