"""SpikeCountRegulariser: values and gradients by hand."""

import jax
import numpy as np
import pytest

from ngcsnn.objectives import SpikeCountRegulariser

COUNTS = np.array([[5, 1, 3], [0, 2, 4]])
S = (np.arange(6)[:, None, None] < COUNTS).astype(float)  # (6, 2, 3): that many spikes each


def cost(**fields) -> float:
    return float(SpikeCountRegulariser(**fields)({"counted": S}, {}, np.ones(2)))


def test_values_by_hand(x64) -> None:
    assert cost(target=3.0, strength_upper=0.5) == pytest.approx(0.25 * (4 + 0 + 0 + 1))
    assert cost(target=3.0, strength_lower=2.0) == pytest.approx(1.0 * (4 + 9 + 1))
    assert cost(target=3.0, strength_upper=0.5, strength_lower=2.0) == pytest.approx(1.25 + 14.0)
    means = np.array([2.5, 1.5, 3.5])
    want = 2 * (0.25 * 0.25 + 1.0 * (0.25 + 2.25))  # two samples
    assert np.array_equal(COUNTS.mean(axis=0), means)
    assert cost(target=3.0, strength_upper=0.5, strength_lower=2.0, over="batch") == pytest.approx(want)


@pytest.mark.parametrize("over", ["sample", "batch"])
def test_every_spike_gets_strength_times_distance(x64, over) -> None:
    one = SpikeCountRegulariser(3.0, 0.5, 2.0, over=over)
    g = jax.grad(lambda s: one({"counted": s}, {}, np.ones(2)))(S)
    c = COUNTS if over == "sample" else COUNTS.mean(axis=0) * np.ones((2, 1))
    np.testing.assert_allclose(g, np.broadcast_to(np.where(c > 3, 0.5, 2.0) * (c - 3), S.shape), atol=1e-14)
