"""FirstSpikeExp: its late term; the rest is FirstSpike's."""

import jax
import numpy as np
import pytest

from ngcsnn.graph import GraphError
from ngcsnn.objectives import FirstSpike, FirstSpikeExp

TIMES = np.array([[3.0, 2.0, 5.5], [11.0, 7.0, 12.0]])
LABELS = np.array([0, 2])


def test_value_by_hand(x64) -> None:
    loss = FirstSpikeExp(temperature=0.7, ttfs_alpha=0.2, tau_1=4.0, trial=10.0)
    plain = FirstSpike(0.7, 0.0, trial=10.0)(TIMES, LABELS)
    at_end = np.exp(10 / 4)
    late = np.array([np.exp(3 / 4) - 1, at_end - 1 + at_end * (12 - 10) / 4])
    np.testing.assert_allclose(loss(TIMES, LABELS), plain + 0.2 * late, rtol=1e-13)


def test_gradient_against_finite_differences(x64) -> None:
    loss = FirstSpikeExp(trial=10.0)
    g = jax.grad(lambda t: loss(t, LABELS).sum())(TIMES)
    eps = 1e-6
    for index in np.ndindex(TIMES.shape):
        step = np.zeros_like(TIMES)
        step[index] = eps
        numeric = (loss(TIMES + step, LABELS) - loss(TIMES - step, LABELS)).sum() / (2 * eps)
        assert abs(g[index] - numeric) < 1e-7


def test_defaults_are_the_published_ones() -> None:
    assert FirstSpikeExp() == FirstSpikeExp(0.5, 0.003, 6.4)


def test_an_exponential_that_no_float_holds_is_refused() -> None:
    with pytest.raises(
        GraphError, match=r"`tau_1` of loss 'first_spike_exp' is 6.4 ms for .* 1000 ms.*at least 16.7 ms"
    ):
        FirstSpikeExp().fitted(1000.0)
    assert np.isfinite(FirstSpikeExp(ttfs_alpha=0.0).fitted(1000.0)(np.full((1, 3), 1001.0, np.float32), np.array([0])))
    with pytest.raises(ValueError, match="`tau_1` of FirstSpikeExp must be a finite number > 0 ms"):
        FirstSpikeExp(tau_1=0.0)
