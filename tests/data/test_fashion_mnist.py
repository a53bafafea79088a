"""Fashion-MNIST: MNIST's format under another name."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np

from ngcsnn.data import load_dataset
from ngcsnn.data.fashion_mnist import FASHION_MNIST


def test_from_a_folder(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for stem, n in (("train", 6), ("t10k", 3)):
        images, labels = rng.integers(0, 256, (n, 28, 28), np.uint8), rng.integers(0, 10, n, np.uint8)
        head = struct.pack(">BBBBIII", 0, 0, 8, 3, n, 28, 28) + images.tobytes()
        (tmp_path / f"{stem}-images-idx3-ubyte.gz").write_bytes(gzip.compress(head))
        (tmp_path / f"{stem}-labels-idx1-ubyte").write_bytes(struct.pack(">BBBBI", 0, 0, 8, 1, n) + labels.tobytes())
    data: Any = load_dataset("fashion_mnist", {"folder": tmp_path, "train": 4, "validation": 2, "test": 3})
    assert (len(data.train.labels), len(data.validation.labels), len(data.test.labels)) == (4, 2, 3)
    assert data.n_units == 784 and data.class_names[9] == "Ankle boot"


def test_its_files_are_checked_by_what_was_published() -> None:
    assert [f.name for f in FASHION_MNIST.published.files] == [f"{n}.gz" for n in FASHION_MNIST.md5]
    assert all(f.algorithm == "md5" and not f.of_content for f in FASHION_MNIST.published.files)
