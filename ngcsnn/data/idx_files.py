"""The idx format: one array of numbers behind a header of a few bytes, packed with gzip or plain."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from io import BufferedIOBase
from pathlib import Path

import numpy as np

# The third byte of a file: the type of its numbers. They are stored with the most significant byte first.
TYPES = {
    0x08: np.dtype("u1"),
    0x09: np.dtype("i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_GZIP = b"\x1f\x8b"
_PIECE = 1 << 20  # bytes read at once: a damaged header cannot make us ask for the memory that it promises


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """Return the array of an idx file.

    The file: two bytes 0, a byte for the type, a byte for the number of axes, the length of each axis as an unsigned
    32 bit integer, then the numbers, the last axis fastest. Whether it is packed with gzip is told by its content.

    Args:
        path: the file.
    Returns: the array, of the shape and type that the file states, in the byte order of this machine.
    Raises: FileNotFoundError; ValueError, naming the file, for one that is no idx file, has an unknown type, is
        truncated, goes on behind its last number, or whose gzip is damaged.
    Source: the description of the format by Y. LeCun, C. Cortes, C. Burges, with the MNIST database.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no idx file at {str(path)!r}")
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            if not packed:
                return _read(file)
            with gzip.GzipFile(fileobj=file) as unpacked:
                return _read(unpacked)
    except (gzip.BadGzipFile, EOFError, zlib.error, struct.error) as error:
        raise ValueError(f"{str(path)!r} cannot be unpacked: its gzip is truncated or corrupt ({error})") from error
    except _Damage as error:
        raise ValueError(f"{str(path)!r} {error}") from error


class _Damage(Exception):
    """What is wrong with a file, without its name."""


def _read(file: BufferedIOBase) -> np.ndarray:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise _Damage(f"is no idx file: it must begin with two bytes 0, a type and a number of axes, got {magic!r}")
    dtype = TYPES.get(magic[2])
    if dtype is None:
        raise _Damage(f"is no idx file: its type is 0x{magic[2]:02x}, known are {', '.join(map(hex, TYPES))}")
    n_axes = magic[3]
    if n_axes == 0:
        raise _Damage("is no idx file: it states no axis")
    header = file.read(4 * n_axes)
    if len(header) < 4 * n_axes:
        raise _Damage(f"is truncated: it ends in its header, which states {n_axes} axes")
    shape = struct.unpack(f">{n_axes}I", header)
    size = math.prod(shape) * dtype.itemsize
    content = bytearray()
    while len(content) < size:
        piece = file.read(min(_PIECE, size - len(content)))
        if not piece:
            raise _Damage(f"is truncated: {_described(shape, dtype)} take {size} bytes, it holds {len(content)}")
        content += piece
    # This read also makes gzip compare its checksum.
    if file.read(1):
        raise _Damage(f"is too long: {_described(shape, dtype)} take {size} bytes, and more follow")
    try:
        return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)
    except ValueError as error:  # more axes than numpy has, or axes too long beside one of length 0
        raise _Damage(f"holds no array that can be made: {error}") from error


def _described(shape: tuple[int, ...], dtype: np.dtype) -> str:
    return f"{' x '.join(map(str, shape))} numbers of type {dtype.newbyteorder('=')}"
