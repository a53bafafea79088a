"""idx files: every type and shape back as written, and every kind of damage told by name."""

from __future__ import annotations

import gzip
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ngcsnn.data.idx_files import TYPES, read_idx

IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)


def idx(array: np.ndarray) -> bytes:
    """An idx file, written from the description of the format."""
    codes = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, codes[array.dtype.str[1:]], array.ndim, *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_every_type_comes_back_in_native_order(tmp_path, dtype, pack):
    array = (np.arange(24).reshape(2, 3, 4) * 10 - 100).astype(dtype)
    (tmp_path / "file").write_bytes(pack(idx(array)))
    back = read_idx(tmp_path / "file")
    np.testing.assert_array_equal(back, array)
    assert back.dtype == np.dtype(dtype) and back.dtype.isnative


@pytest.mark.parametrize("shape", [(7,), (2, 3), (0, 28, 28), (1, 1, 1, 1, 1, 2)], ids=str)
def test_any_number_of_axes(tmp_path, shape):
    array = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    (tmp_path / "file").write_bytes(idx(array))
    np.testing.assert_array_equal(read_idx(str(tmp_path / "file")), array)


def test_more_than_is_read_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("ngcsnn.data.idx_files._PIECE", 7)
    for pack in (bytes, gzip.compress):
        (tmp_path / "file").write_bytes(pack(idx(IMAGES)))
        np.testing.assert_array_equal(read_idx(tmp_path / "file"), IMAGES)


GOOD = idx(IMAGES)
DAMAGE = {
    "empty": (b"", "is no idx file: it must begin with two bytes 0"),
    "text": (b"<html>", "is no idx file: it must begin with two bytes 0, .*got b'<htm'"),
    "npy": (b"\x93NUMPY\x01\x00", "is no idx file"),
    "type": (b"\0\0\x0a" + GOOD[3:], "its type is 0x0a, known are 0x8, 0x9, 0xb"),
    "no_axis": (b"\0\0\x08\0", "it states no axis"),
    "header": (GOOD[:12], "is truncated: it ends in its header, which states 3 axes"),
    "short": (GOOD[:-1], "is truncated: 3 x 4 x 5 numbers of type uint8 take 60 bytes, it holds 59"),
    "long": (GOOD + b"\0", "is too long: 3 x 4 x 5 numbers of type uint8 take 60 bytes, and more follow"),
    "huge": (
        b"\0\0\x0e\x03" + b"\xff" * 12,
        "is truncated: 4294967295 x 4294967295 x 4294967295 numbers of type float64",
    ),
    "many_axes": (b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"x", "holds no array that can be made"),
    "gzip_cut": (gzip.compress(GOOD)[:-3], "its gzip is truncated or corrupt"),
    "gzip_short": (gzip.compress(GOOD[:-1]), "is truncated: 3 x 4 x 5"),
    "gzip_long": (gzip.compress(GOOD + b"\0"), "is too long"),
    "gzip_sum": (gzip.compress(GOOD)[:-8] + b"\0" * 8, "its gzip is truncated or corrupt"),
    "gzip_tail": (gzip.compress(GOOD) + b"tail", "its gzip is truncated or corrupt"),
    "gzip_body": (gzip.compress(GOOD)[:10] + b"\xff" * 30, "its gzip is truncated or corrupt"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_told_with_the_name_of_the_file(tmp_path, kind):
    content, message = DAMAGE[kind]
    path = tmp_path / "images"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(path)
    assert str(caught.value).startswith(repr(str(path)))


def test_no_file(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(FileNotFoundError, match="no idx file at"):
            read_idx(path)


@given(st.integers(0, 10**6), st.booleans())
@settings(max_examples=80, deadline=None, derandomize=True)
def test_a_truncated_file_never_passes(cut, packed):
    content = gzip.compress(GOOD, mtime=0) if packed else GOOD
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content[: cut % len(content)])
        with pytest.raises(ValueError, match="file'"):
            read_idx(path)


@given(st.binary(max_size=80), st.booleans(), st.sampled_from([b"", b"\0\0", GOOD[:4], GOOD[:16]]))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_whatever_bytes_there_are_an_array_or_a_clear_error(tail, packed, head):
    content = gzip.compress(head + tail, mtime=0) if packed else head + tail
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        try:
            assert idx(read_idx(path)) == head + tail  # what passes is what the file says, to the byte
        except ValueError as error:
            assert str(error).startswith(repr(str(path)))


def test_types_are_all_of_the_format():
    assert sorted(TYPES) == [0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E]
