"""From what a user gives for a parameter (number, array, initialiser, its description) to the array it starts as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from ngcsnn.graph.declare import Declared, in_unit, plain
from ngcsnn.graph.errors import GraphError, ShapeError
from ngcsnn.graph.init import Initialiser, from_description, generator


def read_parameter(
    label: str, name: str, declared: Declared, value: Any, shape: tuple[int, ...], dtype: Any, stream: tuple[Any, ...]
) -> tuple[Any, np.ndarray]:
    """(the argument as it is kept for repr and YAML, the start value). stream: seed and names for the random draw."""
    if isinstance(value, Mapping | str):
        try:
            value = from_description(value)
        except GraphError as error:
            raise type(error)(f"{label}: `{name}`: {error}") from None
    drawn = value.draw(generator(*stream), shape) if isinstance(value, Initialiser) else value
    wanted = f"a number, an array of shape {shape} or an initialiser{in_unit(declared.unit)}"
    try:
        array = np.asarray(drawn)
    except jax.errors.TracerArrayConversionError:
        raise
    except (ValueError, TypeError) as error:
        raise GraphError(f"{label}: `{name}` must be {wanted}, got {brief(value)}: {error}") from None
    if array.dtype.kind not in ("iuf" if array.ndim == 0 else "biuf"):
        raise GraphError(f"{label}: `{name}` must be {wanted}, got {brief(value)}")
    if array.ndim > 0 and array.shape != shape:
        raise ShapeError(f"{label}: `{name}` must have shape {shape} or be a number, got an array of {array.shape}")
    with np.errstate(over="ignore", under="ignore"):
        cast = array.astype(dtype)  # what is checked is what will be used: 1e-50 is zero in float32
    wrong = violation(declared, cast)
    if wrong:
        raise GraphError(f"{label}: `{name}` {wrong}")
    if array.ndim == 0 and declared.fill:
        cast = np.full(shape, cast)
    return _kept(value), cast


def violation(declared: Declared, array: Any) -> str | None:
    """What is wrong with the values of a parameter, as the end of a sentence; None if nothing is."""
    array = np.asarray(array)
    check = declared.check
    if array.dtype.kind == "f" and np.isnan(array).any():
        text, bad = "not be NaN", np.isnan
    elif check is not None and not check.holds(array):
        text, bad = f"be {check.text}", lambda x: not check.holds(x)
    else:
        return None
    where, value = next(((i, v) for i, v in np.ndenumerate(array) if bad(v)), ((), array))
    place = f" at {list(where)}" if where else ""
    return f"must {text}{in_unit(declared.unit)}, got {brief(value)}{place}"


def brief(value: Any) -> str:
    """A short repr: large arrays by their shape."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {brief(v)}" for k, v in value.items()) + "}"
    if isinstance(value, np.ndarray | jax.Array):
        return f"<array {value.shape}>" if value.size > 8 else repr(np.asarray(value).tolist())
    if isinstance(value, np.generic):
        return repr(value.item())
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _kept(value: Any) -> Any:
    """A private, unchangeable copy of an argument."""
    value = value if isinstance(value, Initialiser) else plain(value) if np.ndim(value) == 0 else np.array(value)
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    return value
