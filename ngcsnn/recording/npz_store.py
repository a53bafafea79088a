"""Recordings in an .npz file: an array is a row of members `key/name/start-stop`, which `numpy.load` reads as well."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ngcsnn.graph import GraphError
from ngcsnn.recording.journal import changing, is_there, standing
from ngcsnn.recording.stores import Arrays, as_json, check_lengths, refuse_second, told_damage

_ATTRIBUTES = "recording.json"


class Npz:
    """Every piece is written once, at the end of the file, which changes all at once (see `journal`)."""

    def __init__(self, path: Path):
        self.path = path

    @contextmanager
    def _read(self) -> Iterator[zipfile.ZipFile]:
        with told_damage(self.path), zipfile.ZipFile(standing(self.path)) as file:
            if file.comment != _digest(file):
                raise ValueError("its index does not agree with its checksum")
            yield file

    @contextmanager
    def _change(self) -> Iterator[zipfile.ZipFile]:
        packed = zipfile.ZIP_DEFLATED
        with (
            changing(self.path) as file,
            told_damage(self.path),
            zipfile.ZipFile(file, "a", packed, compresslevel=1) as opened,
        ):
            yield opened
            opened.comment = _digest(opened)

    def keys(self) -> list[str]:
        if not is_there(self.path):
            return []
        with self._read() as file:
            return [n.rpartition("/")[0] for n in file.namelist() if n.endswith(f"/{_ATTRIBUTES}")]

    def begin(self, key: str, attributes: Mapping[str, Any]) -> None:
        refuse_second(key, self.path, self.keys())
        with self._change() as file:
            file.writestr(f"{key}/{_ATTRIBUTES}", as_json(attributes))

    def grow(self, key: str, arrays: Arrays) -> None:
        with self._change() as file:
            held = _lengths(file, key)
            for name, array in arrays.items():
                if not len(array) and name in held:
                    continue  # a second piece of this name
                start = held.get(name, 0)
                buffer = io.BytesIO()
                np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
                file.writestr(f"{key}/{name}/{start}-{start + len(array)}.npy", buffer.getvalue())

    def cut(self, key: str, lengths: Mapping[str, int]) -> None:
        with self._read() as file:
            held, pieces = _lengths(file, key), list(_pieces(file, key))
        check_lengths(key, self.path, held, lengths)
        over = set[str]()
        for name, start, stop, member in pieces:
            if stop > lengths.get(name, -1):
                if start < lengths.get(name, -1):
                    raise GraphError(f"{self.path}: rows {start} to {stop} of '{key}' ({name}) cannot be told apart")
                over.add(member)
        if over:
            with self._change() as file:
                _leave_out(file, over)

    def attributes(self, key: str) -> dict[str, Any]:
        with self._read() as file:
            return json.loads(file.read(f"{key}/{_ATTRIBUTES}"))

    def lengths(self, key: str) -> dict[str, int]:
        with self._read() as file:
            return _lengths(file, key)

    def rows(self, key: str, name: str, start: int = 0, stop: int | None = None) -> np.ndarray:
        with self._read() as file:
            pieces = sorted(piece[1:] for piece in _pieces(file, key) if piece[0] == name)
            end = pieces[-1][1] if stop is None else stop
            wanted = [p for p in pieces if p[0] < end and p[1] > start] or pieces[:1]
            arrays = [np.load(io.BytesIO(file.read(member)), allow_pickle=False) for _, _, member in wanted]
        return np.concatenate(arrays)[max(start - wanted[0][0], 0) : max(end - wanted[0][0], 0)]


def _digest(file: zipfile.ZipFile) -> bytes:
    """Of the index, which has no checksum in the format; members have theirs."""
    told = [[info.filename, info.CRC, info.file_size] for info in file.filelist]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest().encode()


def _pieces(file: zipfile.ZipFile, key: str) -> Iterator[tuple[str, int, int, str]]:
    """(array, start, stop, member) of each piece."""
    for member in file.namelist():
        if member.startswith(f"{key}/") and member != f"{key}/{_ATTRIBUTES}":
            name, _, rows = member[len(key) + 1 :].removesuffix(".npy").rpartition("/")
            start, _, stop = rows.partition("-")
            yield name, int(start), int(stop), member


def _lengths(file: zipfile.ZipFile, key: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, _, stop, _ in _pieces(file, key):
        found[name] = max(stop, found.get(name, 0))
    return found


def _leave_out(file: zipfile.ZipFile, members: set[str]) -> None:
    """Strike members off the file's index; what stands last in the file is written over."""
    for info in sorted(file.filelist, key=lambda i: i.header_offset, reverse=True):
        if info.filename not in members:
            break
        file.start_dir = info.header_offset
    file.filelist[:] = [info for info in file.filelist if info.filename not in members]
    for member in members:
        del file.NameToInfo[member]
