"""Argument checks: numbers of any library pass, everything else is named."""

import numpy as np
import pytest

from ngcsnn.data.argument_checks import check_int, check_number, closest


def test_numbers_of_numpy_and_python_pass():
    assert [check_int("n", value, 0, 3) for value in (0, np.int8(3), np.uint64(2), np.array(1))] == [0, 3, 2, 1]
    assert [check_number("x", value) for value in (1, 1.5, np.float32(0.5), np.array(2))] == [1.0, 1.5, 0.5, 2.0]
    assert type(check_int("n", np.int32(1), 0)) is int


@pytest.mark.parametrize("value", [True, 1.0, "1", None, [1]])
def test_other_types_are_no_integers(value):
    with pytest.raises(TypeError, match="`n` must be an integer from 0 to 3, got"):
        check_int("n", value, 0, 3)


@pytest.mark.parametrize("value", [True, "1", None, [1]])
def test_other_types_are_no_numbers(value):
    with pytest.raises(TypeError, match="`x` must be a finite number > 0 ms, got"):
        check_number("x", value, "ms", low=0.0, exclusive=True)


def test_limits():
    for value in (-1, 4):
        with pytest.raises(ValueError, match=f"`n` must be an integer from 0 to 3, got {value}"):
            check_int("n", value, 0, 3)
    assert check_number("x", 0.0, "ms", low=0.0) == 0.0
    assert check_number("x", -5.0) == -5.0
    for value in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"`x` must be a finite number >= 0 ms, got {value}"):
            check_number("x", value, "ms", low=0.0)
    with pytest.raises(ValueError, match="> 0, got 0.0"):
        check_number("x", 0, low=0.0, exclusive=True)


def test_closest_name():
    assert closest("trian", ["test", "train"]) == " (did you mean `train`?)"
    assert closest("zzz", ["test", "train"]) == ""
