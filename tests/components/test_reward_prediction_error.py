"""Reward prediction error: running and episodic predictions."""

from __future__ import annotations

import numpy as np
import pytest
from encoder_runs import encoder

import ngcsnn as ng
from ngcsnn.components import RewardPredictionErrorCell


def run(part, reward, done=None):
    inputs = {part.reward: np.asarray(reward, float)}
    if done is not None:
        inputs[part.done] = np.asarray(done, float)
    out = part.context.advance.scan(inputs=inputs, watch=[part.mu, part.rpe, part.accumulated, part.n_steps])
    return {k.partition(".")[2]: np.asarray(v) for k, v in out.items()}


def test_the_error_to_a_constant_reward_decays_geometrically(x64):
    _, part = encoder(RewardPredictionErrorCell, n_units=1, alpha=0.2)
    out = run(part, np.full((10, 1, 1), 2.0))
    np.testing.assert_allclose(out["rpe"][:, 0, 0], 2.0 * 0.8 ** np.arange(10), rtol=1e-12)
    np.testing.assert_allclose(out["mu"][:, 0, 0], 2.0 * (1 - 0.8 ** np.arange(1, 11)), rtol=1e-12)
    np.testing.assert_allclose(out["accumulated"][:, 0, 0], 2.0 * np.arange(1, 11))


def test_episodes_of_each_sample_end_on_their_own(x64):
    _, part = encoder(RewardPredictionErrorCell, n_units=1, batch=2, online=False, window=4.0)
    reward = np.array([[1.0, 4.0], [3.0, 4.0], [5.0, 4.0], [7.0, 4.0]])[..., None]
    done = np.array([[0, 0], [1, 0], [0, 0], [0, 1]])
    out = run(part, reward, done)
    np.testing.assert_allclose(out["mu"][..., 0], [[0, 0], [0.5, 0], [0.5, 0], [0.5, 1.0]])
    np.testing.assert_allclose(out["rpe"][..., 0], [[1, 4], [3, 4], [4.5, 4], [6.5, 4]])
    np.testing.assert_allclose(out["accumulated"][..., 0], [[1, 4], [0, 8], [5, 12], [12, 0]])
    np.testing.assert_allclose(out["n_steps"], [[1, 1], [0, 2], [1, 3], [2, 0]])


def test_what_does_not_apply_is_refused():
    with pytest.raises(ng.GraphError, match="`window` does not apply with online=True, got 5"):
        encoder(RewardPredictionErrorCell, n_units=1, window=5.0)
    with pytest.raises(ng.GraphError, match="`alpha` does not apply with online=False, got 0.1"):
        encoder(RewardPredictionErrorCell, n_units=1, online=False, alpha=0.1)
