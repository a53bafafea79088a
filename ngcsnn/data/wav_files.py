"""Sound in .wav files of 16 bits, one channel."""

from __future__ import annotations

import os
import struct
import wave
from pathlib import Path

import numpy as np


def read_wav(path: str | os.PathLike[str]) -> tuple[np.ndarray, int]:
    """Return (samples (n,) int16, rate in Hz) of a .wav file.

    Raises: FileNotFoundError; ValueError naming the file, for one that is truncated, corrupt or of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"no .wav file at {str(path)!r}")
    try:
        with wave.open(str(path), "rb") as file:
            form = file.getparams()
            content = file.readframes(form.nframes)
    except (wave.Error, EOFError, struct.error, RuntimeError) as error:
        raise ValueError(f"{str(path)!r} cannot be read: it is truncated, corrupt or no .wav file ({error})") from error
    if form.sampwidth != 2 or form.nchannels != 1 or form.framerate < 1:
        raise ValueError(
            f"{str(path)!r} must be of 16 bits and one channel, got {8 * form.sampwidth} bits, {form.nchannels} "
            f"channels, {form.framerate} Hz"
        )
    if len(content) != 2 * form.nframes:
        raise ValueError(
            f"{str(path)!r} is truncated: {form.nframes} samples are stated, {len(content) // 2} are there"
        )
    if form.nframes == 0:
        raise ValueError(f"{str(path)!r} is empty: it holds no sample of sound")
    return np.frombuffer(content, "<i2").astype(np.int16), form.framerate
