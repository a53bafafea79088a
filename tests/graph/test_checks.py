import numpy as np
import pytest

from ngcsnn.graph import GraphError, checks


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (checks.finite, [0, -1.5, np.ones(3)], [np.inf, np.nan, np.array([0, np.nan])]),
        (checks.positive, [1e-9, np.ones(3)], [0, -1, np.inf, np.array([1.0, 0.0])]),
        (checks.non_negative, [0, np.zeros(2)], [-1e-9, np.nan]),
        (checks.fraction, [0, 1, 0.5], [-0.1, 1.1, np.nan]),
        (checks.at_least(2), [2, 3.5], [1.9, np.inf]),
        (checks.one_of("a", "b"), ["a", "b"], ["c", ""]),
        (checks.two_sizes, [(1, 2)], [(1,), (1, 2, 3), (0, 1), (1.0, 2), (True, 2), ("a", 2)]),
    ],
)
def test_a_check_holds_for_numbers_and_arrays(check, good, bad):
    assert all(check.holds(x) for x in good)
    assert not any(check.holds(x) for x in bad)
    assert check.text


def test_one_of_spells_out_its_words():
    assert checks.one_of("a", "b").text == "one of 'a', 'b'"


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3)])
def test_whole_takes_python_and_numpy_integers(value):
    assert checks.whole("n", value) == 3
    assert type(checks.whole("n", value)) is int


@pytest.mark.parametrize("value", [0, -1, 1.0, True, np.True_, "1", None, np.ones(2, int)])
def test_whole_refuses_the_rest(value):
    with pytest.raises(GraphError, match="`n` must be an integer >= 1, got"):
        checks.whole("n", value)


@pytest.mark.parametrize(
    ("name", "good"),
    [("a", True), ("a_1", True), ("1a", False), ("a.b", False), ("in", False), ("", False), (3, False)],
)
def test_a_name_is_an_identifier_and_no_keyword(name, good):
    assert checks.is_name(name) is good
