"""From what was recorded of a cell's spikes to their times."""

from __future__ import annotations

from math import isfinite
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike


def recorded_spikes(
    spikes: ArrayLike, offsets: ArrayLike | None = None, dt: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Times and units of the spikes of one recorded trial, for `ngcsnn.viz.raster` and `traces`.

        t = (n + 1) dt + offset / spikes        for an event of step n, which covers (n dt, (n + 1) dt]

    Args:
        spikes: what was recorded of `cell.s`, (T, n_units): 0 or 1, or the number of events of a step.
        offsets: what was recorded of `cell.s.offset` in ms, (T, n_units), each in (-dt, 0] per event; None: all events
            at the end of their step. Several events of a unit in one step become one mark at their mean time.
        dt: time step in ms.
    Returns: times in ms and unit indices, both (n_spikes,), in order of time.
    Errors: `ValueError` for arrays that are not (T, n_units), or of unequal shapes, or hold anything but finite
        numbers, and for dt that is not > 0.
    """
    sizes = _numbers("spikes", spikes)
    if sizes.ndim != 2:
        raise ValueError(f"`spikes` must have shape (T, n_units), the record of one trial, got {sizes.shape}")
    if isinstance(dt, bool) or not isinstance(dt, Real) or not isfinite(dt) or dt <= 0:
        raise ValueError(f"`dt` must be a finite number > 0 ms, got {dt!r}")
    moments = np.zeros_like(sizes) if offsets is None else _numbers("offsets", offsets)
    if moments.shape != sizes.shape:
        raise ValueError(f"`offsets` must have the shape of `spikes`, {sizes.shape}, got {moments.shape}")
    steps, units = np.nonzero(sizes)
    times = (steps + 1) * dt + moments[steps, units] / sizes[steps, units]
    order = np.argsort(times, kind="stable")
    return times[order], units[order]


def _numbers(name: str, given: ArrayLike) -> np.ndarray:
    try:
        array = np.asarray(given)
    except ValueError:  # lists of unequal lengths
        array = np.asarray("")
    if array.dtype.kind not in "fiub" or not np.isfinite(array).all():
        raise ValueError(f"`{name}` must hold finite numbers, got an array of {array.dtype}")
    return array.astype(np.float64)
