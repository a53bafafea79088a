"""What regularisers of parameters share: which parameter, of which component, and how samples count."""

import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LICell
from ngcsnn.graph import GraphError
from ngcsnn.objectives import L1Regulariser, L2Regulariser, WeightRegulariser

KINDS = [L1Regulariser, L2Regulariser]


@pytest.mark.parametrize("kind", KINDS)
def test_the_cost_comes_once_for_each_real_sample(kind) -> None:
    w = np.array([[1.0, -2.0]], np.float32)
    one, three = (kind(0.5)({}, {"weights": w}, jnp.asarray(weight)) for weight in ([1.0, 0.0], [1.0, 1.0, 1.0]))
    np.testing.assert_allclose(three, 3 * one, rtol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtypes_are_kept(x64, kind, dtype) -> None:
    out = kind(0.5)({}, {"weights": jnp.ones((2, 3), dtype)}, jnp.ones(4, dtype))
    assert (out.dtype, out.shape, out.weak_type) == (dtype, (), False)


@pytest.mark.parametrize("kind", KINDS)
def test_the_component_must_have_the_parameter(kind) -> None:
    with ng.Context("w", dt=1.0):
        synapse, cell = DenseSynapse("w", shape=(2, 3), weights=1.0), LICell("output", n_units=3)
    kind(0.5).check(synapse)
    kind(0.5, parameter="tau_m").check(cell)
    with pytest.raises(
        GraphError, match=f"'{kind.kind}' is about the parameter 'weigths', which DenseSynapse 'w' .*'wei"
    ):
        kind(0.5, parameter="weigths").check(synapse)
    with pytest.raises(GraphError, match="about the parameter 'weights', which LICell 'output' does not have; valid"):
        kind(0.5).check(cell)
    with pytest.raises(GraphError, match="about the parameter 'v', which LICell 'output' does not have"):
        kind(0.5, parameter="v").check(cell)
    with pytest.raises(GraphError, match="about the parameter 'bias', which DenseSynapse 'w' does not have"):
        kind(0.5, parameter="bias").check(synapse)  # made without


@pytest.mark.parametrize("kind", KINDS)
def test_bad_values_are_refused(kind) -> None:
    with pytest.raises(ValueError, match=rf"`strength` of {kind.__name__} must be a finite number >= 0, got -1"):
        kind(-1)
    with pytest.raises(TypeError, match="`parameter` of .* must be the name of a parameter, got 3"):
        kind(1.0, parameter=3)


def test_the_base_has_no_name() -> None:
    assert WeightRegulariser.kind == ""
