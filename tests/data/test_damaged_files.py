"""Truncated and corrupt files of every format: one clear error that names the file, or what can still be read.

The long form is `slow`: NGCSNN_FUZZ says how many cases of each format it tries (default 1500, 11 formats).
"""

from __future__ import annotations

import gzip
import io
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from small_files import aedat, nmnist_bin, spiking_hdf5, wav, zipped

from ngcsnn.data import EventData, decode_nmnist, load_events, read_aedat, read_idx, read_wav
from ngcsnn.data.arrays_file import read_arrays
from ngcsnn.data.dvs_clips import decode_clip
from ngcsnn.data.dvs_gesture import _intervals
from ngcsnn.data.published import Published
from ngcsnn.data.spiking_hdf5 import read_spiking_hdf5

FEW, MANY = 12, int(os.environ.get("NGCSNN_FUZZ", "1500"))


def _events(folder: Path) -> bytes:
    EventData.from_lists([([1.0, 2.0], [0, 1]), ([], [])], 3, 5.0).save(folder / "good.npz", labels=[0, 1])
    return (folder / "good.npz").read_bytes()


def _clip() -> bytes:
    box = io.BytesIO()
    np.save(box, np.array([[0.0, 1.0, 1.0, 50.0], [127.0, 3.0, 0.0, 51.5]]))
    return box.getvalue()


def _arrays(folder: Path) -> bytes:
    np.savez_compressed(folder / "packed.npz", a=np.arange(20), b=np.array(["x", "yy"]))
    return (folder / "packed.npz").read_bytes()


def _hdf5(folder: Path) -> bytes:
    pytest.importorskip("h5py")
    spiking_hdf5(folder / "good.h5", 3)
    return (folder / "good.h5").read_bytes()


CLIP = _clip()
IDX = struct.pack(">BBBBII", 0, 0, 8, 2, 4, 5) + bytes(range(20))
SOUND = wav((1000 * np.sin(np.arange(40))).astype(np.int16))
CSV = b"class,startTime_usec,endTime_usec\n1,80048239,85092709\n11,95431007,101390706\n"
PIXELS = nmnist_bin([(3, 4, 1, 500), (33, 33, 0, 70000), (0, 240, 0, 0), (0, 1, 1, 150000)])
CAMERA = aedat([(1, 0, [(5, 7, 1, 100, 1), (127, 0, 0, 250, 1)]), (0, 0, [(1, 1, 1, 1, 1)])])

# name: (how a good file is made, its file name, what reads it)
FORMATS: dict[str, tuple[Callable[[Path], bytes], str, Callable[[Path], Any]]] = {
    "idx": (lambda f: IDX, "file.idx", read_idx),
    "idx packed": (lambda f: gzip.compress(IDX), "file.gz", read_idx),
    "events": (_events, "file.npz", load_events),
    "arrays": (_arrays, "file.npz", lambda p: read_arrays(p, ("a", "b"))),
    "nmnist": (lambda f: PIXELS, "file.bin", lambda p: decode_nmnist(p.read_bytes(), str(p))),
    "aedat": (lambda f: CAMERA, "file.aedat", read_aedat),
    "labels": (lambda f: CSV, "file.csv", _intervals),
    "clip": (lambda f: CLIP, "file.npy", lambda p: decode_clip(p.read_bytes(), str(p))),
    "wav": (lambda f: SOUND, "file.wav", read_wav),
    "zip": (lambda f: zipped({"a/x.h5": bytes(50)}), "x.h5.zip", lambda p: Published("s").file(p.parent, "x.h5")),
    "hdf5": (_hdf5, "file.h5", lambda p: read_spiking_hdf5(p, 700)),
}

# (kind, where as a fraction of the file, what)
DAMAGE = st.lists(
    st.tuples(st.sampled_from(["cut", "byte", "insert", "remove", "zeros"]), st.floats(0, 1), st.integers(0, 255)),
    min_size=1,
    max_size=3,
)


def damaged(content: bytes, changes: list[tuple[str, float, int]]) -> bytes:
    for kind, where, what in changes:
        at = int(where * len(content))
        content = {
            "cut": content[:at],
            "byte": content[:at] + bytes([what]) + content[at + 1 :],
            "insert": content[:at] + bytes([what]) * (1 + what % 7) + content[at:],
            "remove": content[:at] + content[at + 1 + what % 7 :],
            "zeros": content[:at] + bytes(8) + content[at + 8 :],
        }[kind]
    return content


def try_all(name: str, folder: Path, cases: int) -> int:
    """How many of the damaged files were refused."""
    make, file, read = FORMATS[name]
    good, path = make(folder), folder / "tried" / file
    path.parent.mkdir()
    path.write_bytes(good)
    read(path)
    refused = 0

    @settings(max_examples=cases, deadline=None, database=None, derandomize=True)
    @given(DAMAGE)
    def one(changes: list[tuple[str, float, int]]) -> None:
        nonlocal refused
        for old in path.parent.iterdir():
            old.unlink()
        path.write_bytes(damaged(good, changes))
        try:
            read(path)
        except ValueError as error:
            refused += 1
            assert path.name in str(error), f"the message does not name the file: {error}"
            assert len(str(error)) < 1000
        assert {p.name for p in path.parent.iterdir()} <= {path.name, path.stem}

    one()
    return refused


@pytest.mark.parametrize("name", FORMATS)
def test_some_damage(tmp_path: Path, name: str) -> None:
    assert try_all(name, tmp_path, FEW) > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMATS)
def test_much_damage(tmp_path: Path, name: str) -> None:
    assert try_all(name, tmp_path, MANY) > MANY // 20
