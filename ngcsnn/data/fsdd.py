"""Free Spoken Digit Dataset: 3000 recordings of ten digits by six speakers."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ngcsnn.data.argument_checks import check_int
from ngcsnn.data.arrays_file import read_arrays
from ngcsnn.data.datasets import Dataset, Split, register_dataset
from ngcsnn.data.filterbank import loudness
from ngcsnn.data.level_crossing import level_crossing
from ngcsnn.data.published import Published
from ngcsnn.data.wav_files import read_wav

FSDD = Published(
    "fsdd",
    home="https://github.com/Jakobovski/free-spoken-digit-dataset",
    by_hand="no checksum of it was published; git clone https://github.com/Jakobovski/free-spoken-digit-dataset gives "
    "the folder `recordings` with files {digit}_{speaker}_{index}.wav",
)
RATE = 8000  # Hz


class Recording(NamedTuple):
    """samples (n,) int16 at RATE; the digit; who spoke; the number of the take."""

    samples: np.ndarray
    digit: int
    speaker: str
    take: int


def load_fsdd(folder: str | os.PathLike[str] | None = None) -> list[Recording]:
    """Return all recordings, by speaker, digit and take.

    Args:
        folder: where the files {digit}_{speaker}_{index}.wav lie, or a folder `recordings` with them, or one file
            fsdd.npz (arrays audio, offset, label, speaker, index and rate: the same, recordings one after the other).
    Raises: FileNotFoundError, DownloadError; ValueError naming a file that is damaged.
    Source: Z. Jackson et al., Free Spoken Digit Dataset, doi:10.5281/zenodo.1342401; CC BY-SA 4.0.
    """
    base = FSDD.base(folder)
    if (base / "fsdd.npz").is_file():
        found = _packed(base / "fsdd.npz")
    else:
        inside = base / "recordings" if (base / "recordings").is_dir() else base
        found = [_recording(p, m) for p in sorted(inside.glob("*.wav")) if (m := _NAME.fullmatch(p.name))]
        if not found:
            raise FileNotFoundError(f"fsdd: {str(inside)!r} holds no file {{digit}}_{{speaker}}_{{index}}.wav")
    return sorted(found, key=lambda r: (r.speaker, r.digit, r.take))


@register_dataset("fsdd", FSDD)
def fsdd_dataset(
    *,
    folder: str | os.PathLike[str] | None = None,
    test_takes: int = 5,
    n_bands: int = 40,
    f_min: float = 50.0,
    window: float = 25.0,
    hop: float = 5.0,
    step: float = 0.1,
    t_end: float | None = None,
) -> Dataset:
    """Spoken digits as events: `load_dataset("fsdd", {"folder": "..."})`; `groups` are the speakers.

    The loudness of each band (see `loudness`) emits an event whenever it has risen or fallen by `step` (see
    `level_crossing`), counted from silence. Nothing is stretched: the longest recording lasts 2.3 s.

    Args:
        folder: see `load_fsdd`; None: the cache. This program cannot fetch the files.
        test_takes: takes 0 to test_takes - 1 of each speaker and digit are the test split; officially 5.
        n_bands, f_min, window, hop: of the filter bank; f_min in Hz, window and hop in ms.
        step: of the loudness, which goes from 0 to 1.
        t_end: what comes later (ms) is left out; None: nothing is.
    Returns: data set of 2 n_bands units (first those that tell of a rise) and 10 classes.
    """
    check_int("test_takes", test_takes, 1)
    recordings = load_fsdd(folder)
    splits = {}
    for part, chosen in (("train", False), ("test", True)):
        here = [r for r in recordings if (r.take < test_takes) == chosen]
        if not here:
            raise ValueError(f"fsdd: no recording is left for {part} with `test_takes` = {test_takes}")
        bands = [loudness(r.samples, RATE, n_bands, f_min, None, window, hop) for r in here]
        if t_end is not None:
            bands = [b[: max(1, int(t_end / hop) + 1)] for b in bands]
        events = level_crossing(bands, hop, step, start=0.0, t_end=t_end)
        labels = np.array([r.digit for r in here], np.int32)
        splits[part] = Split(events, labels, np.array([r.speaker for r in here]))
    return Dataset("fsdd", n_classes=10, n_units=2 * n_bands, class_names=tuple("0123456789"), **splits)


_NAME = re.compile(r"(\d)_([^_]+)_(\d+)\.wav")


def _recording(path: Path, match: re.Match[str]) -> Recording:
    samples, rate = read_wav(path)
    if rate != RATE:
        raise ValueError(f"{str(path)!r} has {rate} samples a second, expected {RATE}")
    return Recording(samples, int(match[1]), match[2], int(match[3]))


def _packed(path: Path) -> list[Recording]:
    names = ("audio", "offset", "label", "speaker", "index", "rate")
    a = read_arrays(path, names)
    n = len(a["label"])
    edges = a["offset"]
    if a["rate"].shape != () or int(a["rate"]) != RATE or a["audio"].dtype != np.int16:
        raise ValueError(f"{str(path)!r} must hold sound of 16 bits, {RATE} samples a second")
    if edges.shape != (n + 1,) or np.any(np.diff(edges) < 1) or edges[0] != 0 or edges[-1] != len(a["audio"]):
        raise ValueError(f"{str(path)!r} is corrupt: `offset` does not divide the sound into {n} recordings")
    if a["speaker"].shape != (n,) or a["index"].shape != (n,):
        raise ValueError(f"{str(path)!r} is corrupt: its arrays differ in length")
    return [
        Recording(a["audio"][edges[i] : edges[i + 1]], int(a["label"][i]), str(a["speaker"][i]), int(a["index"][i]))
        for i in range(n)
    ]
