"""Which samples a user means by an int, a slice, a list or a mask."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngcsnn.data.event_checks import first_true


def sample_index(samples: Any, n_samples: int) -> np.ndarray:
    """Return the chosen samples as indices from 0 to n_samples - 1, in the given order.

    Args:
        samples: an int, a slice, a vector of ints (negative ones count from the end) or a bool mask (n_samples,).
        n_samples: how many there are.
    Raises: TypeError for anything else, IndexError for a sample out of range or a mask of another length.
    """
    if isinstance(samples, slice):
        return np.arange(n_samples)[samples]
    index = np.atleast_1d(np.asarray(samples))
    if index.size == 0 and not isinstance(samples, np.ndarray):
        index = index.astype(np.int64)
    if index.ndim != 1 or index.dtype.kind not in "iub":
        raise TypeError(
            f"samples must be given by an int, a slice, a vector of ints or a bool mask, "
            f"got shape {index.shape} of dtype {index.dtype}"
        )
    if index.dtype.kind == "b":
        if index.size != n_samples:
            raise IndexError(f"the mask has {index.size} entries for {n_samples} samples")
        index = np.flatnonzero(index)
    bad = first_true((index < -n_samples) | (index >= n_samples))
    if bad >= 0:
        raise IndexError(f"sample {index[bad]} is out of range for {n_samples} samples")
    index = index.astype(np.int64)  # a small type could not hold index + n_samples
    return np.where(index < 0, index + n_samples, index)
