"""What a classifier of points in the plane answers where, with the points it was tested on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.viz.style import INK, PAPER, axes_or_new, class_colour, legend, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Answer = Callable[[np.ndarray], ArrayLike]
_FINE = 4  # sub-pixels per pixel and axis at the border of `inside`


def decision_regions(
    predict: Answer,
    points: ArrayLike,
    labels: ArrayLike,
    ax: Axes | None = None,
    extent: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 1.0), (0.0, 1.0)),
    resolution: int = 200,
    inside: Answer | None = None,
    class_names: Sequence[str] | None = None,
    title: str = "test accuracy",
) -> Axes:
    """Draw the class that `predict` answers everywhere, lightly, and the test points in the colour of their own class.

    Points that are classified wrongly are larger, with a dark ring: the ground below such a point shows what it was
    taken for. The title tells the accuracy.

    Args:
        predict: maps points (m, 2) to class indices (m,); called once for the ground, once for the test points.
        points, labels: test points (n, 2) and their classes (n,), integers from 0.
        ax: axes to draw in; by default those of a new figure.
        extent: ((x low, x high), (y low, y high)) of the ground.
        resolution: pixels of the ground along each axis.
        inside: maps points (m, 2) to booleans (m,): where the ground is shown and asked for, for example
            `lambda xy: which_class(xy[:, 0], xy[:, 1]) >= 0` for the Yin-Yang disc; everywhere by default.
        class_names: names of the classes for the legend; their numbers by default.
        title: what stands before the accuracy.
    Returns: the axes. Errors: `ValueError` or `TypeError` for shapes that do not match, classes that are no
    integers >= 0 or have no name, an empty extent.
    """
    xy, truth = _points(points), _classes("labels", labels)
    if len(xy) != len(truth):
        raise ValueError(f"`points` and `labels` must be equally many, got {len(xy)} and {len(truth)}")
    if not len(xy):
        raise ValueError("`points` is empty: there is nothing to test")
    (x0, x1), (y0, y1) = _extent(extent)
    check_int("resolution", resolution, 2)
    ax = axes_or_new(ax, 5.4, 4.4)

    opacity = _opacity(inside, (x0, x1), (y0, y1), resolution)
    shown = opacity > 0
    ground = np.full((resolution, resolution), -1)
    if shown.any():
        grid = _centres((x0, x1), (y0, y1), resolution)[shown.ravel()]
        ground[shown] = _answers(predict, grid)
    answers = _answers(predict, xy)
    n_classes = int(max(truth.max(), answers.max(), ground.max())) + 1
    names = _class_names(class_names, n_classes)

    ax.imshow(
        _tinted(ground, opacity), origin="lower", extent=(x0, x1, y0, y1), interpolation="bilinear", aspect="equal",
        zorder=0,
    )  # fmt: skip
    wrong = answers != truth
    for c in range(n_classes):
        _scatter(ax, xy[(truth == c) & ~wrong], c, size=9.0, ring=PAPER, width=0.3, order=2)
        _scatter(ax, xy[(truth == c) & wrong], c, size=34.0, ring=INK, width=1.2, order=3)
    count = int(wrong.sum())
    tidy(ax, f"{title} {1 - count / len(xy):.3f}  ({count} of {len(xy)} wrong)", x="x", y="y")
    edge_x, edge_y = 0.02 * (x1 - x0), 0.02 * (y1 - y0)  # room for the marks at the border
    ax.set_xlim(x0 - edge_x, x1 + edge_x)
    ax.set_ylim(y0 - edge_y, y1 + edge_y)
    legend(ax, _handles(names, count), loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)
    return ax


def _points(points: ArrayLike) -> np.ndarray:
    xy = np.asarray(points, np.float64)
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ValueError(f"`points` must have shape (n, 2), got {xy.shape}")
    if not np.isfinite(xy).all():
        raise ValueError("`points` must be finite")
    return xy


def _classes(name: str, values: ArrayLike) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one class for each point, of shape (n,), got shape {array.shape}")
    if array.size and array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be class indices (integers), got {array.dtype}")
    if array.size and array.min() < 0:
        raise ValueError(f"{name} must be class indices >= 0, got {array.min()}")
    return array.astype(np.int64)


def _answers(predict: Answer, xy: np.ndarray) -> np.ndarray:
    found = _classes("what `predict` answers", predict(xy))
    if len(found) != len(xy):
        raise ValueError(f"`predict` must answer one class for each point, got {len(found)} for {len(xy)} points")
    return found


def _extent(extent: Any) -> tuple[tuple[float, float], tuple[float, float]]:
    try:
        (x0, x1), (y0, y1) = extent
    except (TypeError, ValueError):
        raise ValueError(f"`extent` must be ((x low, x high), (y low, y high)), got {extent!r}") from None
    for name, value in (("x low", x0), ("x high", x1), ("y low", y0), ("y high", y1)):
        check_number(f"extent: {name}", value)
    if not (x0 < x1 and y0 < y1):
        raise ValueError(f"`extent` must be ((x low, x high), (y low, y high)) with low < high, got {extent!r}")
    return (x0, x1), (y0, y1)


def _centres(x: tuple[float, float], y: tuple[float, float], n: int) -> np.ndarray:
    """The middles of n × n pixels, row by row from below, (n * n, 2)."""
    middle = (np.arange(n) + 0.5) / n
    columns, rows = np.meshgrid(x[0] + middle * (x[1] - x[0]), y[0] + middle * (y[1] - y[0]))
    return np.stack([columns.ravel(), rows.ravel()], axis=1)


def _opacity(inside: Answer | None, x: tuple[float, float], y: tuple[float, float], n: int) -> np.ndarray:
    """The part of each pixel that lies inside, (n, n): a smooth border."""
    if inside is None:
        return np.ones((n, n))
    fine = _centres(x, y, n * _FINE)
    mask = np.asarray(inside(fine))
    if mask.shape != (len(fine),):
        raise ValueError(f"`inside` must answer one boolean for each point, ({len(fine)},), got shape {mask.shape}")
    return mask.astype(bool).reshape(n, _FINE, n, _FINE).mean(axis=(1, 3))


def _tinted(ground: np.ndarray, opacity: np.ndarray) -> np.ndarray:
    """Class colours of which the ground shines through, (n, n, 4)."""
    from matplotlib.colors import to_rgb

    colours = np.array([to_rgb(class_colour(c)) for c in range(int(ground.max()) + 1)] or [to_rgb(PAPER)])
    strength = np.where(ground < 0, 0.0, 0.3 * opacity)
    return np.concatenate([colours[np.maximum(ground, 0)], strength[..., None]], axis=-1)


def _scatter(ax: Axes, xy: np.ndarray, index: int, size: float, ring: str, width: float, order: int) -> None:
    if len(xy):
        colour = class_colour(index)
        ax.scatter(xy[:, 0], xy[:, 1], s=size, c=colour, edgecolors=ring, linewidths=width, zorder=order)


def _class_names(names: Sequence[str] | None, n_classes: int) -> list[str]:
    if names is None:
        return [f"class {c}" for c in range(n_classes)]
    if len(names) < n_classes:
        raise ValueError(
            f"`class_names` names {len(names)} classes, but labels and answers reach class {n_classes - 1}"
        )
    return [str(name) for name in names]


def _handles(names: Sequence[str], wrong: int) -> list[Any]:
    from matplotlib.lines import Line2D

    def dot(label: str, colour: str, ring: str, size: float, width: float) -> Any:
        return Line2D(
            [], [], linestyle="none", marker="o", markersize=size, color=colour, markeredgecolor=ring,
            markeredgewidth=width, label=label,
        )  # fmt: skip

    out = [dot(name, class_colour(c), PAPER, 5.5, 0.3) for c, name in enumerate(names)]
    return [*out, dot("wrong", PAPER, INK, 5.5, 1.2)] if wrong else out
