"""Cross-entropy of a softmax over the last axis, whatever comes before it."""

import jax
import numpy as np

from ngcsnn.objectives.cross_entropy import softmax_cross_entropy


def test_values_by_hand(x64) -> None:
    y = np.log(np.array([[1.0, 2.0, 5.0], [4.0, 4.0, 8.0]]))
    np.testing.assert_allclose(softmax_cross_entropy(y, np.array([1, 2]), 1.0), -np.log([2 / 8, 8 / 16]))
    np.testing.assert_allclose(softmax_cross_entropy(y[0], np.array(0), 0.5), -np.log(1 / 30))


def test_further_axes_are_taken_one_by_one(x64) -> None:
    rng = np.random.default_rng(0)
    y, target = rng.normal(size=(4, 5, 3)), rng.integers(0, 3, (4, 5))
    each = [[softmax_cross_entropy(y[b, t], target[b, t], 2.0) for t in range(5)] for b in range(4)]
    np.testing.assert_allclose(softmax_cross_entropy(y, target, 2.0), np.array(each))


def test_a_low_temperature_overflows_nowhere() -> None:
    y = np.array([[1e6, 0.0, -1e6]], np.float32)
    value, g = jax.value_and_grad(lambda y: softmax_cross_entropy(y, np.array([2]), 1e-3).sum())(y)
    assert np.isfinite(value) and np.isfinite(g).all()
