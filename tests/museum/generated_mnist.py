"""Drawn digits in the files, format and numbers of MNIST, for machines that have neither the real ones nor a network.

python tests/museum/generated_mnist.py FOLDER     writes the four files; NGCSNN_DATA names the folder above FOLDER/mnist
They only show that an exhibit runs: no figure reached on them says anything of MNIST.
"""

from __future__ import annotations

import gzip
import struct
import sys
from pathlib import Path

import numpy as np

N = {"train": 60000, "t10k": 10000}
SEGMENTS = {  # of a seven-segment display: rows and columns of an image that they fill
    "a": (slice(5, 8), slice(9, 19)),
    "b": (slice(6, 15), slice(17, 20)),
    "c": (slice(14, 23), slice(17, 20)),
    "d": (slice(21, 24), slice(9, 19)),
    "e": (slice(14, 23), slice(8, 11)),
    "f": (slice(6, 15), slice(8, 11)),
    "g": (slice(13, 16), slice(9, 19)),
}
DIGITS = ("abcdef", "bc", "abged", "abgcd", "fgbc", "afgcd", "afgedc", "abc", "abcdefg", "abcdfg")


def digits(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 28, 28) and labels (n,), uint8: digits moved by up to two pixels, some brighter than others."""
    drawn = np.zeros((10, 28, 28), np.uint8)
    for image, lit in zip(drawn, DIGITS, strict=True):
        for segment in lit:
            image[SEGMENTS[segment]] = 1
    moves = [(down, right) for down in range(-2, 3) for right in range(-2, 3)]
    moved = np.stack([np.roll(drawn, move, axis=(1, 2)) for move in moves], axis=1)  # (10, 25, 28, 28)
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, n, np.uint8)
    brightness = rng.integers(120, 256, (n, 1, 1)).astype(np.uint8)
    return moved[labels, rng.integers(0, len(moves), n)] * brightness, labels


def write_files(folder: Path) -> None:
    """Write the four files, packed as they are published."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, (stem, n) in enumerate(N.items()):
        images, labels = digits(n, seed)
        for name, array in ((f"{stem}-images-idx3-ubyte", images), (f"{stem}-labels-idx1-ubyte", labels)):
            header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
            (folder / f"{name}.gz").write_bytes(gzip.compress(header + array.tobytes(), compresslevel=1))


if __name__ == "__main__":
    write_files(Path(sys.argv[1]))
