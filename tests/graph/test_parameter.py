import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LIFCell
from ngcsnn.graph import Component, GraphError, ShapeError, UnknownNameError, checks, param
from ngcsnn.graph.parameter import brief


class Part(Component):
    shared = param(2.0, shape=(3,), unit="ms", check=checks.positive, doc="stays one number")
    filled = param(2.0, shape=(3,), fill=True, doc="fills its shape")
    maybe = param(None, shape=(3,), doc="may be missing")


def test_a_number_stays_shared_or_fills(context):
    p = Part("p", shared=5)
    assert p.shared.shape == () and p.shared.get().shape == ()
    assert p.filled.shape == (3,) and np.all(p.filled.get() == 2.0)
    assert p.maybe is None and "maybe" not in p.compartments


@pytest.mark.parametrize("given", [[1, 2, 3], (1.0, 2.0, 3.0), np.arange(1, 4), jnp.arange(1.0, 4.0)])
def test_arrays_of_any_kind_make_it_heterogeneous(context, given):
    p = Part("p", shared=given)
    assert p.shared.get().tolist() == [1.0, 2.0, 3.0]
    assert p.shared.get().dtype == context.dtype


def test_float64_arrays_take_the_type_of_the_context(context):
    assert Part("p", shared=np.array([1, 2, 3], np.float64)).shared.get().dtype == jnp.zeros(()).dtype


def test_boolean_masks_are_arrays_of_zeros_and_ones(context):
    w = DenseSynapse("w", shape=(2, 2), weights=1.0, mask=np.eye(2, dtype=bool))
    assert w.weights.get().tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (0.0, GraphError, "Part 'p': `shared` must be finite and > 0 (in ms), got 0.0"),
        (np.nan, GraphError, "Part 'p': `shared` must not be NaN (in ms), got nan"),
        ([1, 2, -3], GraphError, "Part 'p': `shared` must be finite and > 0 (in ms), got -3.0 at [2]"),
        ([1, np.nan, 3], GraphError, "Part 'p': `shared` must not be NaN (in ms), got nan at [1]"),
        ([1, 2], ShapeError, "Part 'p': `shared` must have shape (3,) or be a number, got an array of (2,)"),
        (True, GraphError, "`shared` must be a number, an array of shape (3,) or an initialiser (in ms), got True"),
        (1 + 2j, GraphError, "`shared` must be a number, an array of shape (3,) or an initialiser (in ms), got (1+2j)"),
        (ng.init.Normal, GraphError, "`shared` must be a number, an array of shape (3,) or an initialiser"),
        ([[1], [2, 3]], GraphError, "`shared` must be a number, an array of shape (3,) or an initialiser (in ms), got"),
        (None, GraphError, "Part 'p': `shared` cannot be None; leave it out for its default 2.0"),
        ("norm", UnknownNameError, "Part 'p': `shared`: unknown initialiser 'norm'; did you mean 'normal'?"),
        ({"normal": {"std": 1}}, UnknownNameError, "`shared`: initialiser 'normal' has no 'std'; did you mean 'sd'?"),
        ({}, GraphError, "`shared`: an initialiser is given as {name: {field: number}}, got []"),
    ],
)
def test_wrong_values_are_refused_by_name_and_place(context, value, error, message):
    with pytest.raises(error) as caught:
        Part("p", shared=value)
    assert message in str(caught.value)
    assert not context.components and "p" not in context.live


def test_what_vanishes_in_the_number_type_is_refused(context):
    if context.dtype == np.float32:
        with pytest.raises(GraphError, match=r"`shared` must be finite and > 0 \(in ms\), got 0.0"):
            Part("p", shared=1e-60)


def test_none_is_refused_where_there_is_no_default(context):
    with pytest.raises(GraphError, match=r"DenseSynapse 'w': `weights` is required \(synaptic weights\)"):
        DenseSynapse("w", shape=(2, 2), weights=None)


def test_the_argument_is_a_copy(context):
    given = np.array([1.0, 2.0, 3.0])
    p = Part("p", shared=given)
    given[0] = 100.0
    assert p.shared.get().tolist() == [1, 2, 3]
    assert p.arguments["shared"].tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="read-only"):
        p.arguments["shared"][0] = 5.0


def test_a_description_is_kept_as_the_initialiser(context):
    cell = LIFCell("a", n_units=4, tau_m={"uniform": {"low": 10, "high": 30}})
    assert cell.arguments["tau_m"] == ng.init.Uniform(10, 30)
    assert cell.tau_m.shape == (4,) and len(set(cell.tau_m.get().tolist())) == 4


def test_brief_says_large_arrays_by_their_shape():
    assert brief(np.zeros((3, 4))) == "<array (3, 4)>"
    assert brief(np.array([1.5, 2.0])) == "[1.5, 2.0]"
    assert brief(np.float64(1.5)) == "1.5"
    assert brief({"a": np.zeros(20)}) == "{'a': <array (20,)>}"
    assert len(brief("x" * 1000)) < 300
