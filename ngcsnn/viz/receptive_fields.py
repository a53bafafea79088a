"""What units listen to: their weights laid out as the image they look at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.viz.style import MUTED, SMALL, axes_or_new, colour_bar, diverging, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def receptive_fields(
    weights: ArrayLike,
    ax: Axes | None = None,
    shape: tuple[int, int] | None = None,
    units: Sequence[int] | None = None,
    most: int = 48,
    columns: int | None = None,
    limit: float | None = None,
    title: str = "",
) -> Axes:
    """Draw the weights of postsynaptic units as a grid of images, white at zero.

    Purple is negative, orange positive, on one scale for all; the small number is the unit's.

    Args:
        weights: (n_pre, n_post), the presynaptic units in rows of an image: unit y * width + x sees pixel (x, y).
        ax: axes to draw in; by default those of a new figure. shape: (height, width) of the image; by default a
        square, such as (28, 28) for 784. units: which of n_post; by default the first `most`. columns: images in a
        row; by default about as many as rows, a few more. limit: absolute weight at which the colours saturate; by
        default the 99.5th percentile of those shown. title: heading; where some units are left out, it says how many.
    Returns: the axes. Errors: `ValueError` for n_pre that is no image of that shape, units that do not exist.
    """
    w = np.asarray(weights, np.float64)
    if w.ndim != 2 or not w.size:
        raise ValueError(f"`weights` must have shape (n_pre, n_post), got {w.shape}")
    height, width = image_shape(len(w)) or (0, 0) if shape is None else shape
    if height * width != len(w):
        hint = "is no square: give `shape`" if shape is None else f"is not {height} x {width}"
        raise ValueError(f"`weights` has n_pre = {len(w)} rows, which {hint}")
    check_int("most", most, 1)
    chosen = np.arange(w.shape[1])[:most] if units is None else np.asarray(list(units))
    if not chosen.size or chosen.dtype.kind not in "iu" or chosen.min() < 0 or chosen.max() >= w.shape[1]:
        raise ValueError(f"`units` must be indices from 0 to {w.shape[1] - 1}, at least one, got {units!r}")
    shown = w[:, chosen]
    if limit is None:
        known = np.abs(shown[np.isfinite(shown)])
        limit = float(np.percentile(known, 99.5)) if known.size and known.max() > 0 else 1.0
        limit = limit or float(known.max())
    check_number("limit", limit, low=0.0, exclusive=True)
    n = len(chosen)
    if columns is None:
        columns = min(n, math.ceil(math.sqrt(1.5 * n * height / width)))
    check_int("columns", columns, 1)
    rows = -(-n // columns)

    gap = max(1, round(0.08 * max(height, width)))
    label = max(2, round(0.2 * height))  # room above each image for its number
    whole = np.full((rows * (height + gap + label), columns * (width + gap) - gap), np.nan)
    inch = min(0.82 / max(height, width), 9.0 / whole.shape[1], 9.0 / whole.shape[0])
    ax = axes_or_new(ax, whole.shape[1] * inch + 1.0, whole.shape[0] * inch + (0.5 if title else 0.25))
    if title and n < w.shape[1]:
        title = f"{title}   {n} of {w.shape[1]} units"
    tidy(ax, title)
    ax.set_axis_off()
    if title:
        ax.set_title(title, loc="left", pad=6)
    for k, unit in enumerate(chosen):
        y, x = (k // columns) * (height + gap + label) + label, (k % columns) * (width + gap)
        whole[y : y + height, x : x + width] = shown[:, k].reshape(height, width)
        ax.text(x - 0.5, y - 0.7, str(unit), color=MUTED, fontsize=SMALL - 2.0, va="bottom", ha="left")
    colours = diverging().with_extremes(bad=(0.0, 0.0, 0.0, 0.0))
    image = ax.imshow(whole, cmap=colours, vmin=-limit, vmax=limit, aspect="equal", interpolation="nearest")
    image.set_gid("diverging")
    bar = colour_bar(ax, image, "weight")
    bar.ax.set_box_aspect(18)
    return ax


def image_shape(n_units: int) -> tuple[int, int] | None:
    """The square image that so many units make, or None."""
    side = math.isqrt(n_units)
    return (side, side) if side * side == n_units and side > 2 else None
