"""Poisson encoder: counts, intervals, refractory time, times inside the step."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from encoder_runs import encoder, held, run, single_times

from ngcsnn.components import PoissonEncoder


def ks_distance(sample: np.ndarray, cdf) -> float:
    """The Kolmogorov-Smirnov distance times sqrt(n): below 1.95 with probability 0.999."""
    x = np.sort(sample)
    n, f = len(x), cdf(x)
    return np.sqrt(n) * max(np.max(np.arange(1, n + 1) / n - f), np.max(f - np.arange(n) / n))


def test_counts_are_poisson_also_with_many_events_in_a_step():
    for dt, rate in ((1.0, 50.0), (20.0, 300.0)):
        _, part = encoder(PoissonEncoder, n_units=200, dt=dt, batch=2, max_rate=rate)
        s = held(part, 1.0, 100)["s"]
        mean = rate * dt / 1000.0
        n = s.size
        assert s.mean() == pytest.approx(mean, abs=4 * np.sqrt(mean / n))
        assert s.var() / s.mean() == pytest.approx(1.0, abs=4 * np.sqrt(2.0 / n) + 0.02)  # Fano factor
        none = np.exp(-mean)
        assert np.mean(s == 0) == pytest.approx(none, abs=4 * np.sqrt(none * (1 - none) / n))
        windows = s.reshape(10, 10, -1).sum(1)  # counts of ten steps: independent steps add their variances
        assert windows.var() / windows.mean() == pytest.approx(1.0, abs=4 * np.sqrt(2.0 / windows.size) + 0.02)


@pytest.mark.parametrize("refract_time", [0.6, 3.0])
def test_intervals_are_exponential_after_the_refractory_time(refract_time):
    dt, rate, n_units = 0.5, 100.0, 60
    _, part = encoder(PoissonEncoder, n_units=n_units, dt=dt, max_rate=rate, refract_time=refract_time)
    out = held(part, 1.0, 4000)
    gaps = [np.diff(single_times(out["s"][:, 0, i], out["s.offset"][:, 0, i], dt)) for i in range(n_units)]
    gaps = np.concatenate(gaps)
    assert len(gaps) > 2000
    assert gaps.min() >= refract_time - 1e-3
    assert ks_distance(gaps, lambda g: 1.0 - np.exp(-(g - refract_time) * rate / 1000.0)) < 1.95
    mean = refract_time + 1000.0 / rate
    assert gaps.mean() == pytest.approx(mean, abs=4 * 1000.0 / rate / np.sqrt(len(gaps)) + 0.15)


def test_the_rate_with_a_refractory_time_longer_than_a_step_and_shorter():
    for dt in (0.5, 10.0):
        _, part = encoder(PoissonEncoder, n_units=400, dt=dt, max_rate=400.0, refract_time=5.0)
        rate = held(part, 1.0, round(1000 / dt))["s"].sum(0).mean()  # per second
        renewal = 400.0 / (1 + 0.4 * 5.0)
        assert rate == pytest.approx(renewal, rel=0.02)


def test_events_lie_uniformly_in_the_step():
    dt = 2.0
    _, part = encoder(PoissonEncoder, n_units=500, dt=dt, max_rate=40.0)
    out = held(part, 1.0, 200)
    alone = out["s"] == 1
    offsets = out["s.offset"][alone]
    assert len(offsets) > 4000 and offsets.max() <= 0 and offsets.min() > -dt
    assert ks_distance(offsets, lambda o: (o + dt) / dt) < 1.95


def test_on_a_grid_events_lie_at_the_steps_end_and_are_the_same_events():
    outs = [
        held(encoder(PoissonEncoder, n_units=20, timing=timing, max_rate=500.0)[1], 1.0, 20)
        for timing in ("grid", "precise")
    ]
    assert not outs[0]["s.offset"].any() and outs[1]["s.offset"].any()
    np.testing.assert_array_equal(outs[0]["s"], outs[1]["s"])


def test_silence_where_the_input_is_zero_or_negative_and_the_rest_of_an_interval_is_kept():
    _, part = encoder(PoissonEncoder, n_units=300, max_rate=100.0)
    x = np.zeros((60, 1, 300))
    x[:, :, 150:] = -1.0
    assert not run(part, x)["s"].any()
    _, part = encoder(PoissonEncoder, n_units=4000, max_rate=100.0)
    x = np.tile([1.0, 0.0], 100)[:, None, None] * np.ones((1, 4000))  # on every second step only
    s = run(part, x)["s"]
    assert not s[1::2].any()
    assert s.sum(0).mean() == pytest.approx(100 * 0.1, abs=4 * np.sqrt(10 / 4000))


def test_a_rate_beyond_all_bounds_ends():
    _, part = encoder(PoissonEncoder, n_units=1, max_rate=1e9)
    assert held(part, np.inf, 1)["s"][0, 0, 0] == 1000


def test_the_derivative_is_that_of_the_compensator(x64):
    net, part = encoder(PoissonEncoder, n_units=2, dt=4.0, max_rate=100.0)
    state = net.state

    def read(name):
        return lambda x: net.advance.pure(state, {part.inputs: x})["part"][name].sum()

    x = np.array([[0.5, 2.0]])
    np.testing.assert_allclose(jax.grad(read("s"))(x), 0.1 * 4.0)  # d(rate dt)/dx
    np.testing.assert_allclose(jax.grad(read("s.offset"))(x), -0.1 * 4.0**2 / 2)
    net.state = {"part": {"resting": np.array([[3.0, 10.0]])}}
    state = net.state
    np.testing.assert_allclose(jax.grad(read("s"))(x), [[0.1, 0.0]])  # free in the last of the four ms, and not at all
