"""Leaky noise cells: variance and correlation of the state at any step, noise of the rate, drift."""

from __future__ import annotations

import numpy as np
import pytest
from encoder_runs import encoder

from ngcsnn.components import LeakyNoiseCell


def run(part, n_steps, **fed):
    shape = (n_steps, part.context.batch_size, part.n_units)
    inputs = {part.compartment(k): np.broadcast_to(np.asarray(v, float), shape) for k, v in fed.items()}
    out = part.context.advance.scan(inputs=inputs, n_steps=n_steps, watch=[part.x, part.r, part.r_prime])
    return {k.partition(".")[2]: np.asarray(v) for k, v in out.items()}


@pytest.mark.parametrize("dt", [1.0, 20.0])
@pytest.mark.parametrize("leak", [1.0, 2.5])
def test_the_stationary_variance_does_not_follow_dt(dt, leak):
    _, part = encoder(LeakyNoiseCell, n_units=500, dt=dt, tau_x=10.0, sigma_pre=0.4, leak=leak)
    x = run(part, round(60.0 / dt) + 200, j=0.3)["x"][round(60.0 / dt) :, 0]
    assert x.mean() == pytest.approx(0.3 / leak, abs=0.02)
    assert x.var() == pytest.approx(0.4**2 / leak, rel=0.04)
    lag = round(40.0 / dt) // 4
    middle = x - x.mean()
    correlation = np.mean(middle[lag:] * middle[:-lag]) / x.var() if lag else 1.0
    assert correlation == pytest.approx(np.exp(-leak * lag * dt / 10.0), abs=0.04)


def test_euler_is_song_and_wangs_step_and_tends_to_the_same_variance():
    """x + a (-x + j) + sqrt(2 a sigma^2) n, a = dt / tau: variance sigma^2 / (1 - a / 2)."""
    _, part = encoder(LeakyNoiseCell, n_units=500, dt=4.0, tau_x=10.0, sigma_pre=0.4, integration="euler")
    x = run(part, 400)["x"][100:]
    assert x.var() == pytest.approx(0.4**2 / (1 - 0.2), rel=0.03)


def test_drift_without_noise(x64):
    for integration, rtol in (("exact", 1e-12), ("rk4", 1e-4), ("euler", 0.1)):
        _, part = encoder(
            LeakyNoiseCell, n_units=1, dt=1.0, tau_x=10.0, sigma_pre=0.0, sigma_post=0.0, integration=integration
        )
        out = run(part, 20, j=0.5, j_rec=0.2)
        want = 0.7 * (1 - np.exp(-np.arange(1, 21) / 10.0))
        np.testing.assert_allclose(out["x"][:, 0, 0], want, rtol=rtol)
        np.testing.assert_array_equal(out["r"], out["x"])
        np.testing.assert_array_equal(out["r_prime"], 1.0)


def test_noise_of_the_rate_is_independent_of_that_of_the_state():
    _, part = encoder(LeakyNoiseCell, n_units=2000, tau_x=1.0, sigma_pre=0.3, sigma_post=0.5, nonlinearity="identity")
    out = run(part, 60)
    post = (out["r"] - out["x"])[20:, 0]
    assert post.std() == pytest.approx(0.5, rel=0.01)
    assert abs(np.corrcoef(post.ravel(), out["x"][20:, 0].ravel())[0, 1]) < 0.015


def test_samples_and_units_have_noise_of_their_own_and_a_seed_repeats_it():
    runs = [run(encoder(LeakyNoiseCell, n_units=3, batch=2, seed=s)[1], 5)["x"] for s in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert len(np.unique(runs[0])) == runs[0].size and not np.array_equal(runs[0], runs[2])
