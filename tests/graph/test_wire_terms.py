"""Wires that are weighted sums."""

from __future__ import annotations

import pytest

import ngcsnn as ng
from ngcsnn.components import RateCell
from ngcsnn.graph import Readable, weighted


@pytest.fixture(scope="module")
def cells() -> dict[str, Readable]:
    with ng.Context("net", dt=1.0):
        found = {n: RateCell(n, n_units=2) for n in "abc"}
        found["a"].z >> found["c"].j
    wires: dict[str, Readable] = {n: c.z for n, c in found.items()}
    return {**wires, "j": found["c"].j}


def told(wire: Readable) -> list[tuple[float, str]] | None:
    found = weighted(wire)
    return None if found is None else [(f, c.key) for f, c in found]


def test_sums_differences_and_factors(cells: dict[str, Readable]) -> None:
    a, b, j = cells["a"], cells["b"], cells["j"]
    assert told(a) == [(1.0, "a.z")] == told(j)
    assert told(2 * a - (b * 0.5 + a) * 3) == [(2, "a.z"), (-1.5, "b.z"), (-3, "a.z")]
    assert told(-(j - b)) == [(-1, "a.z"), (1, "b.z")]


@pytest.mark.parametrize(
    "make", [lambda a, b: a * b, lambda a, b: a + 1.0, lambda a, b: a[0:1], lambda a, b: a * [1.0, 2.0]]
)
def test_what_is_none(cells: dict[str, Readable], make: object) -> None:
    assert told(make(cells["a"], cells["b"])) is None  # type: ignore[operator]
