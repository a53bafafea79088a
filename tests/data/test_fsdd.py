"""Spoken digits, from .wav files and from one file of arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_files import wav

from ngcsnn.data import load_dataset, load_fsdd, read_wav


def tone(f: float, n: int = 1600) -> np.ndarray:
    return (8000 * np.sin(2 * np.pi * f * np.arange(n) / 8000)).astype(np.int16)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    box = tmp_path / "recordings"
    box.mkdir()
    for digit in range(2):
        for who in ("ann", "bob"):
            for take in (0, 7, 12):
                (box / f"{digit}_{who}_{take}.wav").write_bytes(wav(tone(300 + 900 * digit, 1600 + take)))
    (box / "notes.wav").write_bytes(b"")
    return tmp_path


def test_recordings_are_named_by_digit_speaker_and_take(folder: Path) -> None:
    found = load_fsdd(folder)
    assert [(r.speaker, r.digit, r.take) for r in found][:4] == [
        ("ann", 0, 0),
        ("ann", 0, 7),
        ("ann", 0, 12),
        ("ann", 1, 0),
    ]
    np.testing.assert_array_equal(found[1].samples, tone(300, 1607))


def test_one_file_of_arrays_is_the_same(folder: Path, tmp_path: Path) -> None:
    plain = load_fsdd(folder)
    other = tmp_path / "packed"
    other.mkdir()
    arrays: dict[str, Any] = {
        "audio": np.concatenate([r.samples for r in plain]),
        "offset": np.cumsum([0] + [len(r.samples) for r in plain]),
        "label": np.array([r.digit for r in plain]),
        "speaker": np.array([r.speaker for r in plain]),
        "index": np.array([r.take for r in plain]),
        "rate": np.array(8000),
    }
    np.savez(other / "fsdd.npz", **arrays)
    for a, b in zip(load_fsdd(other), plain, strict=True):
        assert a[1:] == b[1:] and np.array_equal(a.samples, b.samples)
    np.savez(other / "fsdd.npz", **{**arrays, "offset": arrays["offset"][:-1]})
    with pytest.raises(ValueError, match="fsdd.npz' is corrupt: `offset`"):
        load_fsdd(other)
    np.savez(other / "fsdd.npz", audio=arrays["audio"])
    with pytest.raises(ValueError, match="fsdd.npz' lacks the arrays offset, label"):
        load_fsdd(other)


def test_the_data_set(folder: Path) -> None:
    data: Any = load_dataset("fsdd", {"folder": folder, "n_bands": 12})
    assert (len(data.train.labels), len(data.test.labels), data.n_units) == (8, 4, 24)
    assert data.test.groups.tolist() == ["ann", "ann", "bob", "bob"] and data.test.labels.tolist() == [0, 1, 0, 1]
    low, high = (np.bincount(data.test.events[k].units, minlength=24)[:12].argmax() for k in (0, 1))
    assert low < high
    short: Any = load_dataset("fsdd", {"folder": folder, "n_bands": 12, "t_end": 50.0})
    assert short.train.events.times.max() <= 50.0
    with pytest.raises(ValueError, match="no recording is left for train"):
        load_dataset("fsdd", {"folder": folder, "test_takes": 20})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (wav(tone(300))[:-7], "is truncated"),
        (wav(tone(300))[:20], "cannot be read"),
        (b"RIFF", "cannot be read"),
        (wav(np.zeros(8), width=1), "16 bits and one channel, got 8 bits, 1 channels"),
        (wav(np.zeros(8), channels=2), "got 16 bits, 2 channels"),
        (wav(np.zeros(0)), "is empty"),
    ],
    ids=["cut", "header", "four bytes", "width", "stereo", "empty"],
)
def test_damaged_sound_names_the_file(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(ValueError, match=f"a.wav' .*{says}"):
        read_wav(tmp_path / "a.wav")


def test_another_rate_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1_ann_0.wav").write_bytes(wav(tone(300), rate=16000))
    with pytest.raises(ValueError, match="1_ann_0.wav' has 16000 samples a second"):
        load_fsdd(tmp_path)
    with pytest.raises(FileNotFoundError, match="holds no file"):
        load_fsdd(tmp_path.parent)


def test_the_real_recordings(shared: Path) -> None:
    path = shared / "data" / "fsdd"
    if not path.is_dir():
        pytest.skip(f"needs {path}")
    found = load_fsdd(path)
    assert len(found) == 3000 and len({r.speaker for r in found}) == 6
    assert np.bincount([r.digit for r in found]).tolist() == [300] * 10
