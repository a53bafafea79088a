"""Spike rasters: every spike a mark, time to the right, units upwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.viz.style import INK, axes_or_new, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def raster(
    times_ms: ArrayLike,
    units: ArrayLike,
    ax: Axes | None = None,
    n_units: int | None = None,
    t_end: float | None = None,
    title: str = "",
    colour: str = INK,
) -> Axes:
    """Draw spikes at `times_ms` of `units`.

    Args:
        times_ms, units: time in ms and unit index of each spike, both (n_spikes,), in any order.
        ax: axes to draw in; by default those of a new figure.
        n_units: number of units, silent ones included; by default the largest index + 1.
        t_end: end of the time axis in ms; by default it follows the last spike.
        title: heading. colour: of the marks, any that matplotlib knows.
    Returns: the axes. Errors: `ValueError` for lengths that differ, times that are negative, not finite or beyond
    `t_end`, units outside 0 to n_units - 1; `TypeError` for units that are no integers.
    """
    if n_units is not None:
        check_int("n_units", n_units, 1)
    times, rows = checked_spikes(times_ms, units, n_units)
    if n_units is None:
        n_units = int(rows.max()) + 1 if rows.size else 1
    if t_end is None:
        t_end = float(times.max()) if times.size and times.max() > 0 else 1.0
    check_number("t_end", t_end, "ms", low=0.0, exclusive=True)
    if times.size and times.max() > t_end:
        raise ValueError(f"`times_ms` must not exceed t_end = {t_end:g} ms, got {times.max():g} ms")

    ax = axes_or_new(ax, 6.4, min(max(1.3 + 0.035 * n_units, 1.8), 6.0))
    tidy(ax, title, x="time (ms)", y="unit")
    ax.set_xlim(0.0, t_end)
    ax.set_ylim(-0.5, n_units - 0.5)
    _whole_ticks(ax, n_units)
    height = ax.get_window_extent().height / ax.figure.dpi * 72
    # A mark is as high as its row, within what the eye can see and tell apart.
    length = float(np.clip(0.8 * height / n_units, 2.5, 11.0))
    ax.plot(
        times, rows, linestyle="none", marker="|", markersize=length, markeredgewidth=1.0, color=colour, clip_on=True
    )
    return ax


def checked_spikes(times_ms: ArrayLike, units: ArrayLike, n_units: int | None) -> tuple[np.ndarray, np.ndarray]:
    """The same as arrays; errors as in `raster`."""
    times, rows = np.asarray(times_ms, np.float64), np.asarray(units)
    if times.ndim != 1 or rows.ndim != 1 or len(times) != len(rows):
        raise ValueError(
            f"`times_ms` and `units` must be equally long lists, got shapes {times.shape} and {rows.shape}"
        )
    rows = rows if rows.size else np.empty(0, np.int64)
    if rows.dtype.kind not in "iu":
        raise TypeError(f"`units` must be integers, got {rows.dtype}")
    if not np.isfinite(times).all() or (times.size and times.min() < 0):
        raise ValueError("`times_ms` must be finite and >= 0 (in ms)")
    high = np.inf if n_units is None else n_units - 1
    if rows.size and (rows.min() < 0 or rows.max() > high):
        allowed = ">= 0" if n_units is None else f"from 0 to {high} (n_units = {n_units})"
        raise ValueError(f"`units` must be {allowed}, got {rows.min()} to {rows.max()}")
    return times, rows.astype(np.int64)


def _whole_ticks(ax: Axes, n_units: int) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=min(5, n_units), min_n_ticks=1))
