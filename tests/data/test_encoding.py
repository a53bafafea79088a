"""Latency encoding: exact times, order, and what is refused."""

import numpy as np
import pytest

from ngcsnn.data.encoding import latency


def test_one_spike_per_value_at_its_exact_time_in_order():
    events = latency([[0.5, 0.0, 1.0], [0.25, 0.25, 0.0]], 2.0, 10.0, t_end=12.0)
    np.testing.assert_array_equal(events.times, [2.0, 6.0, 10.0, 2.0, 4.0, 4.0])
    np.testing.assert_array_equal(events.units, [1, 0, 2, 2, 0, 1])
    np.testing.assert_array_equal(events.offsets, [0, 3, 6])
    assert (events.n_units, events.t_end) == (3, 12.0)


def test_equal_times_are_in_the_order_of_the_units():
    values = np.random.default_rng(0).integers(0, 3, (2, 200)) / 2
    events = latency(values, 0.0, 2.0)
    for i in range(2):
        expected = np.concatenate([np.flatnonzero(values[i] == v) for v in (0.0, 0.5, 1.0)])
        np.testing.assert_array_equal(events[i].units, expected)


def test_invert_makes_large_values_early():
    events = latency([[0.5, 0.0, 1.0]], 2.0, 10.0, invert=True)
    np.testing.assert_array_equal(events.times, [2.0, 6.0, 10.0])
    np.testing.assert_array_equal(events.units, [2, 0, 1])


@pytest.mark.parametrize("invert", [False, True])
def test_values_not_above_the_threshold_are_silent(invert):
    events = latency([[0.5, 0.2, 1.0], [0.2, 0.1, 0.0]], 0.0, 10.0, threshold=0.2, invert=invert)
    np.testing.assert_array_equal(events.counts, [2, 0])
    assert sorted(events.units) == [0, 2]
    np.testing.assert_array_equal(events.times, [0.0, 5.0] if invert else [5.0, 10.0])


def test_no_spike_is_later_than_t_max():
    values = np.concatenate([np.linspace(0, 1, 1001), [np.nextafter(1, 0)]])[None]
    for t_min, t_max in ((0.3, 0.9), (2.0, 22.8)):  # 0.3 + (0.9 - 0.3) > 0.9
        assert latency(values, t_min, t_max, t_end=t_max).times.max() == t_max


def test_exact_in_float64_whatever_comes_in():
    values = np.array([[0.3]], np.float32)
    assert latency(values, 0.0, 10.0).times[0] == float(values[0, 0]) * 10.0
    np.testing.assert_array_equal(latency(np.array([[True, False]]), 1.0, 3.0).times, [1.0, 3.0])


@pytest.mark.parametrize(
    ("values", "t_min", "t_max", "error", "message"),
    [
        ([[0.0, 0.1], [0.0, 1.5]], 0, 1, ValueError, r"sample 1, unit 1: value 1.5 is not in \[0, 1\]"),
        ([[0.0, -0.1]], 0, 1, ValueError, r"sample 0, unit 1: value -0.1 is not in \[0, 1\]"),
        ([[0.0, np.nan]], 0, 1, ValueError, r"sample 0, unit 1: value nan is not in \[0, 1\]"),
        ([[0.5]], 3, 3, ValueError, "`t_max` must be later than `t_min`, got t_max = 3 ms, t_min = 3 ms"),
        ([[0.5]], -1, 3, ValueError, "`t_min` must be a finite number >= 0 ms, got -1.0"),
        ([[0.5]], 0, np.inf, ValueError, "`t_max` must be a finite number"),
        ([[0.5]], "1", 3, TypeError, "`t_min` must be a finite number >= 0 ms, got '1'"),
        ([0.5], 0, 1, ValueError, r"must have shape \(n_samples, n_units\), got \(1,\)"),
        ([["a"]], 0, 1, TypeError, "dtype <U1"),
    ],
)
def test_bad_input_is_refused(values, t_min, t_max, error, message):
    with pytest.raises(error, match=message):
        latency(values, t_min, t_max)


def test_threshold_is_checked():
    with pytest.raises(ValueError, match="`threshold` must be a finite number, got nan"):
        latency([[0.5]], 0.0, 1.0, threshold=np.nan)
