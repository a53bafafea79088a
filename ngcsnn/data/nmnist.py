"""N-MNIST: MNIST's digits before an event camera that moves, 34 x 34 pixels, 300 ms."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.data.datasets import Dataset, Split, register_dataset
from ngcsnn.data.downloads import RemoteFile
from ngcsnn.data.event_transforms import shaped
from ngcsnn.data.events import EventData
from ngcsnn.data.pixel_events import PixelGrid, Polarity
from ngcsnn.data.published import Published, unpacking

SIDE = 34
_MENDELEY = "https://data.mendeley.com/public-files/datasets/468j46mzdv/files"
NMNIST = Published(
    "nmnist",
    (
        RemoteFile(
            "Train.zip",
            md5="20959b8e626244a1b502305a9e6e2031",
            address=f"{_MENDELEY}/39c25547-014b-4137-a934-9d29fa53c7a0/file_downloaded",
        ),
        RemoteFile(
            "Test.zip",
            md5="69ca8762b2fe404d9b9bad1103e97832",
            address=f"{_MENDELEY}/05a4d654-7e03-4c15-bdfa-9bb2bcbea494/file_downloaded",
        ),
    ),
    home="https://www.garrickorchard.com/datasets/n-mnist",
)
OVERFLOW_ROW, OVERFLOW_TIME = 240, 1 << 13  # an event of this row is none, and makes all later ones later (us)
LAST_SACCADE = 210.0  # ms


def decode_nmnist(content: bytes, name: str = "the file") -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return x, y, on (1 brighter) and t (us) of the events of one .bin file, int64.

    Five bytes an event: x; y; a bit for the polarity and 23 for the time in us, the highest first.

    Raises: ValueError naming the file: not a whole number of events, or a pixel that the camera does not have.
    Source: G. Orchard, A. Jayawant, G. K. Cohen, N. Thakor, "Converting static image datasets to spiking neuromorphic
        datasets using saccades", Frontiers in Neuroscience 9:437, 2015, doi:10.3389/fnins.2015.00437.
    """
    if len(content) % 5:
        raise ValueError(
            f"{name} is truncated or corrupt: {len(content)} bytes are no whole number of events of 5 bytes"
        )
    rows = np.frombuffer(content, np.uint8).reshape(-1, 5).astype(np.int64)
    x, y = rows[:, 0], rows[:, 1]
    t = (rows[:, 2] & 127) << 16 | rows[:, 3] << 8 | rows[:, 4]
    marker = y == OVERFLOW_ROW
    t = t + OVERFLOW_TIME * np.cumsum(marker)
    real = ~marker
    x, y, t, on = x[real], y[real], t[real], rows[real, 2] >> 7
    bad = np.flatnonzero((x >= SIDE) | (y >= SIDE))
    if bad.size:
        raise ValueError(f"{name} is corrupt: event {bad[0]} is at x = {x[bad[0]]}, y = {y[bad[0]]} of 34 x 34 pixels")
    return x, y, on, t


@register_dataset("nmnist", NMNIST)
def nmnist_dataset(
    *,
    folder: str | os.PathLike[str] | None = None,
    train: int = 60000,
    test: int = 10000,
    polarity: Polarity = "both",
    downsample: int = 1,
    crop: list[int] | None = None,
    saccades: int = 3,
    t_end: float | None = None,
    rescale_time: float = 1.0,
    bin: float | None = None,
    bin_least: int = 1,
) -> Dataset:
    """N-MNIST, digits seen by an event camera: `load_dataset("nmnist", {"train": 10000, "t_end": 300.0})`.

    Args:
        folder: where the folders Train and Test lie, or Train.zip and Test.zip; None: the cache, into which they are
            fetched.
        train, test: numbers of samples, the first by file name over all classes. The whole set takes some 3 GB.
        polarity: "both", "merge", "on" or "off"; crop, downsample: see `PixelGrid`.
        saccades: how many of the three movements (105 ms each) to keep.
        t_end, rescale_time, bin, bin_least: see `shaped`.
    Returns: data set of 2312 units (by default) and 10 classes.
    Source: Orchard et al. 2015, doi:10.3389/fnins.2015.00437; CC BY-SA 4.0.
    """
    grid = PixelGrid(SIDE, SIDE, polarity, crop, downsample)
    check_int("saccades", saccades, 1, 3)
    end = None if t_end is None else check_number("t_end", t_end, "ms", low=0.0, exclusive=True)
    last = None if saccades == 3 else LAST_SACCADE / 2 * saccades
    base = NMNIST.base(folder, "Train", "Test")
    splits = {}
    for part, name, size in (("train", "Train", train), ("test", "Test", test)):
        lists, labels = [], []
        with _opened(base, name) as files:
            for place, label in _first(files.names(), check_int(part, size, 1), f"{base / name!s}"):
                x, y, on, t = decode_nmnist(files.read(place), f"{str(base / name)!r}: {place}")
                unit, keep = grid.units(x, y, on)
                time = t / 1000.0
                keep &= True if last is None else time <= last
                lists.append((time[keep], unit[keep]))
                labels.append(label)
        events = EventData.from_lists(lists, grid.n_units, sort=True)
        splits[part] = Split(shaped(events, rescale_time, 1.0, end, bin, bin_least), np.array(labels, np.int32))
    return Dataset("nmnist", n_classes=10, n_units=grid.n_units, class_names=tuple("0123456789"), **splits)


def _first(names: list[str], n: int, where: str) -> list[tuple[str, int]]:
    """The first `n` files in the order of their numbers, with the class that their folder names."""
    found = []
    for name in names:
        path = Path(name)
        if path.suffix == ".bin" and path.stem.isdigit() and path.parent.name in set("0123456789"):
            found.append((int(path.stem), name, int(path.parent.name)))
    if len(found) < n:
        raise ValueError(f"{where!r} holds {len(found)} files <class>/<number>.bin, {n} are asked for")
    return [(name, label) for _, name, label in sorted(found)[:n]]


class _Files(Protocol):
    def names(self) -> list[str]: ...

    def read(self, name: str) -> bytes: ...


class _Folder:
    def __init__(self, path: Path):
        self.path = path

    def names(self) -> list[str]:
        return [str(p.relative_to(self.path)) for p in self.path.glob("*/*.bin")]

    def read(self, name: str) -> bytes:
        return (self.path / name).read_bytes()


class _Archive:
    def __init__(self, box: zipfile.ZipFile, path: Path):
        self.box, self.path = box, path

    def names(self) -> list[str]:
        return self.box.namelist()

    def read(self, name: str) -> bytes:
        with unpacking(self.path):
            return self.box.read(name)


@contextmanager
def _opened(base: Path, name: str) -> Iterator[_Files]:
    """The files of a split: in a folder, or in an archive that is read as it is."""
    for spelt in (name, name.lower()):
        if (base / spelt).is_dir():
            yield _Folder(base / spelt)
            return
    archive = next((p for spelt in (name, name.lower()) if (p := base / f"{spelt}.zip").is_file()), None)
    if archive is None:
        raise FileNotFoundError(f"nmnist: the folder {str(base)!r} lacks {name} (a folder, or {name}.zip)")
    with unpacking(archive):
        box = zipfile.ZipFile(archive)
    with box:
        yield _Archive(box, archive)
