"""PopulationCountRegulariser: values and gradients by hand."""

import jax
import numpy as np
import pytest

from ngcsnn.objectives import PopulationCountRegulariser

COUNTS = np.array([[5, 1, 3], [0, 2, 4]])  # 9 and 6 spikes
S = (np.arange(6)[:, None, None] < COUNTS).astype(float)


def cost(**fields) -> float:
    return float(PopulationCountRegulariser(**fields)({"counted": S}, {}, np.ones(2)))


def test_values_by_hand(x64) -> None:
    assert cost(target=7.0, strength_upper=0.5) == pytest.approx(0.25 * 4)
    assert cost(target=7.0, strength_lower=2.0) == pytest.approx(1.0)
    assert cost(target=7.0, strength_upper=0.5, strength_lower=2.0) == pytest.approx(2.0)
    assert cost(target=7.0, strength_upper=0.5, over="batch") == pytest.approx(2 * 0.25 * 0.25)  # of the mean, 7.5


def test_all_spikes_of_a_sample_get_the_same(x64) -> None:
    one = PopulationCountRegulariser(7.0, 0.5, 2.0)
    g = jax.grad(lambda s: one({"counted": s}, {}, np.ones(2)))(S)
    want = np.array([0.5 * 2, 2.0 * -1])[None, :, None]
    np.testing.assert_allclose(g, np.broadcast_to(want, S.shape), atol=1e-14)
