"""Filters: which of n, and which epochs."""

import numpy as np
import pytest

from ngcsnn.graph import GraphError
from ngcsnn.recording.filters import check_filter, chosen, holds

CASES = {
    "index": (2, [2]),
    "last": (-1, [4]),
    "list": ([3, 1, 3], [1, 3]),
    "mask": ([True, False, False, False, True], [0, 4]),
    "slice": (slice(1, None, 2), [1, 3]),
    "range": (range(2, 4), [2, 3]),
    "function": (lambda i: i % 2 == 0, [0, 2, 4]),
    "numpy": (np.array([4, 0]), [0, 4]),
    "all": (None, [0, 1, 2, 3, 4]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_chosen(name: str) -> None:
    given, expected = CASES[name]
    assert chosen("neuron_filter", given, 5).tolist() == expected
    if name != "last":
        assert [i for i in range(5) if holds(given, i)] == expected


def test_what_is_no_filter() -> None:
    for given in ("hidden", [], 1.5, True, [[1]], slice(0, 1, 0), slice(0.5, 2), [[1], [2, 3]]):
        with pytest.raises(GraphError, match="`neuron_filter` must be an index"):
            chosen("neuron_filter", given, 5)
    for given, said in (
        ([5], "0 to 4, got 5"),
        ([-6], "got -6"),
        ([True], "each of the 5"),
        (slice(5, 9), "none of the 5"),
    ):
        with pytest.raises(GraphError, match=said):
            chosen("neuron_filter", given, 5)


def test_epochs_have_no_end_to_count_from() -> None:
    for given in (-1, slice(-2, None), [1, -1]):
        with pytest.raises(GraphError, match="not count from the end"):
            check_filter("epoch_filter", given, endless=True)
