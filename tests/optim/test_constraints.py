"""Bounds and masks."""

import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.optim.constraints import apply_mask, check_bounds, clamp_params


def test_clamp_both_sides_and_one():
    params = {"w": jnp.array([-2.0, 0.5, 3.0]), "b": jnp.array(4.0, jnp.bfloat16)}
    both = clamp_params(params, (-1.0, 1.0))
    np.testing.assert_array_equal(both["w"], [-1.0, 0.5, 1.0])
    assert both["b"].dtype == jnp.bfloat16
    np.testing.assert_array_equal(clamp_params(params["w"], (None, 1.0)), [-2.0, 0.5, 1.0])
    np.testing.assert_array_equal(clamp_params(params["w"], (0.0, None)), [0.0, 0.5, 3.0])


def test_an_absent_synapse_stays_absent():
    w, mask = jnp.array([[0.0, 0.5]]), jnp.array([[False, True]])
    np.testing.assert_array_equal(clamp_params(w, (0.1, 0.4)), np.array([[0.1, 0.4]], np.float32))
    np.testing.assert_array_equal(clamp_params(w, (0.1, 0.4), mask), np.array([[0.0, 0.4]], np.float32))


def test_mask():
    params = {"a": jnp.ones(3), "b": jnp.full((2,), jnp.nan)}
    mask = {"a": np.array([1, 0, 1]), "b": np.array([0, 0])}
    masked = apply_mask(params, mask)
    np.testing.assert_array_equal(masked["a"], [1.0, 0.0, 1.0])
    np.testing.assert_array_equal(masked["b"], [0.0, 0.0])  # NaN times 0 would stay NaN
    assert masked["a"].dtype == jnp.float32
    assert apply_mask(params) is params
    with pytest.raises(ValueError, match=r"mask\['a'\] has shape \(2,\)"):
        apply_mask(params, {"a": np.ones(2), "b": np.ones(2)})


@pytest.mark.parametrize("bad", [1.0, (1.0,), ("a", "b"), (True, 2.0), "01"])
def test_bounds_must_be_a_pair_of_numbers(bad):
    with pytest.raises(TypeError, match=r"`clamp` must be a pair \(w_min, w_max\)"):
        check_bounds(bad)


def test_bounds_must_bound():
    with pytest.raises(ValueError, match="bounds nothing"):
        check_bounds((None, None))
    with pytest.raises(ValueError, match="w_min <= w_max, got"):
        check_bounds((2, 1))
    with pytest.raises(ValueError, match="w_min <= w_max, got"):
        check_bounds((float("nan"), 1))
    assert check_bounds([0, None]) == (0.0, None)
