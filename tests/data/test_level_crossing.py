"""Send on delta, against signals whose crossings are known."""

from __future__ import annotations

import numpy as np
import pytest

from ngcsnn.data import EventData, level_crossing


def lists(events: EventData) -> list[tuple[float, int]]:
    return list(zip(events.times.round(9).tolist(), events.units.tolist(), strict=True))


def test_crossings_are_found_between_samples() -> None:
    up = np.array([[0.0], [2.5], [2.5], [-1.0]])
    assert lists(level_crossing([up], 10.0, 1.0)) == [(4.0, 0), (8.0, 0), (round(20 + 15 / 3.5, 9), 1),
                                                      (round(20 + 25 / 3.5, 9), 1), (30.0, 1)]  # fmt: skip


def test_a_reversal_within_a_step_is_silent() -> None:
    wobble = np.array([[0.0], [0.9], [0.1], [0.9], [0.1]])
    assert lists(level_crossing([wobble], 1.0, 1.0)) == []
    # counted from the last event, not from fixed levels: 1.1 and 0.9 lie on two sides of 1
    assert lists(level_crossing([wobble + np.array([[0], [0.2], [0.8], [0.2], [0.8]])], 1.0, 1.0)) == [
        (round(1 / 1.1, 9), 0)
    ]


def test_a_start_below_the_first_value_is_caught_up_at_time_zero() -> None:
    flat = np.full((3, 2), 2.0)
    assert lists(level_crossing([flat], 1.0, 1.0, start=0.0)) == [(0.0, 0), (0.0, 0), (0.0, 1), (0.0, 1)]
    assert lists(level_crossing([flat], 1.0, 1.0)) == []


def test_what_is_counted_is_what_the_signal_did() -> None:
    rng = np.random.default_rng(0)
    signals = [np.cumsum(rng.normal(size=(n, 3)), axis=0) for n in (40, 7, 90)]
    events = level_crossing(signals, 2.0, 0.3)
    assert events.n_units == 6
    for i, signal in enumerate(signals):
        count = np.bincount(events[i].units, minlength=6)
        level = signal[0] + 0.3 * (count[:3] - count[3:])
        assert np.all(np.abs(level - signal[-1]) < 0.3 + 1e-9)
        assert events[i].times.max() <= 2.0 * (len(signal) - 1)
        alone = level_crossing([signal], 2.0, 0.3)
        assert lists(alone) == lists(events[i])


def test_bad_signals() -> None:
    with pytest.raises(ValueError, match="sample 1: row 2 is not finite"):
        level_crossing([np.zeros((3, 1)), np.array([[0.0], [0.0], [np.nan]])], 1.0, 1.0)
    with pytest.raises(ValueError, match="sample 1 has 2 signals, sample 0 has 1"):
        level_crossing([np.zeros((3, 1)), np.zeros((3, 2))], 1.0, 1.0)
    with pytest.raises(TypeError, match="sample 0: expected numbers"):
        level_crossing([np.zeros(3)], 1.0, 1.0)
    with pytest.raises(ValueError, match="`step`"):
        level_crossing([np.zeros((3, 1))], 1.0, 0.0)
