"""SpikeCount: the number, and its gradient."""

import jax
import numpy as np

from ngcsnn.objectives import SpikeCount


def test_spikes_are_counted_and_each_step_counts_one() -> None:
    s = np.array([[0, 1], [1, 1], [0, 0], [1, 0]], np.float32)[:, None]
    np.testing.assert_array_equal(SpikeCount()(s, 0.5), [[2, 2]])
    np.testing.assert_array_equal(jax.grad(lambda s: SpikeCount()(s, 0.5)[0, 1])(s)[:, 0], [[0, 1]] * 4)


def test_it_needs_surrogate_gradients() -> None:
    assert SpikeCount().needs_surrogate
