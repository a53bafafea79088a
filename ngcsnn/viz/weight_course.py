"""How weights move over the epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.viz.style import BLUE, GREY, axes_or_new, legend, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def weight_course(values: ArrayLike, epochs: ArrayLike, ax: Axes | None = None, title: str = "") -> Axes:
    """Draw the median of all weights over the epochs, with bands that hold half of them and nine tenths of them.

    Args:
        values: (n_taken, ...), as of a `ConnVarRecording`; those that are not finite (no synapse) are left out.
        epochs: after which epoch each was taken, (n_taken,); -1: before the first. ax: axes to draw in; by default
        those of a new figure. title: heading.
    Returns: the axes. Errors: `ValueError` for nothing to draw, or lengths that differ.
    """
    w, when = np.asarray(values, np.float64), np.asarray(epochs, np.float64)
    if w.ndim < 1 or when.shape != w.shape[:1] or not w.size:
        raise ValueError(f"`values` must be (n_taken, ...) and `epochs` (n_taken,), got {w.shape} and {when.shape}")
    w = w.reshape(len(w), -1)
    if not np.isfinite(w).any(axis=1).all():
        raise ValueError("`values` must have a finite weight at every epoch")
    order = np.argsort(when, kind="stable")
    low, first, middle, third, high = np.nanpercentile(
        np.where(np.isfinite(w), w, np.nan)[order], [5, 25, 50, 75, 95], axis=1
    )
    ax = axes_or_new(ax, 4.6, 2.9)
    from matplotlib.ticker import MaxNLocator

    tidy(ax, title, x="epoch (-1: before the first)" if when.min() == -1 else "epoch", y="weight", grid="y")
    x = when[order]
    ax.fill_between(x, low, high, color=BLUE, alpha=0.15, linewidth=0.0, label="90 % of the weights")
    ax.fill_between(x, first, third, color=BLUE, alpha=0.3, linewidth=0.0, label="50 %")
    ax.plot(x, middle, color=BLUE, linewidth=1.6, marker="o" if len(x) <= 12 else None, markersize=3.5, label="median")
    ax.axhline(0.0, color=GREY, linewidth=0.8, zorder=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    ax.margins(y=0.3)  # room for the legend
    legend(ax, loc="upper right", ncols=3, borderaxespad=0.2)
    return ax
