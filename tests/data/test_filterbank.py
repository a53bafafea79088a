"""Loudness in bands."""

from __future__ import annotations

import numpy as np
import pytest

from ngcsnn.data import loudness

T = np.arange(8000) / 8000


def test_a_tone_is_loudest_in_its_band() -> None:
    best = []
    for f in (200.0, 800.0, 2500.0):
        bands = loudness(np.sin(2 * np.pi * f * T), 8000, 20)
        best.append(int(bands.mean(axis=0).argmax()))
        assert bands.max() == 1.0 and bands.min() >= 0.0
    mel = 2595 * np.log10(1 + np.array([50, 200, 800, 2500, 4000]) / 700)
    wanted = (mel[1:4] - mel[0]) / (mel[4] - mel[0]) * 21 - 1
    np.testing.assert_allclose(best, wanted, atol=0.75)


def test_half_the_amplitude_is_six_decibels() -> None:
    quiet = np.where(T < 0.5, 1.0, 0.5) * np.sin(2 * np.pi * 440 * T)
    bands = loudness(quiet, 8000, 10, span=60.0)
    c = bands.mean(axis=0).argmax()
    early, late = bands[60:90, c].mean(), bands[110:190, c].mean()
    assert (early - late) * 60 == pytest.approx(20 * np.log10(2), abs=0.05)


def test_rows_come_every_hop_and_silence_is_zero() -> None:
    assert loudness(np.zeros(8000), 8000, 5, hop=10.0).shape == (101, 5)
    assert not loudness(np.zeros(80), 8000).any()
    assert np.isfinite(loudness(np.ones(1), 8000)).all()


def test_no_band_is_empty_even_if_it_is_narrow() -> None:
    noise = np.random.default_rng(0).normal(size=8000)
    assert np.all(loudness(noise, 8000, 100).max(axis=0) > 0.5)


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="half the rate"):
        loudness(T, 8000, f_max=5000.0)
    with pytest.raises(ValueError, match="`window` and `hop`"):
        loudness(T, 8000, hop=0.01)
    with pytest.raises(ValueError, match="`n_bands`"):
        loudness(T, 8000, 0)
