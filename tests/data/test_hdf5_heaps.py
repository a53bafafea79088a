"""Heaps of HDF5 files, sound and damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("h5py")
from small_files import spiking_hdf5

from ngcsnn.data.hdf5_heaps import HEAP, check_heaps
from ngcsnn.data.spiking_hdf5 import read_spiking_hdf5


@pytest.fixture
def path(tmp_path: Path) -> Path:
    spiking_hdf5(tmp_path / "a.h5", 40)
    return tmp_path / "a.h5"


def test_a_sound_file_passes(path: Path) -> None:
    assert path.read_bytes().count(HEAP) >= 1
    check_heaps(path)


def test_what_would_hang_the_library_is_refused(path: Path) -> None:
    content = bytearray(path.read_bytes())
    at = content.index(HEAP) + 16
    while int.from_bytes(content[at : at + 2], "little"):  # the free space comes last
        at += 16 + -(-int.from_bytes(content[at + 8 : at + 16], "little") // 8) * 8
    content[at + 8 : at + 16] = bytes(8)
    path.write_bytes(content)
    with pytest.raises(ValueError, match="its heap at byte .* is damaged: an object of 0 bytes"):
        check_heaps(path)
    with pytest.raises(ValueError, match="a.h5' cannot be read: .*its heap at byte"):
        read_spiking_hdf5(path, 700)


@pytest.mark.parametrize("size", [0, 10**9, 2**64 - 1], ids=["nothing", "beyond the file", "huge"])
def test_sizes_out_of_range(path: Path, size: int) -> None:
    content = bytearray(path.read_bytes())
    at = content.index(HEAP) + 8
    content[at : at + 8] = size.to_bytes(8, "little")
    path.write_bytes(content)
    with pytest.raises(ValueError, match="is damaged"):
        check_heaps(path)


def test_other_files_are_left_to_the_library(tmp_path: Path) -> None:
    for content in (b"", b"no HDF5 at all " * 10):
        (tmp_path / "b.h5").write_bytes(content)
        check_heaps(tmp_path / "b.h5")
