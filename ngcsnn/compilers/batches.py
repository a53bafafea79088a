"""Which samples make up each batch: every sample once an epoch, the last batch filled up with trials without input."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

NOBODY = -1  # the index of a trial that is fed nothing and counts for nothing


class Batches(NamedTuple):
    """index (n_batches, batch) int32, NOBODY for the filling; weight (n_batches, batch): 1 for samples, else 0."""

    index: np.ndarray
    weight: np.ndarray


def make_batches(samples: np.ndarray, batch_size: int, dtype: object) -> Batches:
    """`samples` in their order, cut into batches of `batch_size`."""
    n_batches = -(-len(samples) // batch_size)
    index = np.full(n_batches * batch_size, NOBODY, np.int32)
    weight = np.zeros(n_batches * batch_size, np.dtype(dtype))  # type: ignore[arg-type]
    index[: len(samples)] = samples
    weight[: len(samples)] = 1.0
    return Batches(index.reshape(n_batches, batch_size), weight.reshape(n_batches, batch_size))


def order(seed: int, epoch: int, samples: np.ndarray) -> np.ndarray:
    """The samples shuffled for one epoch: depends on seed and epoch alone, so that a resumed run sees the same."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, epoch]))).permutation(samples)


def hold_out(seed: int, n_samples: int, fraction: float) -> tuple[np.ndarray, np.ndarray]:
    """(training samples, validation samples), drawn from the seed."""
    shuffled = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, 2**31]))).permutation(n_samples)
    n_validation = round(fraction * n_samples)
    return np.sort(shuffled[n_validation:]), np.sort(shuffled[:n_validation])
