"""Numbers, schedules and their ranges."""

import math

import pytest

from ngcsnn.optim.hyper import FRACTION, NON_NEGATIVE, POSITIVE, Range, check_hyper, is_schedule
from ngcsnn.optim.schedules import Constant


@pytest.mark.parametrize(
    ("allowed", "inside", "outside", "text"),
    [
        (NON_NEGATIVE, [0, 1e30], [-1e-9, math.inf, math.nan], ">= 0 and finite"),
        (POSITIVE, [1e-30], [0, math.inf], "> 0 and finite"),
        (FRACTION, [0, 0.999], [1, -0.1, math.nan], ">= 0 and < 1"),
        (Range(1.0, 2.0), [1.0], [2.0], ">= 1 and < 2"),
    ],
)
def test_ranges(allowed, inside, outside, text):
    assert all(allowed.holds(x) for x in inside)
    assert not any(allowed.holds(x) for x in outside)
    assert str(allowed) == text


def test_what_counts_as_a_schedule():
    assert is_schedule(Constant(0.1))
    assert is_schedule(lambda n: n)
    assert not is_schedule(Constant)
    assert not is_schedule(0.1)


def test_messages():
    check_hyper("X", "eta", Constant(0.1), POSITIVE)
    with pytest.raises(TypeError, match=r"X: `eta` must be a number or a schedule .*, got 'fast' \(str\)$"):
        check_hyper("X", "eta", "fast", POSITIVE)
    with pytest.raises(ValueError, match="X: `eta` must be > 0 and finite, got 0"):
        check_hyper("X", "eta", 0, POSITIVE)
