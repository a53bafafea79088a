"""Nonlinearities of graded cells: values, slopes, and the side they take at a kink."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.components.neurons.graded.nonlinearities import NONLINEARITIES

X = np.array([-2.3, -0.4, 0.7, 1.6, 7.0])
VALUES = {
    "identity": X,
    "tanh": np.tanh(X),
    "sigmoid": 1 / (1 + np.exp(-X)),
    "relu": np.maximum(X, 0),
    "relu6": np.clip(X, 0, 6),
    "lrelu": np.where(X > 0, X, 0.01 * X),
    "elu": np.where(X > 0, X, np.exp(X) - 1),
    "silu": X / (1 + np.exp(-X)),
    "gelu": 0.5 * X * (1 + np.tanh(np.sqrt(2 / np.pi) * (X + 0.044715 * X**3))),
    "telu": X * np.tanh(np.exp(X)),
    "softplus": np.log1p(np.exp(X)),
    "softmax": np.exp(X) / np.exp(X).sum(),
    "sine": np.sin(30 * X),
    "heaviside": (X >= 0) * 1.0,
    "unit_threshold": (X >= 1) * 1.0,
}


@pytest.mark.parametrize("name", NONLINEARITIES)
def test_values_and_slopes(x64, name):
    f, x = NONLINEARITIES[name], jnp.asarray(X)
    np.testing.assert_allclose(f(x), VALUES[name], rtol=1e-12, atol=1e-15)
    slopes = jax.jacfwd(f)(x)
    if name in ("heaviside", "unit_threshold"):
        np.testing.assert_array_equal(slopes, np.eye(5))  # straight through
    else:
        eps = 1e-6
        moved = np.stack([(f(x + eps * e) - f(x - eps * e)) / (2 * eps) for e in np.eye(5)], 1)
        np.testing.assert_allclose(slopes, moved, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("name", ["relu", "relu6", "lrelu"])
def test_a_rectifier_at_rest_can_be_moved(name):
    assert float(jax.grad(NONLINEARITIES[name])(0.0)) == 1.0
