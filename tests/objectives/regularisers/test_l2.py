"""L2Regulariser: value and gradient by hand."""

import jax
import numpy as np

from ngcsnn.objectives import L2Regulariser

W = np.array([[1.0, -2.0], [0.0, 0.5]])


def cost(w, **fields):
    return L2Regulariser(0.25, **fields)({}, {"weights": w, "bias": 10 * w}, np.ones(2))


def test_value_and_gradient(x64) -> None:
    value, g = jax.value_and_grad(cost)(W)
    np.testing.assert_allclose(value, 2 * 0.25 / 2 * 5.25)
    np.testing.assert_allclose(g, 2 * 0.25 * W)


def test_another_parameter(x64) -> None:
    np.testing.assert_allclose(cost(W, parameter="bias"), 2 * 0.25 / 2 * 525)
