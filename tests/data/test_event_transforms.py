"""Events made smaller, shorter or coarser."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ngcsnn.data import EventData, shaped

EVENTS = EventData.from_lists(
    [([0.0, 0.4, 1.0, 1.0, 1.2, 3.0], [5, 5, 5, 4, 5, 5]), ([], []), ([0.5, 0.6, 9.0], [0, 0, 1])], 6, 10.0
)


def lists(events: EventData) -> list[list[tuple[float, int]]]:
    parts = [events[i] for i in range(len(events))]
    return [list(zip(p.times.tolist(), p.units.tolist(), strict=True)) for p in parts]


def test_nothing_asked_changes_nothing() -> None:
    assert shaped(EVENTS) == EVENTS


def test_a_bin_keeps_the_first_event_of_each_unit() -> None:
    # (k, k + 1] are the bins; a time of 0 is in the first, as in the first step
    assert lists(shaped(EVENTS, bin=1.0)) == [
        [(0.0, 5), (1.0, 4), (1.2, 5), (3.0, 5)], [], [(0.5, 0), (9.0, 1)],
    ]  # fmt: skip
    assert lists(shaped(EVENTS, bin=20.0)) == [[(0.0, 5), (1.0, 4)], [], [(0.5, 0), (9.0, 1)]]


def test_a_bin_may_need_several_events() -> None:
    assert lists(shaped(EVENTS, bin=1.0, bin_least=2)) == [[(0.0, 5)], [], [(0.5, 0)]]
    assert lists(shaped(EVENTS, bin=20.0, bin_least=5)) == [[(0.0, 5)], [], []]
    with pytest.raises(ValueError, match="`bin_least` counts the events of a `bin`"):
        shaped(EVENTS, bin_least=2)
    with pytest.raises(ValueError, match="`bin_least` must be"):
        shaped(EVENTS, bin=1.0, bin_least=0)


def test_times_units_and_the_end() -> None:
    out = shaped(EVENTS, rescale_time=2.0, rescale_units=0.5, t_end=2.0)
    assert lists(out) == [[(0.0, 2), (0.8, 2), (2.0, 2), (2.0, 2)], [], [(1.0, 0), (1.2, 0)]]
    assert (out.n_units, out.t_end) == (3, 2.0)
    assert shaped(EVENTS, rescale_time=2.0).t_end == 20.0
    assert shaped(EVENTS, rescale_units=0.4).n_units == 3
    assert shaped(EVENTS, rescale_units=0.4).units.max() == 2


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"rescale_time": 0.0}, "`rescale_time`"),
        ({"rescale_units": 1.5}, "`rescale_units` must be at most 1"),
        ({"t_end": -1.0}, "`t_end`"),
        ({"bin": 0.0}, "`bin`"),
    ],
    ids=["time", "units", "end", "bin"],
)
def test_bad_arguments(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        shaped(EVENTS, **given)


def test_bins_of_a_long_list_agree_with_a_set() -> None:
    rng = np.random.default_rng(0)
    events = EventData.from_lists([(np.sort(rng.uniform(0, 50, 400)), rng.integers(0, 7, 400)) for _ in range(3)], 7)
    kept = lists(shaped(events, bin=2.5))
    for before, after in zip(lists(events), kept, strict=True):
        seen: set = set()
        wanted = [e for e in before if (k := (np.ceil(e[0] / 2.5), e[1])) not in seen and not seen.add(k)]
        assert after == wanted
