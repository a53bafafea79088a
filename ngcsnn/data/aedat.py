"""Files of event cameras, AEDAT 3.1: polarity events."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

VERSION, END = b"#!AER-DAT3.1", b"#!END-HEADER"
POLARITY = 1  # the type of the packets that are read; others are passed over
HEADER = np.dtype([
    ("type", "<i2"), ("source", "<i2"), ("size", "<i4"), ("ts_offset", "<i4"), ("ts_overflow", "<i4"),
    ("capacity", "<i4"), ("number", "<i4"), ("valid", "<i4"),
])  # fmt: skip
EVENT = np.dtype([("data", "<u4"), ("time", "<i4")])


class PolarityEvents(NamedTuple):
    """x, y (pixels, from the upper left), on (1 brighter, 0 darker), t (us); (n,) int64 each."""

    x: np.ndarray
    y: np.ndarray
    on: np.ndarray
    t: np.ndarray


def read_aedat(path: str | os.PathLike[str]) -> PolarityEvents:
    """Return the valid polarity events of an AEDAT 3.1 file, in the order of the file.

    The file: lines of text from #!AER-DAT3.1 to #!END-HEADER, then packets of a header of 28 bytes (type, source, size
    of an event, offset and overflow of its time stamp, capacity, number of events, valid ones) and their events. A
    polarity event has 8 bytes: bit 0 valid, bit 1 polarity, bits 2 to 16 y, bits 17 to 31 x; time stamp in us. All
    integers are signed and little-endian; the packet's overflow counts how often 2^31 us have gone by.

    Raises: FileNotFoundError; ValueError, naming the file, for one of another version, truncated or corrupt.
    Source: iniVation, "AEDAT 3.1", docs.inivation.com/software/software-advanced-usage/file-formats/aedat-3.1.html.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no AEDAT file at {str(path)!r}")
    content = path.read_bytes()
    if not content.startswith(VERSION):
        raise ValueError(
            f"{str(path)!r} is no AEDAT 3.1 file: it begins with {content[:14]!r}, not {VERSION.decode()!r}"
        )
    at = _after_header(content, path)
    parts: list[PolarityEvents] = []
    while at < len(content):
        if len(content) - at < HEADER.itemsize:
            raise ValueError(
                f"{str(path)!r} is truncated: it ends within the header of a packet, at byte {len(content)}"
            )
        head = np.frombuffer(content, HEADER, 1, at)[0]
        size, number, overflow = int(head["size"]), int(head["number"]), int(head["ts_overflow"])
        if size < 1 or number < 0 or overflow < 0 or number > head["capacity"]:
            raise ValueError(
                f"{str(path)!r} is corrupt: the packet at byte {at} states {number} events of {size} bytes"
                f" (capacity {int(head['capacity'])}, overflow {overflow})"
            )
        at += HEADER.itemsize
        if at + size * number > len(content):
            raise ValueError(
                f"{str(path)!r} is truncated: the packet at byte {at} takes {size * number} bytes, "
                f"{len(content) - at} are there"
            )
        if head["type"] == POLARITY and number:
            if size != EVENT.itemsize:
                raise ValueError(f"{str(path)!r} is corrupt: polarity events at byte {at} have {size} bytes, not 8")
            parts.append(_decoded(np.frombuffer(content, EVENT, number, at), overflow))
        at += size * number
    empty = np.zeros(0, np.int64)
    if not parts:
        return PolarityEvents(empty, empty, empty, empty)
    return PolarityEvents(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _after_header(content: bytes, path: Path) -> int:
    """Where the packets begin."""
    at = 0
    while content[at : at + 1] == b"#":
        end = content.find(b"\n", at)
        if end < 0:
            break
        line, at = content[at:end], end + 1
        if line.startswith(END):
            return at
    raise ValueError(f"{str(path)!r} is truncated or corrupt: its header has no line {END.decode()!r}")


def _decoded(events: np.ndarray, overflow: int) -> PolarityEvents:
    data, time = events["data"].astype(np.int64), events["time"].astype(np.int64)
    valid = (data & 1) == 1
    data, time = data[valid], time[valid]
    return PolarityEvents(data >> 17 & 0x7FFF, data >> 2 & 0x7FFF, data >> 1 & 1, time + (overflow << 31))
