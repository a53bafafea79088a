"""RelativeMeanSquareError: values by hand, gradients, the hinge, silent units."""

import jax
import numpy as np
import pytest

from ngcsnn.objectives import RelativeMeanSquareError

TIMES = np.array([[3.0, 5.0, 8.0], [4.0, 11.0, 4.5], [11.0, 5.0, 11.0], [11.0, 11.0, 11.0]])  # of trials of 10 ms
LABELS = np.array([0, 0, 0, 1])
DELTA = 1.5


def loss(**fields) -> RelativeMeanSquareError:
    return RelativeMeanSquareError(DELTA, trial=10.0, **fields)


def test_values_by_hand(x64) -> None:
    want = [
        (0.5**2 + 3.5**2) / 2,
        (1.0**2) / 2,  # the silent unit is late enough
        ((5 - 11 - DELTA) ** 2 + DELTA**2) / 2,  # a silent label
        2 * DELTA**2 / 2,
    ]
    np.testing.assert_allclose(loss()(TIMES, LABELS), want, rtol=1e-13)
    want[0] = 0.0
    np.testing.assert_allclose(loss(hinge=True)(TIMES, LABELS), want, rtol=1e-13)


@pytest.mark.parametrize("hinge", [False, True])
def test_gradient_against_finite_differences(x64, hinge) -> None:
    one = loss(hinge=hinge)
    g = jax.grad(lambda t: one(t, LABELS).sum())(TIMES)
    eps = 1e-6
    for index in np.ndindex(TIMES.shape):
        step = np.zeros_like(TIMES)
        step[index] = eps
        numeric = (one(TIMES + step, LABELS) - one(TIMES - step, LABELS)).sum() / (2 * eps)
        assert abs(g[index] - numeric) < 1e-7


def test_gradient_is_the_published_one_where_all_spike(x64) -> None:
    g = jax.grad(lambda t: loss()(t, LABELS[:1]).sum())(TIMES[:1])
    np.testing.assert_allclose(g, [[-(0.5 + 3.5), 0.5, 3.5]])


def test_a_label_near_the_end_has_no_cost_of_silent_units_that_it_could_pay_by_waiting(x64) -> None:
    """The one-sided error: a label is never drawn later because others are silent."""
    for t_label in (1.0, 5.0, 9.0):
        t = np.array([[t_label, 11.0, 11.0]])
        assert jax.grad(lambda t: loss()(t, np.array([0])).sum())(t)[0, 0] >= 0


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"delta": -1.0}, ValueError, "`delta` of RelativeMeanSquareError must be a finite number >= 0 ms"),
        ({"delta": 1.0, "hinge": 1}, TypeError, "`hinge` of RelativeMeanSquareError must be True or False, got 1"),
    ],
)
def test_bad_values_are_refused(values, error, message) -> None:
    with pytest.raises(error, match=message):
        RelativeMeanSquareError(**values)
