"""Made-up recordings in the files and format of the Free Spoken Digit Dataset, for machines that have no real ones.

python tests/museum/generated_fsdd.py FOLDER     writes {digit}_{speaker}_{index}.wav; NGCSNN_DATA: the folder above
Each digit is two tones that glide, each speaker sounds higher or lower. They only show that an exhibit runs: no figure
reached on them says anything of speech.
"""

from __future__ import annotations

import sys
import wave
from pathlib import Path

import numpy as np

RATE = 8000  # Hz
SPEAKERS = {"george": 1.0, "jackson": 1.15, "theo": 0.9}
TAKES = 8


def tones(digit: int, pitch: float, rng: np.random.Generator) -> np.ndarray:
    """(n,) int16: 0.25 to 0.35 s, tones from one frequency to another."""
    t = np.arange(int(rng.uniform(0.25, 0.35) * RATE)) / RATE
    share = t / t[-1]
    low = pitch * (300 + 60 * (digit % 5) + 250 * (digit // 5) * share)
    high = pitch * (1200 + 150 * (9 - digit) * (1 - share))
    sound = sum(np.sin(2 * np.pi * np.cumsum(f) / RATE) for f in (low, high)) * np.hanning(len(t))
    return np.round(6000 * sound + rng.normal(0, 30, len(t))).astype(np.int16)


def write_files(folder: Path) -> None:
    """Write the recordings of ten digits by three speakers."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for speaker, pitch in SPEAKERS.items():
        for digit in range(10):
            for take in range(TAKES):
                with wave.open(str(folder / f"{digit}_{speaker}_{take}.wav"), "wb") as file:
                    file.setnchannels(1)
                    file.setsampwidth(2)
                    file.setframerate(RATE)
                    file.writeframes(tones(digit, pitch, rng).tobytes())


if __name__ == "__main__":
    write_files(Path(sys.argv[1]))
