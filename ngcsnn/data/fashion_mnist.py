"""Fashion-MNIST: 70 000 pictures of clothes, 28 x 28 pixels, in the files and sizes of MNIST."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ngcsnn.data.datasets import Dataset, register_dataset
from ngcsnn.data.idx_images import IdxImages
from ngcsnn.data.mnist import LATENCY

FASHION_MNIST = IdxImages(
    name="fashion_mnist",
    mirrors=("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",),
    sha256={},
    md5={
        "train-images-idx3-ubyte": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte": "bb300cfdad3c16e7a12a480ee83cd310",
    },
    class_names=(
        "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
    ),
    home="https://github.com/zalandoresearch/fashion-mnist",
)  # fmt: skip


@register_dataset("fashion_mnist", FASHION_MNIST.published)
def fashion_mnist_dataset(
    *,
    folder: str | os.PathLike[str] | None = None,
    train: int = 60000,
    test: int = 10000,
    validation: int = 0,
    encoding: str | Mapping[str, Any] = LATENCY,
) -> Dataset:
    """Fashion-MNIST, pictures of clothes: `load_dataset("fashion_mnist", {"train": 60000})`.

    Args:
        folder: where its files lie, packed or not; None: the cache, into which they are fetched.
        train, test: numbers of samples, the first of each file.
        validation: number of samples taken from the end of the training file; 0 leaves that split out.
        encoding: {latency: {...}} or {poisson: {...}}, as for MNIST.
    Returns: data set of 784 units and 10 classes; `raw` holds the images (n, 784) uint8.
    Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", arXiv:1708.07747.
    """
    return FASHION_MNIST.dataset(folder, train, test, validation, encoding)
