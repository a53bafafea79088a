"""What a user may name samples by."""

from __future__ import annotations

import numpy as np
import pytest

from ngcsnn.data.sample_index import sample_index

CHOICES = {
    "int": (1, [1]),
    "negative": (-1, [3]),
    "slice": (slice(None, None, -2), [3, 1]),
    "list": ([2, 0, -4, 2], [2, 0, 0, 2]),
    "numpy": (np.uint8(2), [2]),
    "mask": (np.array([True, False, False, True]), [0, 3]),
    "nothing": ([], []),
}


@pytest.mark.parametrize("kind", CHOICES)
def test_choices(kind):
    given, expected = CHOICES[kind]
    index = sample_index(given, 4)
    assert index.tolist() == expected and index.dtype.kind == "i"


def test_small_types_reach_all_samples():
    assert sample_index(np.array([-1, 100], np.int8), 1000).tolist() == [999, 100]
    assert sample_index(np.array([200], np.uint8), 1000).tolist() == [200]
    with pytest.raises(IndexError, match="sample 18446744073709551615 is out of range"):
        sample_index(np.array([2**64 - 1], np.uint64), 4)


WRONG = {
    "beyond": ([0, 4], IndexError, "sample 4 is out of range for 4 samples"),
    "before": (-5, IndexError, "sample -5 is out of range"),
    "mask": (np.array([True]), IndexError, "the mask has 1 entries for 4 samples"),
    "float": (1.0, TypeError, "got shape .1,. of dtype float64"),
    "matrix": (np.zeros((2, 2), int), TypeError, r"got shape \(2, 2\)"),
    "no_float": (np.zeros(0), TypeError, "dtype float64"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_choice(kind):
    given, error, message = WRONG[kind]
    with pytest.raises(error, match=message):
        sample_index(given, 4)
