"""Which class was taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.data.argument_checks import check_int
from ngcsnn.viz.style import INK, MEDIUM, PAPER, SMALL, axes_or_new, colour_bar, sequential, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_NUMBERS = 24  # classes up to which the counts are written out


def confusion_matrix(
    labels: ArrayLike,
    answers: ArrayLike,
    ax: Axes | None = None,
    class_names: Sequence[str] | None = None,
    n_classes: int | None = None,
    title: str = "test accuracy",
) -> Axes:
    """Draw how often each class (rows) was answered with each class (columns).

    The colour is the part of the row, on a scale of square roots, on which rare mistakes are seen too; the numbers are
    counts, where there are at most 24 classes. The title tells the accuracy.

    Args:
        labels, answers: true and answered class of each sample, (n,), integers from 0.
        ax: axes to draw in; by default those of a new figure. class_names: of the classes; by default their numbers.
        n_classes: number of classes; by default as many as have names, or occur. title: what the accuracy is called.
    Returns: the axes. Errors: `ValueError` or `TypeError` for shapes that differ, no samples, classes that are no
    integers from 0 to n_classes - 1, another number of names.
    """
    truth, found = _classes("labels", labels), _classes("answers", answers)
    if len(truth) != len(found):
        raise ValueError(f"`labels` and `answers` must be equally many, got {len(truth)} and {len(found)}")
    if n_classes is None:
        n_classes = max(int(max(truth.max(), found.max())) + 1, len(class_names or ()))
    check_int("n_classes", n_classes, 1)
    highest = int(max(truth.max(), found.max()))
    if highest >= n_classes:
        raise ValueError(f"classes must be below n_classes = {n_classes}, got {highest}")
    counts = np.zeros((n_classes, n_classes), np.int64)
    np.add.at(counts, (truth, found), 1)
    return confusion_counts(counts, ax, class_names, title)


def confusion_counts(
    counts: ArrayLike, ax: Axes | None = None, class_names: Sequence[str] | None = None, title: str = "test accuracy"
) -> Axes:
    """The same picture of a matrix that has been counted, such as "confusion_matrix" of `evaluate`.

    Args: counts: (n, n) integers >= 0, rows: the true class. ax, class_names, title: as in `confusion_matrix`.
    Returns: the axes. Errors: `ValueError` or `TypeError` for another shape, numbers below 0, nothing counted, another
    number of names.
    """
    counts = np.asarray(counts)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size:
        raise ValueError(f"`counts` must have shape (n, n), got {counts.shape}")
    if counts.dtype.kind not in "iu":
        raise TypeError(f"`counts` must be integers, got {counts.dtype}")
    if counts.min() < 0 or not counts.any():
        raise ValueError("`counts` must be >= 0, and at least one sample must be counted")
    n_classes, total = len(counts), int(counts.sum())
    if class_names is not None and len(class_names) != n_classes:
        raise ValueError(f"`class_names` must name {n_classes} classes, got {len(class_names)}")
    names = [str(c) for c in range(n_classes)] if class_names is None else [str(name) for name in class_names]
    part = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax = axes_or_new(ax, *_size(n_classes))
    right = int(np.trace(counts))
    tidy(ax, f"{title} {right / total:.3f}  ({right} of {total})", x="answered", y="true class")
    image = ax.imshow(np.sqrt(part), vmin=0.0, vmax=1.0, cmap=sequential(), aspect="equal", interpolation="nearest")
    image.set_gid("sequential")
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
    written = n_classes <= _MOST_NUMBERS
    step = 1 if written else -(-n_classes // 20)
    long = max(map(len, names)) * n_classes > 44  # names would meet each other
    ticks = range(0, n_classes, step)
    ax.set_xticks(ticks, [names[c] for c in ticks], rotation=90 if long else 0)
    ax.set_yticks(ticks, [names[c] for c in ticks])
    if written:
        size = MEDIUM if n_classes <= 4 else SMALL if n_classes <= 10 else 6.0
        for i, j in np.argwhere(counts):
            dark = part[i, j] > 0.25
            ax.text(j, i, str(counts[i, j]), ha="center", va="center", fontsize=size, color=PAPER if dark else INK)
    else:
        bar = colour_bar(ax, image, "part of the true class")
        bar.set_ticks([np.sqrt(v) for v in (0, 0.01, 0.1, 0.5, 1)], labels=["0", "1 %", "10 %", "50 %", "100 %"])
    return ax


def _size(n: int) -> tuple[float, float]:
    side = float(np.clip(1.4 + 0.42 * n, 2.9, 6.6))
    return max(side + (0.2 if n <= _MOST_NUMBERS else 0.9), 3.5), side


def _classes(name: str, values: ArrayLike) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != 1 or not array.size:
        raise ValueError(f"`{name}` must be one class for each sample, (n,) with n >= 1, got shape {array.shape}")
    if array.dtype.kind not in "iu":
        raise TypeError(f"`{name}` must be class indices (integers), got {array.dtype}")
    if array.min() < 0:
        raise ValueError(f"`{name}` must be class indices >= 0, got {array.min()}")
    return array.astype(np.int64)
