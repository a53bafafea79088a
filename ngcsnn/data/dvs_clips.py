"""DVS128 Gesture with its gestures cut out already, as tonic's authors published it: a numpy file for each."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ngcsnn.data.arrays_file import DAMAGE
from ngcsnn.data.published import unpacking

STEMS = {"train": "ibmGestureTrain", "test": "ibmGestureTest"}
_FAR = 2**31  # beyond any pixel, and what an integer holds
_CLIP = re.compile(r"(?:^|/)([^/]+)/(\d+)\.npy$")


class Clip(NamedTuple):
    """recording: user01_fluorescent and so on. label: class from 0. x, y, on, time (n_events,); time in ms."""

    recording: str
    label: int
    x: np.ndarray
    y: np.ndarray
    on: np.ndarray
    time: np.ndarray


def has_clips(base: Path) -> bool:
    """Whether a folder holds them, unpacked or packed."""
    return any((base / f"{stem}{form}").exists() for stem in STEMS.values() for form in ("", ".tar.gz"))


def clips(base: Path, part: str, n_recordings: int | None) -> Iterator[Clip]:
    """Return the clips of a part, "train" or "test", in any order.

    A clip is <recording>/<class>.npy below ibmGestureTrain or ibmGestureTest, or in an archive .tar.gz of that name,
    which is read as it is. Time is counted from the clip's first event.

    Args:
        n_recordings: the first so many by name; None: all.
    Raises: FileNotFoundError; ValueError naming the file, for one that is damaged or has too few recordings.
    """
    folder = base / STEMS[part]
    where = folder if folder.is_dir() else base / f"{STEMS[part]}.tar.gz"
    if not where.exists():
        raise FileNotFoundError(f"dvs_gesture: {str(base)!r} lacks {STEMS[part]} (a folder, or {where.name})")
    wanted = None if n_recordings is None else _first(where, n_recordings)
    for recording, label, name, content in _files(where):
        if wanted is None or recording in wanted:
            yield Clip(recording, label, *decode_clip(content, name))


def decode_clip(content: bytes, name: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return x, y, on (int64) and the time in ms (float64) of a .npy file with the columns x, y, polarity, time in ms.

    Raises: ValueError naming the file.
    """
    try:
        rows = np.load(io.BytesIO(content), allow_pickle=False)
    except (*DAMAGE, AttributeError, TypeError) as error:
        raise ValueError(f"{name} cannot be read: it is truncated, corrupt or no .npy file ({error})") from error
    if not isinstance(rows, np.ndarray) or rows.dtype.kind not in "iuf" or rows.ndim != 2 or rows.shape[1] != 4:
        raise ValueError(f"{name} must hold numbers (n_events, 4): x, y, polarity, time")
    where = rows[:, :3]
    if not np.isfinite(rows).all() or np.any((where != np.floor(where)) | (where < 0) | (where > _FAR)):
        raise ValueError(f"{name} is corrupt: it holds events that are nowhere")
    time = rows[:, 3].astype(np.float64)
    x, y, on = where.astype(np.int64).T
    return x, y, on, time - time.min() if len(time) else time


def _first(where: Path, n: int) -> set[str]:
    """The first recordings by name."""
    names = sorted({recording for recording, *_ in _files(where, read=False)})
    if n > len(names):
        raise ValueError(f"{str(where)!r} holds {len(names)} recordings, {n} are asked for")
    return set(names[:n])


def _files(where: Path, read: bool = True) -> Iterator[tuple[str, int, str, bytes]]:
    """(recording, class, name for messages, content) of each clip."""
    if where.is_dir():
        for path in sorted(where.glob("*/*.npy")):
            if match := _CLIP.search(path.as_posix()):
                yield match[1], int(match[2]), repr(str(path)), path.read_bytes() if read else b""
        return
    with unpacking(where), tarfile.open(where) as box:
        for member in box:
            match = _CLIP.search(member.name)
            if match and member.isfile():
                file = box.extractfile(member) if read else None
                yield match[1], int(match[2]), f"{str(where)!r}: {member.name}", file.read() if file else b""
