"""Which samples the pictures of trials show."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ngcsnn.io.pictures.of_trials import TrialPictures


@pytest.mark.parametrize(
    ("labels", "n", "shown"),
    [
        ([0, 0, 0, 1, 1, 2, 3], 7, [0, 3, 5]),
        ([0, 0, 0, 1, 1, 2, 3], 4, [0, 1, 3]),  # of what was run alone
        ([1, 1, 1, 1], 4, [0, 1, 2]),
        ([1], 1, [0]),
    ],
    ids=["by class", "few were run", "one class", "one sample"],
)
def test_classes_that_differ_stand_side_by_side(labels: list[int], n: int, shown: list[int]) -> None:
    data = SimpleNamespace(n_classes=4, test=SimpleNamespace(labels=labels), class_names=("a", "b", "c", "d"))
    pictures: Any = object.__new__(TrialPictures)
    pictures.experiment, pictures.n = SimpleNamespace(dataset=data), n
    assert pictures.beside == shown
    assert pictures.label(0) == f"sample 0, class {'abcd'[labels[0]]}"


def test_without_classes_the_first_are_shown() -> None:
    pictures: Any = object.__new__(TrialPictures)
    pictures.experiment, pictures.n = SimpleNamespace(dataset=SimpleNamespace(n_classes=None)), 9
    assert pictures.beside == [0, 1, 2]
    assert pictures.label(2) == "sample 2"
