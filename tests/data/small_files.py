"""Small files in the formats in which data sets are published, written by the book, not by the code that reads them."""

from __future__ import annotations

import io
import struct
import wave
import zipfile
from pathlib import Path

import numpy as np


def nmnist_bin(events: list[tuple[int, int, int, int]]) -> bytes:
    """(x, y, on, t in us) as five bytes each."""
    return b"".join(bytes([x, y, on << 7 | t >> 16, t >> 8 & 255, t & 255]) for x, y, on, t in events)


def aedat(packets: list[tuple[int, int, list[tuple[int, int, int, int, int]]]]) -> bytes:
    """Packets of (type, overflow, [(x, y, on, t in us, valid)])."""
    out = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Start-Time: 2017-01-01 00:00:00 (TZ+0000)\r\n"
    out += b"#!END-HEADER\r\n"
    for kind, overflow, events in packets:
        n = len(events)
        out += struct.pack("<hhiiiiii", kind, 1, 8, 4, overflow, n, n, sum(e[4] for e in events))
        out += b"".join(struct.pack("<Ii", valid | on << 1 | y << 2 | x << 17, t) for x, y, on, t, valid in events)
    return out


def wav(samples: np.ndarray, rate: int = 8000, width: int = 2, channels: int = 1) -> bytes:
    box = io.BytesIO()
    with wave.open(box, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.astype({1: "u1", 2: "<i2"}[width]).tobytes())
    return box.getvalue()


def spiking_hdf5(path: Path, n: int = 6, n_classes: int = 3, seed: int = 0, extra: bool = True) -> list:
    """A file as that of SHD; returns (times in s, units, label, speaker) of each sample."""
    import h5py

    rng = np.random.default_rng(seed)
    samples = []
    for i in range(n):
        k = int(rng.integers(3, 9))
        times = np.sort(rng.uniform(0, 0.9, k)).astype(np.float16)
        samples.append((times, rng.integers(0, 700, k).astype(np.uint16), i % n_classes, i % 2))
    with h5py.File(path, "w") as file:
        for name, column, kind in (("times", 0, np.float16), ("units", 1, np.uint16)):
            box = file.create_dataset(f"spikes/{name}", (n,), dtype=h5py.vlen_dtype(np.dtype(kind)))
            for i, sample in enumerate(samples):
                box[i] = sample[column]
        file["labels"] = np.array([s[2] for s in samples], np.uint16)
        if extra:
            file["extra/speaker"] = np.array([s[3] for s in samples], np.uint16)
            file["extra/keys"] = np.array([f"word {k}".encode() for k in range(n_classes)])
    return samples


def zipped(files: dict[str, bytes]) -> bytes:
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return box.getvalue()
