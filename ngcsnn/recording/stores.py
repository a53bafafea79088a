"""Where recordings go: arrays that grow, in memory or in a file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ngcsnn.graph import GraphError, closest

Arrays = Mapping[str, np.ndarray]


class Store(Protocol):
    """Holds recordings by key; each has attributes and arrays by name that grow along their first axis."""

    def keys(self) -> list[str]: ...

    def begin(self, key: str, attributes: Mapping[str, Any]) -> None:
        """Make room for a recording; the key must be new."""
        ...

    def grow(self, key: str, arrays: Arrays) -> None:
        """Put rows at the end of each of these arrays."""
        ...

    def cut(self, key: str, lengths: Mapping[str, int]) -> None:
        """Take rows off the ends until the arrays have these lengths, and no others are there.

        Errors: `GraphError` where there are fewer.
        """
        ...

    def attributes(self, key: str) -> dict[str, Any]: ...

    def lengths(self, key: str) -> dict[str, int]:
        """How many rows each array has; those to which nothing came yet are left out."""
        ...

    def rows(self, key: str, name: str, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Rows of one array."""
        ...


class Memory:
    """In memory."""

    def __init__(self) -> None:
        self._attributes: dict[str, dict[str, Any]] = {}
        self._pieces: dict[str, list[Arrays]] = {}

    def keys(self) -> list[str]:
        return list(self._attributes)

    def begin(self, key: str, attributes: Mapping[str, Any]) -> None:
        self._attributes[key], self._pieces[key] = dict(attributes), []

    def grow(self, key: str, arrays: Arrays) -> None:
        self._pieces[key].append(dict(arrays))  # all of them at once: a Ctrl-C falls before or after

    def cut(self, key: str, lengths: Mapping[str, int]) -> None:
        check_lengths(key, "memory", self.lengths(key), lengths)
        self._pieces[key] = [{name: self.rows(key, name, 0, n) for name, n in lengths.items()}] if lengths else []

    def attributes(self, key: str) -> dict[str, Any]:
        return self._attributes[key]

    def lengths(self, key: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for piece in self._pieces[key]:
            for name, array in piece.items():
                found[name] = found.get(name, 0) + len(array)
        return found

    def rows(self, key: str, name: str, start: int = 0, stop: int | None = None) -> np.ndarray:
        pieces = self._pieces[key]
        if len(pieces) > 1:
            names = dict.fromkeys(name for piece in pieces for name in piece)
            pieces[:] = [{n: np.concatenate([piece[n] for piece in pieces if n in piece]) for n in names}]
        return pieces[0][name][start:stop]


def open_store(to: str | os.PathLike[str] | None) -> Store:
    """The store for a file name: None is memory, `.h5` or `.hdf5` HDF5, `.npz` NumPy's.

    Errors: `GraphError` for another ending.
    """
    if to is None:
        return Memory()
    from ngcsnn.recording.hdf5_store import Hdf5
    from ngcsnn.recording.npz_store import Npz

    kinds: dict[str, Any] = {".h5": Hdf5, ".hdf5": Hdf5, ".npz": Npz}
    path = Path(to)
    if path.suffix.lower() not in kinds:
        raise GraphError(f"recordings go to a file .h5, .hdf5 or .npz, got '{path}'{closest(path.suffix, kinds)}")
    return kinds[path.suffix.lower()](path)


def refuse_second(key: str, where: Any, keys: list[str]) -> None:
    if key in keys:
        raise GraphError(
            f"{where} holds a recording '{key}' already; nothing is written over: choose another file or key"
        )


def check_lengths(key: str, where: Any, held: Mapping[str, int], lengths: Mapping[str, int]) -> None:
    for name, n in lengths.items():
        if held.get(name, 0) < n:
            raise GraphError(f"{where} holds {held.get(name, 0)} rows of '{key}' ({name}), and should hold {n}")


@contextmanager
def told_damage(path: Path) -> Iterator[None]:
    """Say that a file is damaged where the library that reads it fails, by whatever error of its own."""
    try:
        yield
    except GraphError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and not path.is_file():
            raise GraphError(f"cannot open {path}: {error.strerror or error}") from error
        reason = (str(error) or type(error).__name__).splitlines()[0][:200]
        raise GraphError(f"{path} is no file of recordings, or damaged: {reason}") from error


def as_json(attributes: Mapping[str, Any]) -> str:
    """Attributes as text; NumPy numbers and arrays become plain ones."""
    return json.dumps(attributes, default=lambda v: v.tolist())
