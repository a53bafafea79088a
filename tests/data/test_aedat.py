"""AEDAT 3.1, from bytes written by the book."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_files import aedat

from ngcsnn.data import read_aedat

EVENTS = [(5, 7, 1, 100, 1), (127, 0, 0, 250, 1), (0, 127, 1, 251, 0), (1, 2, 0, 300, 1)]


def test_valid_polarity_events(tmp_path: Path) -> None:
    path = tmp_path / "a.aedat"
    path.write_bytes(aedat([(1, 0, EVENTS), (0, 0, EVENTS), (1, 2, [(9, 9, 1, 4, 1)]), (1, 0, [])]))
    got = read_aedat(path)
    assert list(zip(*(a.tolist() for a in got), strict=True)) == [
        (5, 7, 1, 100), (127, 0, 0, 250), (1, 2, 0, 300), (9, 9, 1, 4 + 2 * 2**31),
    ]  # fmt: skip
    path.write_bytes(aedat([]))
    assert [len(a) for a in read_aedat(path)] == [0] * 4


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda b: b"#!AER-DAT2.0" + b[12:], "is no AEDAT 3.1 file"),
        (lambda b: b[:30], "is truncated or corrupt: its header has no line"),
        (lambda b: b[:-1], "is truncated: the packet"),
        (lambda b: b + b"\1\0", "is truncated: it ends within the header"),
        (lambda b: b.replace(b"\4\0\0\0\4\0\0\0\3", b"\3\0\0\0\4\0\0\0\3"), "is corrupt: the packet"),
        (lambda b: b.replace(b"\1\0\1\0\x08\0", b"\1\0\1\0\x04\0"), "is corrupt: polarity events"),
    ],
    ids=["version", "header", "events", "packet", "capacity", "size"],
)
def test_damage_names_the_file(tmp_path: Path, change, says: str) -> None:
    path = tmp_path / "a.aedat"
    path.write_bytes(change(aedat([(1, 0, EVENTS)])))
    with pytest.raises(ValueError, match=f"a.aedat' {says}"):
        read_aedat(path)
    with pytest.raises(FileNotFoundError):
        read_aedat(tmp_path / "b.aedat")
