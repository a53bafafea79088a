"""Cochlea encoder: place of tones, the filters' gain, phase locking, steps of any length."""

from __future__ import annotations

import numpy as np
import pytest
from encoder_runs import encoder, run

import ngcsnn as ng
from ngcsnn.components import CochleaEncoder


def tone(part, frequency, n_steps, amplitude=1.0):
    t = np.arange(n_steps * part.samples) / part.sample_rate
    return (amplitude * np.sin(2 * np.pi * frequency * t)).reshape(n_steps, 1, part.samples)


def test_centre_frequencies_are_even_on_the_erb_scale():
    _, part = encoder(CochleaEncoder, n_channels=9, f_min=100.0, f_max=4000.0)
    f = part.centre_frequencies
    assert f[0] == pytest.approx(100.0) and f[-1] == pytest.approx(4000.0)
    steps = np.diff(21.4 * np.log10(1 + 0.00437 * f))
    np.testing.assert_allclose(steps, steps[0])


def test_a_tone_excites_its_place_most():
    _, part = encoder(CochleaEncoder, n_channels=12, f_min=200.0, f_max=3000.0, max_rate=400.0)
    for channel in (2, 6, 10):
        part.context.reset()
        counts = run(part, tone(part, part.centre_frequencies[channel], 200))["s"][50:, 0].sum(0)
        assert counts.argmax() == channel
        assert counts[channel] > 1.15 * max(counts[channel - 2], counts[channel + 1])


@pytest.mark.parametrize("detune", [-150.0, 0.0, 60.0, 300.0])
def test_the_filters_gain_is_that_of_a_gammatone(x64, detune):
    """A cascade of four one-pole filters: |(1 - r) / (1 - r exp(i w))|^4 with w the detuning per sample."""
    _, part = encoder(CochleaEncoder, n_channels=1, f_min=1000.0, f_max=1000.0)
    out = run(part, tone(part, 1000.0 + detune, 100))
    loudest = np.abs(out["real"][50:, 0, 0, -1] + 1j * out["imag"][50:, 0, 0, -1]).mean()
    r = np.abs(part.pole()[0])
    want = np.abs((1 - r) / (1 - r * np.exp(2j * np.pi * detune / part.sample_rate))) ** 4
    assert loudest == pytest.approx(want, rel=0.01, abs=2e-3)


def test_units_lock_to_the_phase_of_a_low_tone(x64):
    _, part = encoder(CochleaEncoder, n_channels=1, f_min=250.0, f_max=250.0, dt=0.25, max_rate=2000.0)
    out = run(part, tone(part, 250.0, 2400))
    s, moment = out["s"][800:, 0, 0], out["s.offset"][800:, 0, 0]
    at = (np.flatnonzero(s) + 1) * 0.25 + moment[s > 0] / s[s > 0]
    locking = np.abs(np.mean(np.exp(2j * np.pi * 0.25 * at)))  # vector strength
    assert len(at) > 100 and locking > 0.55


def test_the_rate_of_a_tone_is_the_mean_of_its_drive(x64):
    _, part = encoder(CochleaEncoder, n_channels=1, f_min=500.0, f_max=500.0, compression=1.0, max_rate=300.0)
    s = run(part, tone(part, 500.0, 1100, amplitude=0.8))["s"][100:, 0, 0]
    assert s.sum() == pytest.approx(0.8 * 300.0 / np.pi, abs=2.0)  # events in one second


def test_the_step_length_changes_nothing_but_the_grid(x64):
    times = []
    wave = np.random.default_rng(0).normal(size=1600)
    for dt in (0.5, 2.0):
        _, part = encoder(CochleaEncoder, n_channels=4, dt=dt, max_rate=150.0)
        out = run(part, wave.reshape(-1, 1, part.samples))
        assert part.samples == 16 * dt
        ends = dt * np.arange(1, len(out["s"]) + 1)[:, None, None]
        times.append((out["s"].sum(0), (out["s"] * ends + out["s.offset"]).sum(0)))  # number, sum of times
    assert times[0][0].sum() > 8
    np.testing.assert_array_equal(times[0][0], times[1][0])
    np.testing.assert_allclose(times[0][1], times[1][1], rtol=1e-9)


def test_impossible_numbers_are_refused():
    with pytest.raises(ng.GraphError, match="dt must be a whole number of samples; 1.0 ms are 22.05"):
        encoder(CochleaEncoder, n_channels=1, sample_rate=22050.0)
    with pytest.raises(ng.GraphError, match="f_min <= f_max < sample_rate / 2 = 4000 Hz, got 100 and 6000"):
        encoder(CochleaEncoder, n_channels=1, sample_rate=8000.0)
    with pytest.raises(ng.GraphError, match="`compression` must be <= 1"):
        encoder(CochleaEncoder, n_channels=1, compression=1.5)
