"""MNIST: 70 000 handwritten digits of 28 x 28 pixels."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from ngcsnn.data.datasets import Dataset, register_dataset
from ngcsnn.data.idx_images import IdxImages

MNIST = IdxImages(
    name="mnist",
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    sha256={
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    class_names=tuple("0123456789"),
    home="http://yann.lecun.com/exdb/mnist/",
)

# One spike a pixel above 1 in a trial of 20 ms, bright first.
LATENCY = {"latency": {"t_min": 2.0, "t_max": 18.0, "threshold": 1.0, "t_end": 20.0}}


def load_mnist(
    folder: str | os.PathLike[str] | None = None, split: Literal["train", "test"] = "train"
) -> tuple[np.ndarray, np.ndarray]:
    """Return the images (n, 784) and labels (n,) of MNIST, uint8: 60 000 for training, 10 000 for the test.

    Args:
        folder: the folder with the four published files, packed (`.gz`) or not; a relative one starts at the current
            folder. None: the cache (`$NGCSNN_DATA/mnist`, usually ~/.cache/ngcsnn/mnist), into which files that lack
            are fetched from the official mirrors and checked.
        split: "train" or "test".
    Raises: FileNotFoundError: the folder lacks a file; DownloadError (an OSError): a file cannot be fetched, with what
        to put where; ValueError: a file is damaged or holds something else.
    Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition",
        Proceedings of the IEEE 86, 1998, doi:10.1109/5.726791.
    """
    return MNIST.load(folder, split)


@register_dataset("mnist", MNIST.published)
def mnist_dataset(
    *,
    folder: str | os.PathLike[str] | None = None,
    train: int = 60000,
    test: int = 10000,
    validation: int = 0,
    encoding: str | Mapping[str, Any] = LATENCY,
) -> Dataset:
    """MNIST, handwritten digits: `load_dataset("mnist", {"folder": "...", "train": 60000})`.

    Args:
        folder: where its files lie; None: the cache, into which they are fetched (see `load_mnist`).
        train, test: numbers of samples, the first of each file.
        validation: number of samples taken from the end of the training file; 0 leaves that split out.
        encoding: {latency: {...}} with the arguments of `LatencyCode`; by default t = 2 + 16 (255 - x) / 255 ms for
            pixels x > 1, in a trial of 20 ms.
    Returns: data set of 784 units and 10 classes; `raw` holds the images (n, 784) uint8.
    """
    return MNIST.dataset(folder, train, test, validation, encoding)
