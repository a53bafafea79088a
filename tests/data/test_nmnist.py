"""N-MNIST's files of five bytes an event."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_files import nmnist_bin, zipped

from ngcsnn.data import decode_nmnist, from_structured, load_dataset

EVENTS = [(3, 4, 1, 500), (33, 33, 0, 70000), (0, 1, 1, 150000), (5, 5, 0, 8388607)]


def files(n: int) -> dict[str, bytes]:
    """n files in folders of their class, numbered from 1 over all classes."""
    return {f"{k % 3}/{k + 1:05d}.bin": nmnist_bin([(k, 2 * k, k % 2, 1000 * (k + 1)), *EVENTS[:3]]) for k in range(n)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Training files in a folder, those for the test in an archive."""
    for name, content in files(6).items():
        path = tmp_path / "Train" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "Test.zip").write_bytes(zipped({f"Test/{n}": c for n, c in files(4).items()}))
    return tmp_path


def test_events_by_the_book() -> None:
    x, y, on, t = decode_nmnist(nmnist_bin(EVENTS))
    assert list(zip(x.tolist(), y.tolist(), on.tolist(), t.tolist(), strict=True)) == EVENTS
    assert [len(a) for a in decode_nmnist(b"")] == [0] * 4


def test_an_overflow_makes_all_later_times_later() -> None:
    t = decode_nmnist(nmnist_bin([(1, 1, 0, 8000), (0, 240, 0, 0), (1, 1, 0, 10), (0, 240, 0, 0), (1, 1, 0, 10)]))[3]
    assert t.tolist() == [8000, 8202, 16394]


def test_samples_come_by_number_with_the_class_of_their_folder(folder: Path) -> None:
    data: Any = load_dataset("nmnist", {"folder": folder, "train": 6, "test": 3})
    assert data.train.labels.tolist() == [0, 1, 2, 0, 1, 2] and data.test.labels.tolist() == [0, 1, 2]
    assert data.n_units == 34 * 34 * 2
    for k in range(6):
        part = data.train.events[k]
        assert ((2 * k * 34 + k) * 2 + k % 2, k + 1.0) in set(
            zip(part.units.tolist(), part.times.tolist(), strict=True)
        )


def test_options(folder: Path) -> None:
    some = {"folder": folder, "train": 6, "test": 3}
    small: Any = load_dataset("nmnist", {**some, "downsample": 2, "polarity": "merge", "saccades": 1})
    assert small.n_units == 17 * 17 and small.train.events.times.max() <= 105.0
    cut: Any = load_dataset("nmnist", {**some, "t_end": 80.0})
    assert cut.train.events.times.max() <= 80.0


def test_errors_name_the_file(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Train' holds 6 files .*, 7 are asked for"):
        load_dataset("nmnist", {"folder": folder, "train": 7, "test": 1})
    bad = folder / "Train" / "0" / "00001.bin"
    bad.write_bytes(bad.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"0/00001.bin is truncated or corrupt: 19 bytes"):
        load_dataset("nmnist", {"folder": folder, "train": 2, "test": 1})
    bad.write_bytes(nmnist_bin([(3, 4, 1, 0), (40, 3, 0, 1)]))
    with pytest.raises(ValueError, match="00001.bin is corrupt: event 1 is at x = 40, y = 3"):
        load_dataset("nmnist", {"folder": folder, "train": 2, "test": 1})
    bad.write_bytes(nmnist_bin(EVENTS))
    (folder / "Test.zip").write_bytes(zipped({"Test/0/00001.bin": b"12"}))
    with pytest.raises(ValueError, match=r"Test': Test/0/00001.bin is truncated or corrupt: 2 bytes"):
        load_dataset("nmnist", {"folder": folder, "train": 2, "test": 1})
    (folder / "Test.zip").write_bytes((folder / "Test.zip").read_bytes()[:-40])
    with pytest.raises(ValueError, match="Test.zip' cannot be unpacked"):
        load_dataset("nmnist", {"folder": folder, "train": 2, "test": 1})
    (folder / "Test.zip").unlink()
    with pytest.raises(FileNotFoundError, match="lacks Test"):
        load_dataset("nmnist", {"folder": folder, "train": 2, "test": 1})


def test_real_recordings_survive_the_format(shared: Path) -> None:
    path = shared / "data" / "n-mnist-small" / "test.npz"
    if not path.is_file():
        pytest.skip(f"needs {path}")
    real = np.load(path)
    first, end = real["offset"][3:5]
    x, y, p, t = (real[k][first:end].astype(int) for k in "xypt")
    got = decode_nmnist(nmnist_bin(list(zip(x.tolist(), y.tolist(), p.tolist(), t.tolist(), strict=True))))
    for a, b in zip(got, (x, y, p, t), strict=True):
        np.testing.assert_array_equal(a, b)
    rows = np.zeros(len(x), [("x", int), ("y", int), ("t", int), ("p", int)])
    for name, column in zip("xypt", (x, y, p, t), strict=True):
        rows[name] = column
    events: Any = from_structured([(rows, 7)], (34, 34, 2)).events
    np.testing.assert_array_equal(np.sort(events.units), np.sort((y * 34 + x) * 2 + p))
