"""Checks of what `EPropCompiler` is told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from numbers import Real
from typing import Any

import numpy as np

from ngcsnn.compilers.penalties import told
from ngcsnn.credit import SurrogateFunction
from ngcsnn.graph import Context, GraphError
from ngcsnn.graph.parameter import brief


def shaped(function: SurrogateFunction, given: Mapping[str, float | None]) -> SurrogateFunction:
    """`function` with the fields that are given."""
    wanted = {k: v for k, v in given.items() if v is not None}
    known = {f.name for f in fields(function)}
    if "width" in wanted and "width" not in known and "slope" in known:
        wanted["slope"] = 1.0 / number("surrogate_gradient_width", wanted.pop("width"))
    for key in wanted:
        if key not in known:
            raise GraphError(f"`surrogate_gradient_{key}`: the surrogate function '{function.kind}' has no {key}")
    return replace(function, **wanted) if wanted else function


def number(argument: str, value: Any, unit: str = "", vanishes: bool = False) -> float:
    """A finite number above 0, or 0 where it may vanish."""
    real = isinstance(value, Real) and not isinstance(value, bool) and 0 <= float(value) < math.inf
    if not real or (float(value) == 0 and not vanishes):
        allowed = f"a finite number {'>=' if vanishes else '>'} 0 {unit}".rstrip()
        raise GraphError(f"`{argument}` must be {allowed}, got {value!r}")
    return float(value)


def decay(argument: str, value: Any) -> float:
    """A number in [0, 1)."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < 1:
        raise GraphError(f"`{argument}` must be a number in [0, 1), what is left after one step, got {value!r}")
    return float(value)


Numbers = float | tuple[float, ...]  # one for all units of a cell, or one for each


def window(given: Any, n_steps: int) -> tuple[float | None, tuple[float, ...] | None]:
    """`learning_window` as (ms from the end, None), or (None, weights of all steps)."""
    if given is None or isinstance(given, Real):
        return None if given is None else number("learning_window", given, "ms"), None
    try:
        gate = np.asarray(given, float)
    except (TypeError, ValueError):
        gate = np.zeros(0)
    if gate.shape != (n_steps,) or not np.all(gate >= 0) or not 0 < gate.sum() < math.inf:
        raise GraphError(
            f"`learning_window` must be ms from the trial's end, or numbers >= 0 for its {n_steps} steps, not all 0; "
            f"got {brief(given)}"
        )
    return None, tuple(gate.tolist())


def scaled(value: Numbers, factor: float) -> Numbers:
    """`value` times `factor`."""
    return tuple(v * factor for v in value) if isinstance(value, tuple) else value * factor


def by_cell(
    context: Context, argument: str, given: Any, cells: list[str], of: str = "hidden spiking cells"
) -> dict[str, Numbers]:
    """{cell: numbers} from a number for all `cells`, or from {cell or its name: number, or one for each unit}."""
    values = given if isinstance(given, Mapping) else dict.fromkeys(cells, given)
    if not cells and given:
        raise GraphError(f"`{argument}` is for {of}, and there is none here")
    out: dict[str, Numbers] = {}
    for key, value in values.items():
        name = getattr(told(f"`{argument}`", context.find, key), "name", key)
        if name not in cells:
            raise GraphError(f"`{argument}` names {of} ({', '.join(cells) or 'none'}), got {key!r}")
        n = context.components[name].n_units
        array = np.asarray(value) if value is not None else np.zeros(0, object)
        fits = array.shape == () or (isinstance(given, Mapping) and array.shape == (n,))
        if not fits or array.dtype.kind not in "iuf" or not np.all((array >= 0) & (array < math.inf)):
            raise GraphError(
                f"`{argument}` must be a number >= 0, or {{cell: number, or one for each of its {n} units}}, "
                f"got {brief(given)}"
            )
        out[name] = float(array) if array.shape == () else tuple(array.tolist())
    return out
