"""Recordings in an .npz file: an array is a row of members `key/name/start-stop`, which `numpy.load` reads as well."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ngcsnn.graph import GraphError
from ngcsnn.recording.stores import Arrays, as_json, refuse_second

_ATTRIBUTES = "recording.json"


class Npz:
    """Every piece is written once, at the end of the file. A process that is killed while it writes may lose the file:
    HDF5 is the safer choice for long runs."""

    def __init__(self, path: Path):
        self.path = path

    def _open(self, mode: Any) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path, mode, zipfile.ZIP_DEFLATED, compresslevel=1)
        except zipfile.BadZipFile as error:
            raise GraphError(f"cannot open {self.path}: it is no .npz file, or damaged") from error

    def keys(self) -> list[str]:
        if not self.path.exists():
            return []
        with self._open("r") as file:
            return [n.rpartition("/")[0] for n in file.namelist() if n.endswith(f"/{_ATTRIBUTES}")]

    def begin(self, key: str, attributes: Mapping[str, Any]) -> None:
        refuse_second(key, self.path, self.keys())
        with self._open("a") as file:
            file.writestr(f"{key}/{_ATTRIBUTES}", as_json(attributes))

    def grow(self, key: str, arrays: Arrays) -> None:
        with self._open("a") as file:
            for name, array in arrays.items():
                start = max((stop for _, stop, _ in _pieces(file, key, name)), default=0)
                buffer = io.BytesIO()
                np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
                file.writestr(f"{key}/{name}/{start}-{start + len(array)}.npy", buffer.getvalue())

    def attributes(self, key: str) -> dict[str, Any]:
        with self._open("r") as file:
            return json.loads(file.read(f"{key}/{_ATTRIBUTES}"))

    def length(self, key: str, name: str) -> int:
        with self._open("r") as file:
            return max((stop for _, stop, _ in _pieces(file, key, name)), default=0)

    def rows(self, key: str, name: str, start: int = 0, stop: int | None = None) -> np.ndarray:
        with self._open("r") as file:
            pieces = _pieces(file, key, name)
            end = pieces[-1][1] if stop is None else stop
            wanted = [p for p in pieces if p[0] < end and p[1] > start] or pieces[:1]
            arrays = [np.load(io.BytesIO(file.read(member)), allow_pickle=False) for _, _, member in wanted]
        return np.concatenate(arrays)[max(start - wanted[0][0], 0) : max(end - wanted[0][0], 0)]


def _pieces(file: zipfile.ZipFile, key: str, name: str) -> list[tuple[int, int, str]]:
    """(start, stop, member) of an array, in order."""
    lead, found = f"{key}/{name}/", []
    for member in file.namelist():
        if member.startswith(lead):
            start, _, stop = member[len(lead) :].removesuffix(".npy").partition("-")
            found.append((int(start), int(stop), member))
    return sorted(found)
