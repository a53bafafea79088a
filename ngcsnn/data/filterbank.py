"""Loudness of a waveform in bands of equal width in mel."""

from __future__ import annotations

import numpy as np

from ngcsnn.data.argument_checks import check_int, check_number


def loudness(
    waveform: np.ndarray,
    rate: float,
    n_bands: int = 40,
    f_min: float = 50.0,
    f_max: float | None = None,
    window: float = 25.0,
    hop: float = 5.0,
    span: float = 60.0,
) -> np.ndarray:
    """Return the loudness of each band over time, from 0 to 1: 1 is the loudest moment of any, 0 is `span` dB below.

    Triangular bands, equally wide and half overlapping on the scale mel(f) = 2595 log10(1 + f / 700), over the power of
    a Hann window's Fourier transform.

    Args:
        waveform: (n,) numbers. rate: samples per second in Hz.
        n_bands: number of bands from f_min to f_max, in Hz; None: half the rate.
        window, hop: length of the window and distance of two, ms. span: dB.
    Returns: (n_times, n_bands) float64, row k at the time k hop, where its window is centred.
    Source: S. S. Stevens, J. Volkmann, E. B. Newman 1937, doi:10.1121/1.1915893 (mel).
    """
    check_int("n_bands", n_bands, 1)
    top = rate / 2 if f_max is None else check_number("f_max", f_max, "Hz", low=0.0, exclusive=True)
    if not 0 <= f_min < top <= rate / 2:
        raise ValueError(
            f"0 <= f_min < f_max <= {rate / 2:g} Hz, half the rate, is needed; got {f_min:g} to {top:g} Hz"
        )
    size, stride = round(window * rate / 1000), round(hop * rate / 1000)
    if size < 2 or stride < 1:
        raise ValueError(f"`window` and `hop` must last 2 and 1 samples of {1000 / rate:g} ms at least")
    x = np.pad(np.asarray(waveform, np.float64), (size // 2, size - size // 2))
    frames = np.lib.stride_tricks.sliding_window_view(x, size)[::stride]
    power = np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)) ** 2
    edges = _hertz(np.linspace(_mel(f_min), _mel(top), n_bands + 2))
    f = np.fft.rfftfreq(size, 1 / rate)
    rise = (f - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    fall = (edges[2:, None] - f) / (edges[2:] - edges[1:-1])[:, None]
    bands = np.maximum(0.0, np.minimum(rise, fall))
    # a band narrower than the transform resolves takes the nearest frequency
    narrow = np.flatnonzero(bands.sum(axis=1) == 0)
    bands[narrow, np.argmin(np.abs(f - edges[1:-1][narrow, None]), axis=1)] = 1.0
    energy = power @ (bands / bands.sum(axis=1, keepdims=True)).T
    peak = energy.max()
    if peak <= 0:
        return np.zeros_like(energy)
    floor = peak * 10 ** (-span / 10)
    return 1.0 + 10 * np.log10(np.maximum(energy, floor) / peak) / span


def _mel(f: float) -> float:
    return 2595.0 * np.log10(1.0 + f / 700.0)


def _hertz(mel: np.ndarray) -> np.ndarray:
    return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
