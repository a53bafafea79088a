"""Sequential MNIST: handwritten digits read pixel by pixel."""

from __future__ import annotations

import os
from functools import partial

import numpy as np

from ngcsnn.data.datasets import Dataset, Split, register_dataset
from ngcsnn.data.mnist import MNIST
from ngcsnn.data.sequential_code import SequentialCode

PERMUTATION = 92916  # a seed of its own, so that `permute` is the same for everyone


@register_dataset("sequential_mnist", MNIST.published)
def sequential_mnist_dataset(
    *,
    folder: str | os.PathLike[str] | None = None,
    train: int = 60000,
    test: int = 10000,
    validation: int = 0,
    n_units: int = 99,
    pixel: float = 1.0,
    permute: bool = False,
) -> Dataset:
    """Sequential MNIST: `load_dataset("sequential_mnist", {"pixel": 1.0})`; 784 pixels, trials of 784 pixel ms.

    Args:
        folder, train, test, validation: as for MNIST, whose files it reads.
        n_units, pixel: see `SequentialCode`; pixel in ms.
        permute: read the pixels in a fixed random order ("permuted sequential MNIST"; the order is this library's own).
    Returns: data set of `n_units` units and 10 classes; `raw` holds the images (n, 784) uint8, in the order of reading.
    Source: Q. V. Le, N. Jaitly, G. E. Hinton, arXiv:1504.00941.
    """
    if not isinstance(permute, bool):
        raise TypeError(f"`permute` must be True or False, got {permute!r}")
    found = MNIST.dataset(folder, train, test, validation, {"latency": {"t_min": 0.0, "t_max": 1.0}})
    order = np.random.Generator(np.random.Philox(PERMUTATION)).permutation(784) if permute else np.arange(784)
    raw = {part: images[:, order] for part, images in (found.raw or {}).items()}
    encode = partial(SequentialCode, n_units=n_units, pixel=pixel)
    splits = {part: Split(encode(images), getattr(found, part).labels) for part, images in raw.items()}
    return Dataset(
        "sequential_mnist",
        n_classes=10,
        n_units=n_units,
        class_names=found.class_names,
        raw=raw,
        encode=encode,
        **splits,
    )
