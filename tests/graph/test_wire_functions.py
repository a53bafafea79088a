import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import LICell
from ngcsnn.graph import WireError
from ngcsnn.graph.wire_functions import function_name


def mine(x):
    return x * 3


@pytest.mark.parametrize(
    ("fn", "name"),
    [
        (jnp.tanh, "tanh"),
        (jax.nn.relu, "relu"),
        (jax.nn.identity, "identity"),
        (jnp.maximum, "maximum"),
        ("sigmoid", "sigmoid"),
        (mine, f"<{__name__}.mine>"),
        (lambda x: x, f"<{__name__}.lambda>"),
    ],
)
def test_a_function_has_the_name_it_is_found_by(fn, name):
    assert function_name(fn) == name


def test_names_and_functions_give_the_same(context):
    cell = LICell("a", n_units=3)
    cell.v.set([-1.0, 0.0, 2.0])
    for fn in ("relu", jax.nn.relu, mine):
        assert ng.apply(fn, cell.v).get().tolist() == [[-3.0, 0, 6]] if fn is mine else [[0, 0, 2]]
    assert ng.apply("identity", cell.v).get().tolist() == [[-1, 0, 2]], "of jax.nn, not the matrix of jax.numpy"


def test_operands_may_be_constants(context):
    cell = LICell("a", n_units=3)
    cell.v.set([1.0, 2.0, 3.0])
    assert ng.apply("power", cell.v, 2).get().tolist() == [[1, 4, 9]]
    assert ng.apply("roll", cell.v, 1, 1).get().tolist() == [[3, 1, 2]]
    assert ng.apply("take", cell.v, np.array([0, 2]), 1).get().tolist() == [[1, 3]]
    product = ng.apply("multiply", cell.v, np.array([1.0, 2.0, 3.0], np.float64)).get()
    assert product.dtype == context.dtype and product.tolist() == [[1, 4, 9]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v: ng.apply("sigmiod", v), "'sigmiod' is no function of jax.nn or jax.numpy; did you mean 'sigmoid'"),
        (lambda v: ng.apply("__getattr__", v), "is no function"),
        (lambda v: ng.apply("float32", v), "is no function"),
        (
            lambda v: ng.apply(3.0, v),  # type: ignore[arg-type]
            "takes a function or the name of one first, got 3.0",
        ),
        (lambda v: ng.apply(v, v), "takes a function"),
        (lambda v: ng.apply("tanh", 1.0), "at least one compartment"),
        (lambda v: ng.apply("add", v, "x"), "takes finite numbers and arrays"),
    ],
)
def test_wrong_calls_are_refused(context, call, message):
    with pytest.raises(WireError, match=message):
        call(LICell("a", n_units=3).v)
