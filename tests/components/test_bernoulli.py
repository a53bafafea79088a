"""Bernoulli encoder: mean, variance, independence, rates."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from encoder_runs import encoder, held, run

from ngcsnn.components import BernoulliEncoder


def test_mean_variance_and_independence():
    p = np.array([0.0, 0.1, 0.5, 0.8, 1.0])
    _, part = encoder(BernoulliEncoder, n_units=5, batch=4)
    s = held(part, p, 5000)["s"]
    n = 20_000
    assert set(np.unique(s)) == {0.0, 1.0}
    np.testing.assert_allclose(s.mean((0, 1)), p, atol=4 * np.sqrt(0.25 / n))
    np.testing.assert_allclose(s.var((0, 1)), p * (1 - p), atol=0.01)
    middle = s[..., 1:4] - p[1:4]
    lagged = np.mean(middle[1:] * middle[:-1], (0, 1))  # one step with the next
    across = np.mean(middle[..., 0] * middle[..., 1]), np.mean(middle[:, 0] * middle[:, 1])
    assert np.all(np.abs(lagged) < 4 * 0.25 / np.sqrt(n)) and np.all(np.abs(across) < 4 * 0.25 / np.sqrt(n))


def test_with_a_rate_the_count_per_second_does_not_follow_dt():
    for dt in (0.25, 1.0, 4.0):
        _, part = encoder(BernoulliEncoder, n_units=400, dt=dt, max_rate=100.0)
        rate = held(part, 0.5, round(1000 / dt))["s"].sum(0).mean()
        assert rate == pytest.approx(50.0, abs=4 * np.sqrt(50 / 400))


def test_inputs_outside_of_0_and_1_are_cut():
    _, part = encoder(BernoulliEncoder, n_units=2)
    s = held(part, [-3.0, 2.5], 50)["s"]
    assert not s[..., 0].any() and s[..., 1].all()


def test_the_same_seed_draws_the_same_and_another_one_does_not():
    runs = [held(encoder(BernoulliEncoder, n_units=50, seed=seed)[1], 0.5, 20)["s"] for seed in (3, 3, 4)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_the_next_trial_draws_other_numbers():
    net, part = encoder(BernoulliEncoder, n_units=50)
    first = held(part, 0.5, 20)["s"]
    net.reset()
    assert not np.array_equal(first, held(part, 0.5, 20)["s"])


def test_the_derivative_is_that_of_the_mean():
    net, part = encoder(BernoulliEncoder, n_units=3, max_rate=500.0)
    state = net.state

    def total(x):
        return net.advance.pure(state, {part.inputs: x})["part"]["s"].sum()

    np.testing.assert_allclose(jax.grad(total)(np.full((1, 3), 0.3, np.float32)), 0.5)
    np.testing.assert_allclose(jax.grad(total)(np.full((1, 3), 9.0, np.float32)), 0.0)  # cut


def test_events_lie_at_the_steps_end():
    _, part = encoder(BernoulliEncoder, n_units=3)
    assert not run(part, np.full((20, 1, 3), 0.7))["s.offset"].any()
