"""Checks of class labels."""

import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.data.event_checks import first_true


def check_labels(labels: ArrayLike, n_samples: int, n_classes: int | None = None, name: str = "labels") -> np.ndarray:
    """Return labels as an int32 vector, or raise.

    Args:
        labels: class indices, integers, (n_samples,).
        n_samples: number of samples that the labels belong to.
        n_classes: labels must be below it; None: any label >= 0.
        name: what the message calls them.
    Returns: labels, (n_samples,) int32.
    Raises: TypeError for floats and other types, ValueError for NaN, a wrong length or a label out of range.
    """
    array = np.asarray(labels)
    if array.ndim != 1:
        hint = "; for one-hot labels give `labels.argmax(axis=1)`" if array.ndim == 2 else ""
        raise ValueError(f"`{name}` must have shape ({n_samples},), got {array.shape}{hint}")
    if array.size != n_samples:
        raise ValueError(f"`{name}` has {array.size} entries for {n_samples} samples")
    if array.size == 0:
        return np.zeros(0, np.int32)
    if array.dtype.kind not in "iu":
        nan = first_true(np.isnan(array)) if array.dtype.kind == "f" else -1
        if nan >= 0:
            raise ValueError(f"`{name}`[{nan}] is NaN; labels are integers from 0")
        raise TypeError(f"`{name}` must hold integers (class indices), got dtype {array.dtype}")
    top = np.iinfo(np.int32).max if n_classes is None else n_classes - 1
    bad = first_true((array < 0) | (array > top))
    if bad >= 0:
        limit = ">= 0" if n_classes is None else f"from 0 to {top} ({n_classes} classes)"
        raise ValueError(f"`{name}`[{bad}] is {array[bad]}; labels must be {limit}")
    return array.astype(np.int32)
