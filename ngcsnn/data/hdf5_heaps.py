"""Are the heaps of an HDF5 file sound, where arrays of different lengths lie? One that is not can hang the library."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

SIGNATURE = b"\x89HDF\r\n\x1a\n"
HEAP = b"GCOL\x01\0\0\0"  # a collection: this, its size, and then objects
_OBJECT = struct.Struct("<HHIQ")  # index (0: the free space), references, nothing, size


def check_heaps(path: Path) -> None:
    """Raise ValueError where the objects of a global heap collection do not fill it one after the other.

    The HDF5 library walks along them by their sizes, and never ends at a free space of size 0. Only files that begin
    with the HDF5 signature and have lengths of 8 bytes, as all do that are written today, are looked at.

    Source: "HDF5 File Format Specification Version 3.0", III.E, disk format of the global heap.
    """
    if path.stat().st_size < 64:
        return
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        version = content[8]
        if content[:8] != SIGNATURE or content[14 if version < 2 else 10] != 8:
            return
        at = content.find(HEAP)
        while at >= 0:
            _check(content, at)
            at = content.find(HEAP, at + len(HEAP))


def _check(content: mmap.mmap, start: int) -> None:
    """One collection."""
    where = f"its heap at byte {start} is damaged"
    if start + 16 > len(content):
        raise ValueError(where)
    end = start + int.from_bytes(content[start + 8 : start + 16], "little")
    if not start + 16 < end <= len(content):
        raise ValueError(where)
    at = start + 16
    while at + _OBJECT.size <= end:
        index, _, _, size = _OBJECT.unpack_from(content, at)
        step = size if index == 0 else _OBJECT.size + -(-size // 8) * 8
        if step < _OBJECT.size or at + step > end:
            raise ValueError(f"{where}: an object of {size} bytes at byte {at}")
        at += step
