import pickle

import pytest

from ngcsnn.graph import GraphError, NameClashError, ShapeError, UnknownNameError, WireError, closest


@pytest.mark.parametrize(
    ("name", "options", "hint"),
    [
        ("tau", ["tau_m", "v_rest"], "; did you mean 'tau_m'?"),
        ("lifcell", ["LIFCell", "LICell"], "; did you mean 'LIFCell'?"),
        ("zzz", ["b", "a"], "; valid: a, b"),
        ("x", [], ""),
    ],
)
def test_the_hint_names_the_closest_or_all(name, options, hint):
    assert closest(name, options) == hint


@pytest.mark.parametrize("kind", [WireError, NameClashError, ShapeError, UnknownNameError])
def test_every_error_is_a_value_error_that_reads_plainly(kind):
    error = kind("no 'x'")
    assert isinstance(error, GraphError) and isinstance(error, ValueError)
    assert str(error) == "no 'x'"
    assert str(pickle.loads(pickle.dumps(error))) == "no 'x'"


def test_an_unknown_name_is_a_key_error_too():
    assert issubclass(UnknownNameError, KeyError)
