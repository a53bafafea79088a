"""Arrays of plain numbers and texts in a .npz file of a data set."""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

# What zipfile and numpy raise on damaged files.
DAMAGE = (
    ValueError, OSError, EOFError, KeyError, RuntimeError, MemoryError, SyntaxError, zipfile.BadZipFile, zlib.error,
    struct.error, tokenize.TokenError,
)  # fmt: skip


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return these arrays; nothing in the file is executed.

    Raises: FileNotFoundError; ValueError naming the file, for one that is truncated, corrupt or lacks an array.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no file at {str(path)!r}")
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            there = set(arrays.files)
            found = {name: arrays[name] for name in names if name in there}
    except (*DAMAGE, AttributeError, TypeError) as error:
        raise ValueError(f"{str(path)!r} cannot be read: it is truncated, corrupt or no .npz file ({error})") from error
    lacking = [name for name in names if name not in found]
    if lacking:
        raise ValueError(f"{str(path)!r} lacks the arrays {', '.join(lacking)}; it has {', '.join(sorted(there))}")
    return found
