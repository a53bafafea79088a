"""Weights as an image and as a histogram."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.viz.style import GREY, axes_or_new, class_colour, colour_bar, diverging, legend, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def weight_matrix(weights: ArrayLike, ax: Axes | None = None, limit: float | None = None, title: str = "") -> Axes:
    """Draw a weight matrix: presynaptic units downwards, postsynaptic units to the right, white at zero.

    Purple is negative, orange positive, on one scale; values that are not finite (no synapse) are grey.

    Args:
        weights: (n_pre, n_post). ax: axes to draw in; by default those of a new figure.
        limit: absolute value at which the colours saturate, > 0; by default the largest absolute weight.
        title: heading.
    Returns: the axes. Errors: `ValueError` for another shape or limit.
    """
    w = np.asarray(weights, np.float64)
    if w.ndim != 2 or not w.size:
        raise ValueError(f"`weights` must have shape (n_pre, n_post), got {w.shape}")
    if limit is None:
        limit = float(np.max(np.abs(w[np.isfinite(w)]), initial=0.0)) or 1.0
    check_number("limit", limit, low=0.0, exclusive=True)
    ax = axes_or_new(ax, 5.2, 3.6)
    from matplotlib.ticker import MaxNLocator

    tidy(ax, title, x="postsynaptic unit", y="presynaptic unit")
    image = ax.imshow(w, cmap=diverging(), vmin=-limit, vmax=limit, aspect="auto", interpolation="nearest")
    for axis, size in ((ax.xaxis, w.shape[1]), (ax.yaxis, w.shape[0])):
        axis.set_major_locator(MaxNLocator(integer=True, nbins=min(6, size), min_n_ticks=1))
    image.set_gid("diverging")
    colour_bar(ax, image, "weight")
    return ax


def weight_histogram(
    weights: ArrayLike | Mapping[str, ArrayLike], ax: Axes | None = None, bins: int = 60, title: str = ""
) -> Axes:
    """Draw how weights are distributed, as outlines of histograms over common bins.

    Args:
        weights: an array of any shape, or several by name (initial and trained, or one of each synapse).
        ax: axes to draw in; by default those of a new figure. bins: number of bins. title: heading.
    Returns: the axes. Errors: `ValueError` for an array that is empty or has values that are not finite.
    """
    named = weights if isinstance(weights, Mapping) else {"": weights}
    arrays = {name: np.asarray(w, np.float64).ravel() for name, w in named.items()}
    if not arrays:
        raise ValueError("`weights` is empty: there is nothing to count")
    for name, w in arrays.items():
        if not w.size or not np.isfinite(w).all():
            raise ValueError(f"`weights`{f' of {name!r}' if name else ''} must be finite numbers, at least one")
    check_int("bins", bins, 1)
    ax = axes_or_new(ax, 4.4, 2.9)
    tidy(ax, title, x="weight", y="synapses", grid="y")
    low, high = min(w.min() for w in arrays.values()), max(w.max() for w in arrays.values())
    edges = np.linspace(low, high, bins + 1) if high > low else np.linspace(low - 0.5, low + 0.5, bins + 1)
    highest = 1
    for i, (name, w) in enumerate(arrays.items()):
        counts = np.histogram(w, edges)[0]
        highest = max(highest, int(counts.max()))
        colour = class_colour(i)
        ax.stairs(counts, edges, color=colour, linewidth=1.4, label=f"{name}  mean {w.mean():.3g}, sd {w.std():.3g}")
        ax.stairs(counts, edges, color=colour, alpha=0.15, fill=True)
    part = 0.96
    if isinstance(weights, Mapping):
        part = max(part - 0.09 * len(arrays), 0.3)  # of the height: the legend stands above
        legend(ax, loc="upper right", borderaxespad=0.2)
    ax.axvline(0.0, ymax=part, color=GREY, linewidth=0.8, zorder=0)
    ax.set_ylim(0, highest / part)
    return ax
