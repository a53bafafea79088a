"""Sequences of structured events with labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from ngcsnn.data import from_structured

DTYPE = [("x", np.int16), ("y", np.int16), ("t", np.int64), ("p", bool)]


def sample(rows: list[tuple[int, int, int, int]]) -> np.ndarray:
    return np.array(rows, DTYPE)


class Lazy:
    """As tonic's data sets: it is indexed, and counts what is read."""

    def __init__(self, samples: Sequence[Any]):
        self.samples, self.read = samples, 0

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, i: int) -> Any:
        self.read += 1
        return self.samples[i]


def test_events_of_pixels() -> None:
    data = Lazy([(sample([(1, 2, 5000, 1), (0, 0, 1000, 0)]), 3), (sample([]), np.int64(1))])
    out: Any = from_structured(data, (4, 3, 2))
    assert data.read == 2
    assert out.events.n_units == 24 and out.labels.tolist() == [3, 1] and out.groups is None
    assert out.events[0].times.tolist() == [1.0, 5.0] and out.events[0].units.tolist() == [0, (2 * 4 + 1) * 2 + 1]


def test_events_of_channels_with_speakers() -> None:
    rows = np.array([(10, 699), (20, 3)], [("t", float), ("x", int)])
    out: Any = from_structured([(rows, (4, 7)), (rows, (5, 8))], (700,), time_scale=1.0, t_end=15.0)
    assert out.events.n_units == 700 and out.groups.tolist() == [7, 8]
    assert out.events[1].units.tolist() == [699]
    assert from_structured([(rows, 0)], (700, 1, 1)).events.n_units == 700


@pytest.mark.parametrize(
    ("samples", "size", "says"),
    [
        ([(sample([]), 0), 5], (4, 3, 2), "sample 1: expected a pair"),
        ([(np.zeros(3), 0)], (4, 3, 2), "sample 0: expected a structured array"),
        ([(sample([(4, 0, 0, 0)]), 0)], (4, 3, 2), "sample 0: event 0: pixel x = 4"),
        ([(sample([]), "a")], (4, 3, 2), "sample 0: the label must be a whole number"),
        ([(sample([]), 0)], (4, 3), "`sensor_size` must be"),
        ([(sample([]), (0, 1)), (sample([]), 0)], (4, 3, 2), "sample 1 has no group"),
        ([(sample([(0, 0, -5, 0)]), 0)], (4, 3, 2), "sample 0, event 0: spike time -0.005 ms is negative"),
    ],
    ids=["pair", "fields", "pixel", "label", "size", "group", "time"],
)
def test_errors_name_the_sample(samples: list[Any], size: tuple[int, ...], says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        from_structured(samples, size)
