"""Checks of targets on the host: what passes is ready for the device, the rest is refused by place and value."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike


def check_labels(target: ArrayLike, n_samples: int, n_units: int, where: str) -> np.ndarray:
    """Class labels as (n_samples,) int32, or raise.

    Args: target, integers in [0, n_units), (n_samples,); where, the output component's name.
    Errors: `TypeError` for entries that are no integers, `ValueError` for NaN, a wrong shape or a label out of range.
    """
    array = _as_array(target, where)
    if array.shape != (n_samples,):
        hint = "; for one-hot labels give `target.argmax(axis=1)`" if array.shape == (n_samples, n_units) else ""
        raise ValueError(
            f"target of '{where}' must have shape ({n_samples},), one label for each sample, got {array.shape}{hint}"
        )
    if array.size == 0:
        return np.zeros(0, np.int32)
    allowed = f"labels must be integers from 0 to {n_units - 1}, for '{where}' has {n_units} units"
    if array.dtype.kind not in "iu":
        if array.dtype.kind == "f" and np.isnan(array).any():
            raise ValueError(f"target of '{where}'[{np.isnan(array).argmax()}] is NaN; {allowed}")
        raise TypeError(f"target of '{where}' has dtype {array.dtype}; {allowed}")
    bad = (array < 0) | (array >= n_units)
    if bad.any():
        first = bad.argmax()
        raise ValueError(f"target of '{where}'[{first}] is {array[first]}; {allowed}")
    return array.astype(np.int32)


def check_values(target: ArrayLike, n_samples: int, n_units: int, n_steps: int | None, where: str) -> np.ndarray:
    """Target values as an array of jax's float type, or raise.

    Args: target, finite numbers, (n_samples, n_units), or (n_samples, n_steps, n_units) where `n_steps` is given;
        where, the output component's name.
    Errors: `TypeError` for entries that are no numbers, `ValueError` for another shape, NaN and infinity. A time axis
        is never added: a target that stays the same must say so for every step.
    """
    array = _as_array(target, where)
    timed = n_steps is not None
    wanted = (n_samples, n_steps, n_units) if timed else (n_samples, n_units)
    if array.shape != wanted:
        names = "(sample, step, unit)" if timed else "(sample, unit)"
        hint = ""
        if timed and array.shape == (n_samples, n_units):
            hint = f"; for one target at every step give `np.repeat(target[:, None], {n_steps}, axis=1)`"
        elif timed and array.shape == (n_steps, n_samples, n_units):
            hint = "; give `target.swapaxes(0, 1)`"
        elif not timed and array.ndim == 3:
            hint = "; targets over time need a readout that keeps the time axis, such as `var`"
        raise ValueError(f"target of '{where}' must have shape {wanted}, {names}, got {array.shape}{hint}")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"target of '{where}' must hold real numbers, got dtype {array.dtype}")
    dtype = np.dtype(jnp.result_type(float))
    with np.errstate(over="ignore"):
        out = array.astype(dtype)
    if not np.isfinite(out).all():
        index = tuple(int(i) for i in np.argwhere(~np.isfinite(out))[0])
        raise ValueError(f"target of '{where}'{list(index)} is {array[index]}; it must be finite in {dtype}")
    return out


def _as_array(target: Any, where: str) -> np.ndarray:
    try:
        array = np.asarray(target)
    except ValueError as error:
        raise ValueError(f"target of '{where}' cannot be made one array: {error}") from None
    if array.dtype.kind == "O":
        what = f"objects such as {array.flat[0]!r}" if array.size else f"an empty array of {array.dtype}"
        raise TypeError(f"target of '{where}' must hold numbers, got {what}")
    return array
