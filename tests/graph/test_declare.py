"""One declaration feeds the signature, the documentation, validation and the compartments."""

import inspect
import math

import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.graph import Component, GraphError, checks, hyper, input_, output, param, state


class Cell(Component):
    """A cell for these tests."""

    n_units = hyper(kind=int, check=checks.positive, doc="number of cells")
    gain = hyper(1.0, unit="mV", check=checks.non_negative, doc="gain of the input")
    mode = hyper("fast", kind=str, check=checks.one_of("fast", "slow"), doc="how")
    flag = hyper(False, kind=bool, doc="on or off")
    size = hyper(None, kind=(int, type(None)), doc="a size")
    shape = hyper((2, 3), kind=tuple, doc="sizes")
    table = hyper(None, kind=(dict, type(None)), doc="numbers by name")
    tau = param(20.0, shape="n_units", unit="ms", check=checks.positive, doc="time constant")
    j = input_(shape="n_units", unit="nA", timed=True, doc="current")
    v = state(shape="n_units", init="tau", unit="mV", doc="potential")
    z = output(shape=lambda c: (c.n_units, 2), doc="a pair for every unit")


def cell(context: ng.Context, **values):
    return Cell(f"c{len(context.components)}", n_units=3, **values)


def test_one_declaration_feeds_signature_and_documentation():
    parameters = inspect.signature(Cell).parameters
    assert list(parameters) == ["name", "n_units", "gain", "mode", "flag", "size", "shape", "table", "tau"]
    assert parameters["n_units"].default is inspect.Parameter.empty
    assert parameters["tau"].default == 20.0
    text = inspect.getdoc(Cell) or ""
    for line in (
        "A cell for these tests.",
        "n_units: number of cells [required; finite and > 0]",
        "gain: gain of the input [default 1.0 mV; finite and >= 0]",
        "size: a size [optional]",
        "tau: time constant [default 20.0 ms; finite and > 0; trainable parameter (n_units)]",
        "j: current [input (n_units); nA; timed]",
        "v: potential [state (n_units); mV]",
    ):
        assert line in text


def test_one_declaration_feeds_compartments(context):
    c = cell(context)
    assert {k: (x.role, x.shape, x.declared.unit) for k, x in c.compartments.items()} == {
        "tau": ("param", (), "ms"),
        "j": ("input", (3,), "nA"),
        "v": ("state", (3,), "mV"),
        "z": ("output", (3, 2), ""),
    }
    assert c.v.get().shape == (1, 3) and c.z.get().shape == (1, 3, 2)
    assert np.all(c.v.get() == 20.0)


@pytest.mark.parametrize(
    ("key", "given", "kept"),
    [
        ("gain", 2, 2.0),
        ("gain", np.float32(0.5), 0.5),
        ("gain", np.int64(2), 2.0),
        ("gain", np.array(0.5), 0.5),
        ("gain", jnp.float32(0.5), 0.5),
        ("size", np.int32(4), 4),
        ("size", None, None),
        ("flag", np.True_, True),
        ("mode", np.str_("slow"), "slow"),
        ("shape", [4, 5], (4, 5)),
        ("shape", np.array([4, 5]), (4, 5)),
        ("shape", (np.int64(4), 5), (4, 5)),
        ("shape", [[1, 2], (3,)], ((1, 2), (3,))),
        ("table", {"a": np.float64(1.5)}, {"a": 1.5}),
    ],
)
def test_values_are_kept_as_plain_python_data(context, key, given, kept):
    value = getattr(cell(context, **{key: given}), key)
    assert value == kept
    assert type(value) is type(kept) or isinstance(kept, dict)
    if isinstance(kept, tuple):
        assert [type(v) for v in value] == [type(v) for v in kept]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("gain", "2", "Cell 'c0': `gain` must be a number (in mV), got '2'"),
        ("gain", True, "Cell 'c0': `gain` must be a number (in mV), got True"),
        ("gain", -1, "Cell 'c0': `gain` must be finite and >= 0 (in mV), got -1"),
        ("gain", math.nan, "Cell 'c0': `gain` must not be NaN (in mV), got nan"),
        ("gain", math.inf, "Cell 'c0': `gain` must be finite and >= 0 (in mV), got inf"),
        ("gain", 1 + 2j, "Cell 'c0': `gain` must be a number (in mV), got (1+2j)"),
        ("gain", 10**400, "`gain` must be a number"),
        ("gain", None, "`gain` must be a number (in mV), got None"),
        ("gain", [1.0], "`gain` must be a number (in mV), got [1.0]"),
        ("size", 2.0, "`size` must be an integer or None, got 2.0"),
        ("size", True, "`size` must be an integer or None, got True"),
        ("flag", 1, "`flag` must be True or False, got 1"),
        ("mode", "fats", "`mode` must be one of 'fast', 'slow', got 'fats'"),
        ("shape", 3, "`shape` must be a tuple or list, got 3"),
        ("shape", (1.0, math.nan), "`shape` must not be NaN"),
        ("table", [1], "`table` must be a mapping or None, got [1]"),
    ],
)
def test_wrong_values_are_refused_by_name(context, key, value, message):
    with pytest.raises(GraphError) as error:
        cell(context, **{key: value})
    assert message in str(error.value)
    assert not context.components


def test_a_missing_argument_is_named(context):
    with pytest.raises(GraphError, match=r"Cell 'c': `n_units` is required \(number of cells\)"):
        Cell("c")


def test_a_mapping_cannot_be_edited_behind_the_graphs_back(context):
    given = {"a": 1.0}
    c = cell(context, table=given)
    given["a"] = 2.0
    assert c.table["a"] == 1.0
    with pytest.raises(TypeError):
        c.table["a"] = 3.0


def test_shapes_from_names_numbers_and_functions(context):
    class Shaped(Component):
        n = hyper(2, kind=int)
        sizes = hyper((3, 4), kind=tuple)
        a = state(shape=())
        b = state(shape=("n", 5))
        c = state(shape=("n", "sizes"))
        d = state(shape=lambda x: (x.n * 10,), batched=False)

    s = Shaped("s")
    assert [c.get().shape for c in (s.a, s.b, s.c, s.d)] == [(1,), (1, 2, 5), (1, 2, 3, 4), (20,)]


def test_declarations_show_their_text():
    assert repr(Cell.declarations["tau"]) == "<param: time constant>"
    assert repr(Cell.declarations["gain"]) == "<argument: gain of the input>"
