"""Mean square error on values and on trajectories."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.objectives import MeanSquareError, Var

LOSS = MeanSquareError()


@pytest.mark.parametrize("shape", [(4, 3), (4, 7, 3)])
def test_value_and_gradient(x64, shape) -> None:
    rng = np.random.default_rng(0)
    y, target, direction = rng.normal(size=(3, *shape))
    np.testing.assert_allclose(jax.jit(LOSS)(y, target), ((y - target) ** 2).reshape(4, -1).mean(1), rtol=1e-13)
    g = jax.grad(lambda y: LOSS(y, target).sum())(y)
    eps = 1e-5
    along = (LOSS(y + eps * direction, target) - LOSS(y - eps * direction, target)).sum() / (2 * eps)
    np.testing.assert_allclose((g * direction).sum(), along, rtol=1e-8)


def test_extreme_and_silent_outputs_are_finite() -> None:
    y = jnp.asarray([[1e4, -1e4], [0, 0]], jnp.float32)
    value, g = jax.value_and_grad(lambda y: LOSS(y, -y).sum())(y)
    np.testing.assert_allclose(value, 4e8, rtol=1e-6)
    assert np.isfinite(g).all()


def test_on_a_trajectory_it_is_second_order_in_dt(x64, membrane) -> None:
    def value(n_steps: int) -> np.ndarray:
        y = Var()(*membrane.recorded("v_mean", n_steps))
        return np.asarray(LOSS(y, np.zeros_like(y)))

    truth, coarse, fine = value(6000), value(12), value(48)
    assert np.abs(coarse - truth).max() < 0.05 * truth.max()
    assert np.abs(fine - truth).max() < np.abs(coarse - truth).max() / 12


def test_the_metric_is_the_error_itself() -> None:
    y, target = np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)
    np.testing.assert_array_equal(LOSS.metrics(y, target)["mean_square_error"], [1, 1])


def test_nothing_is_spread_over_time_or_units() -> None:
    for y, target in (((4, 7, 3), (4, 3)), ((4, 7, 3), (4, 1, 3)), ((4, 3), (4, 1)), ((4,), (4,))):
        with pytest.raises(ValueError, match="target of the same shape, got"):
            LOSS(np.zeros(y, np.float32), np.zeros(target, np.float32))


def test_targets_are_checked() -> None:
    assert LOSS.check_target(np.zeros((4, 3)), 4, 3, None, "output").shape == (4, 3)
    assert LOSS.check_target(np.zeros((4, 7, 3)), 4, 3, 7, "output").shape == (4, 7, 3)
    with pytest.raises(ValueError, match=r"target of 'output' must have shape \(4, 7, 3\)"):
        LOSS.check_target(np.zeros((4, 3)), 4, 3, 7, "output")
