"""Recordings in an HDF5 file: a group for each, with its attributes, and a data set for each array."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ngcsnn.recording.journal import changing, is_there, standing
from ngcsnn.recording.stores import Arrays, as_json, check_lengths, refuse_second, told_damage

_ATTRIBUTES = "recording"  # the attribute of a group that holds all of them, as JSON
_SMALL = 1 << 20  # bytes of a chunk, at most
_FORMAT = "v110"  # of HDF5 1.10: with checksums of all that is not data; the data have theirs by `fletcher32`


class Hdf5:
    """The file is open only while something is read or written, and changes all at once (see `journal`)."""

    def __init__(self, path: Path):
        self.path = path
        try:
            import h5py
        except ImportError as error:
            raise ImportError('HDF5 files need h5py: pip install "ngcsnn[data]"') from error
        self._h5: Any = h5py

    @contextmanager
    def _read(self) -> Iterator[Any]:
        with told_damage(self.path), self._h5.File(standing(self.path), "r") as file:
            yield file

    @contextmanager
    def _change(self) -> Iterator[Any]:
        with (
            changing(self.path) as file,
            told_damage(self.path),
            self._h5.File(file, "r+" if file.size else "w", libver=_FORMAT) as opened,
        ):
            yield opened

    def keys(self) -> list[str]:
        if not is_there(self.path):
            return []
        with self._read() as file:
            return [key for key, group in file.items() if _ATTRIBUTES in group.attrs]

    def begin(self, key: str, attributes: Mapping[str, Any]) -> None:
        refuse_second(key, self.path, self.keys())
        with self._change() as file:
            file.create_group(key).attrs[_ATTRIBUTES] = np.bytes_(as_json(attributes))

    def grow(self, key: str, arrays: Arrays) -> None:
        with self._change() as file:
            for name, array in arrays.items():
                if name not in file[key]:
                    row = max(int(np.prod(array.shape[1:])) * array.itemsize, 1)
                    rows = int(np.clip(_SMALL // row, 1, max(len(array), 1024)))
                    file[key].create_dataset(
                        name, (0, *array.shape[1:]), array.dtype, maxshape=(None, *array.shape[1:]),
                        chunks=(rows, *(max(n, 1) for n in array.shape[1:])), compression="gzip", compression_opts=1,
                        shuffle=True, fletcher32=True,
                    )  # fmt: skip
                dataset = file[key][name]
                start = len(dataset)
                dataset.resize(start + len(array), axis=0)
                dataset[start:] = array

    def cut(self, key: str, lengths: Mapping[str, int]) -> None:
        held = self.lengths(key)
        check_lengths(key, self.path, held, lengths)
        if held == lengths:
            return
        with self._change() as file:
            for name in held:
                if name in lengths:
                    file[key][name].resize(lengths[name], axis=0)
                else:
                    del file[key][name]

    def attributes(self, key: str) -> dict[str, Any]:
        with self._read() as file:
            return json.loads(file[key].attrs[_ATTRIBUTES])

    def lengths(self, key: str) -> dict[str, int]:
        with self._read() as file:
            return {name: len(dataset) for name, dataset in file[key].items()}

    def rows(self, key: str, name: str, start: int = 0, stop: int | None = None) -> np.ndarray:
        with self._read() as file:
            return file[key][name][start:stop]
