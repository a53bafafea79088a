"""Membrane potentials over time, with threshold and spikes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.data.argument_checks import check_number
from ngcsnn.viz.style import GREY, INK, MUTED, RED, SMALL, axes_or_new, class_colour, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST = 12


def traces(
    v: ArrayLike,
    ax: Axes | None = None,
    dt: float = 1.0,
    v_thr: float | None = None,
    spikes: tuple[ArrayLike, ArrayLike] | None = None,
    names: Sequence[str] | None = None,
    title: str = "",
    unit: str = "",
    quantity: str = "v",
) -> Axes:
    """Draw membrane potentials, one above the other on one scale; a dashed line is the threshold, a mark a spike.

    A single trace has its values at the left axis; several have a lane each, whose zero is the thin line, and a bar at
    the right that shows the scale. Step n ends at (n + 1) dt, and there its value stands.

    Args:
        v: potentials of one trial at the end of each step, (T,) or (T, n_cells), at most 12 cells.
        ax: axes to draw in; by default those of a new figure.
        dt: time step in ms. v_thr: threshold; none is drawn by default.
        spikes: (times in ms, columns of `v`), as from `recorded_spikes`; drawn above the threshold, or above the
            highest value where there is none.
        names: of the cells; by default their columns. The name of a single one is its title where there is no other.
        title: heading. unit: of the potentials, such as "mV". quantity: what is drawn where it is no
        membrane potential, such as "i_syn".
    Returns: the axes. Errors: `ValueError` for another shape, values that are not finite, too many cells, spikes of
    other cells, another number of names.
    """
    values = np.asarray(v, np.float64)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or not values.size:
        raise ValueError(f"`v` must have shape (T,) or (T, n_cells), got {np.shape(v)}")
    if not np.isfinite(values).all():
        raise ValueError(f"`v` must be finite, {int((~np.isfinite(values)).sum())} values are not")
    steps, n = values.shape
    if n > _MOST:
        raise ValueError(f"`v` holds {n} cells, at most {_MOST} can be told apart: choose some, v[:, :{_MOST}]")
    check_number("dt", dt, "ms", low=0.0, exclusive=True)
    if v_thr is not None:
        check_number("v_thr", v_thr)
    if names is not None and len(names) != n:
        raise ValueError(f"`names` must name the {n} cells of `v`, got {len(names)} names")
    times, cells = _of_cells(spikes, n)

    low, high = min(values.min(), 0.0), max(values.max(), v_thr if v_thr is not None else -np.inf)
    span = max(high - low, 1e-12)
    mark = 0.14 * span  # length of a spike's mark
    lane = span + mark + 0.22 * span
    ax = axes_or_new(ax, 6.4, min(1.2 + 0.85 * n, 7.0) if n > 1 else 2.5)
    title = names[0] if names is not None and n == 1 and not title else title
    alone = f"{'membrane potential ' if quantity == 'v' else ''}{quantity}{unit and f' ({unit})'}"
    tidy(ax, title, x="time (ms)", y=alone if n == 1 else "unit")
    t = (np.arange(steps) + 1) * dt
    for i in range(n):
        base = (n - 1 - i) * lane
        if n > 1:
            ax.axhline(base, color=GREY, linewidth=0.5, zorder=1)
        if v_thr is not None:
            ax.axhline(base + v_thr, color=RED, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        ax.plot(t, base + values[:, i], color=class_colour(0), linewidth=1.2, zorder=2)
        start = base + (high if v_thr is None else v_thr) + 0.05 * span
        ax.vlines(times[cells == i], start, start + mark, color=INK, linewidth=1.2, zorder=3)
    ax.set_xlim(0.0, steps * dt)
    ax.set_ylim(low - 0.08 * span, (n - 1) * lane + high + mark + 0.12 * span)
    if n > 1:
        _lane_names(ax, list(names) if names is not None else [str(i) for i in range(n)], lane, low, high)
        _scale_bar(ax, span, quantity, unit)
    return ax


def _of_cells(spikes: tuple[ArrayLike, ArrayLike] | None, n: int) -> tuple[np.ndarray, np.ndarray]:
    if spikes is None:
        return np.empty(0), np.empty(0, np.int64)
    times, cells = np.asarray(spikes[0], np.float64), np.asarray(spikes[1])
    if times.ndim != 1 or times.shape != cells.shape:
        raise ValueError(
            f"`spikes` must be (times in ms, cells), equally long, got shapes {times.shape}, {cells.shape}"
        )
    if cells.size and (cells.min() < 0 or cells.max() >= n):
        raise ValueError(
            f"`spikes` must be of cells 0 to {n - 1}, the columns of `v`, got {cells.min()} to {cells.max()}"
        )
    return times, cells


def _lane_names(ax: Axes, names: list[str], lane: float, low: float, high: float) -> None:
    n = len(names)
    ax.set_yticks([(n - 1 - i) * lane + (low + high) / 2 for i in range(n)], names)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def _scale_bar(ax: Axes, span: float, quantity: str, unit: str) -> None:
    """A bar of a round length at the right, beside the lowest lane."""
    power = 10.0 ** np.floor(np.log10(span))
    length = power * max(m for m in (1, 2, 5) if m * power <= span)
    across = ax.get_yaxis_transform()  # x in parts of the axes, y in data
    ax.plot([1.015, 1.015], [0.0, length], color=INK, linewidth=1.4, transform=across, clip_on=False)
    ax.text(
        1.03,
        length / 2,
        f"{quantity}: {length:g} {unit}".rstrip(),
        transform=across,
        va="center",
        color=MUTED,
        fontsize=SMALL,
    )
