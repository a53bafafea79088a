"""MaxVar: the maximum, and a gradient that goes to its first step only."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.objectives import MaxVar, resolve_readout


def gradient(v) -> np.ndarray:
    return np.asarray(jax.jit(jax.grad(lambda v: MaxVar()(v, 1.0).sum()))(jnp.asarray(v)))


def test_value_and_gradient() -> None:
    v = np.random.default_rng(0).normal(size=(20, 3, 4)).astype(np.float32)
    np.testing.assert_array_equal(MaxVar()(v, 1.0), v.max(0))
    np.testing.assert_array_equal(gradient(v), v == v.max(0))


@pytest.mark.parametrize("values", [[0, 2, 1, 2, 2], [0, 0, 0, 0, 0], [-3, -1, -1, -2, -1], [5, 5, 1, 0, 5]])
def test_under_ties_the_first_maximum_takes_all(values) -> None:
    v = np.array(values, np.float32).reshape(5, 1, 1)
    g = gradient(v).ravel()
    np.testing.assert_array_equal(g, np.arange(5) == values.index(max(values)))


def test_a_maximum_below_zero_is_itself() -> None:
    assert float(MaxVar()(np.full((4, 1, 1), -2.5, np.float32), 1.0)[0, 0]) == -2.5


def test_nan_is_not_hidden() -> None:
    assert np.isnan(MaxVar()(np.array([1.0, np.nan, 2.0], np.float32).reshape(3, 1, 1), 1.0)).all()


def test_it_always_records_v() -> None:
    assert MaxVar().reads == "v"
    with pytest.raises(ValueError, match="readout 'max_var' has no field 'integral'; it has none"):
        resolve_readout({"max_var": {"integral": "steps"}})
