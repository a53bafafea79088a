"""The event container: what it holds, what it refuses, how it is cut and joined."""

import copy
import pickle

import numpy as np
import pytest

from ngcsnn.data.events import EventData


def three_samples() -> EventData:
    return EventData.from_lists([([1.0, 2.5], [0, 2]), ([], []), ([0.0, 0.5, 0.5], [1, 1, 0])], n_units=3, t_end=4.0)


def test_from_lists_keeps_samples_one_after_the_other():
    events = three_samples()
    assert (len(events), events.n_samples, events.n_units, events.n_events, events.t_end) == (3, 3, 3, 5, 4.0)
    np.testing.assert_array_equal(events.times, [1.0, 2.5, 0.0, 0.5, 0.5])
    np.testing.assert_array_equal(events.units, [0, 2, 1, 1, 0])
    np.testing.assert_array_equal(events.offsets, [0, 2, 2, 5])
    np.testing.assert_array_equal(events.counts, [2, 0, 3])
    assert (events.times.dtype, events.units.dtype, events.offsets.dtype) == (np.float64, np.int32, np.int64)


def test_empty_containers_are_fine():
    assert len(EventData.from_lists([], n_units=1)) == 0
    silent = EventData.from_lists([([], []), ((), ())], n_units=2)
    assert (len(silent), silent.n_events) == (2, 0)
    assert repr(silent) == "EventData(2 samples, 2 units, 0 events)"


def test_repr_names_the_sizes_and_the_times():
    assert repr(three_samples()) == "EventData(3 samples, 3 units, 5 events, 0 to 2.5 ms, t_end=4 ms)"


def test_it_is_immutable_and_does_not_share_the_users_arrays():
    times, units = np.array([1.0, 2.0]), np.array([0, 1], np.int32)
    offsets = np.array([0, 2])
    events = EventData(times, units, offsets, n_units=2)
    times[0], units[0], offsets[1] = 9.0, 1, 1
    assert (events.times[0], events.units[0], events.offsets[1]) == (1.0, 0, 2)
    for array in (events.times, events.units, events.offsets):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        events.n_units = 5  # pyright: ignore[reportAttributeAccessIssue]


def test_copies_and_pickles_stay_equal_and_immutable():
    events = three_samples()
    for other in (pickle.loads(pickle.dumps(events)), copy.deepcopy(events)):
        assert other == events
        assert not other.times.flags.writeable


@pytest.mark.parametrize(
    ("second", "error", "message"),
    [
        (([1.0, np.nan], [0, 1]), ValueError, "sample 1, event 1: spike time is nan"),
        (([1.0, np.inf], [0, 1]), ValueError, "sample 1, event 1: spike time is inf"),
        (([-0.5, 1.0], [0, 1]), ValueError, "sample 1, event 0: spike time -0.5 ms is negative"),
        (([1.0, 4.5], [0, 1]), ValueError, "sample 1, event 1: spike time 4.5 ms lies after .* `t_end` = 4 ms"),
        (([2.0, 1.0], [0, 1]), ValueError, "sample 1, event 1: spike time 1 ms comes after 2 ms.*sort=True"),
        (([1.0, 2.0], [0, -1]), ValueError, "sample 1, event 1: unit index -1 is outside 0 to 2"),
        (([1.0, 2.0], [0, 3]), ValueError, "sample 1, event 1: unit index 3 is outside 0 to 2 .`n_units` = 3"),
        (([1.0, 2.0], [0, 1.5]), ValueError, "sample 1, event 1: unit index 1.5 is not an integer"),
        (([1.0, 2.0], [0, np.nan]), ValueError, "sample 1, event 1: unit index nan is not an integer"),
        (([1.0, 2.0], [0]), ValueError, "sample 1: 2 spike times but 1 unit indices"),
        (([[1.0], [2.0]], [0, 1]), ValueError, r"sample 1: `times` must be one-dimensional, got shape \(2, 1\)"),
        (([1.0, 2.0], ["a", "b"]), TypeError, "sample 1: `units` must hold numbers"),
        (([True, True], [0, 1]), TypeError, "sample 1: `times` must hold numbers, got dtype bool"),
        (([1.0],), TypeError, "sample 1: expected a pair"),
    ],
)
def test_bad_events_are_refused_by_place_and_value(second, error, message):
    with pytest.raises(error, match=message):
        EventData.from_lists([([3.0, 3.5], [0, 2]), second], n_units=3, t_end=4.0)


def test_the_place_is_right_behind_empty_samples():
    with pytest.raises(ValueError, match="sample 3, event 0: unit index 7"):
        EventData.from_lists([([1.0], [0]), ([], []), ([], []), ([1.0], [7]), ([], [])], n_units=2)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1.0], [0, 1], [0, 1], 2), ValueError, "same length"),
        (([1.0], [0], [0, 2], 2), ValueError, "from 0 to the number of events .1., got 0 to 2"),
        (([1.0], [0], [1, 1], 2), ValueError, "got 1 to 1"),
        (([1.0, 2.0], [0, 0], [0, 2, 1, 2], 2), ValueError, "must not fall, got 2 then 1 at sample 1"),
        (([1.0], [0], [0.0, 1.0], 2), TypeError, "integers, got 2 values of dtype float64"),
        (([], [], [], 2), TypeError, "got 0 values"),
        (([1.0], [0], [0, 1], 0), ValueError, "`n_units` must be an integer from 1"),
        (([1.0], [0], [0, 1], 2.0), TypeError, "`n_units` must be an integer"),
        (([1.0], [0], [0, 1], 2, 0.0), ValueError, "`t_end` must be a finite number > 0 ms, got 0.0"),
        (([1.0], [0], [0, 1], 2, "long"), TypeError, "`t_end` must be a finite number"),
    ],
)
def test_bad_flat_arrays_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        EventData(*arguments)


def test_round_off_at_t_end_is_allowed():
    assert EventData.from_lists([([0.1 + 0.2], [0])], 1, t_end=0.3).n_events == 1


def test_time_may_fall_from_one_sample_to_the_next_but_not_within():
    EventData.from_lists([([5.0], [0]), ([], []), ([1.0], [0])], 1)
    with pytest.raises(ValueError, match="sample 0, event 1"):
        EventData.from_lists([([5.0, 1.0], [0, 0]), ([], [])], 1)
    with pytest.raises(ValueError, match="sample 1, event 1"):
        EventData.from_lists([([], []), ([5.0, 1.0], [0, 0])], 1)


def test_sort_is_stable_and_within_samples():
    events = EventData.from_lists([([2.0, 1.0, 1.0], [0, 2, 1]), ([0.5, 0.25], [0, 1])], n_units=3, sort=True)
    np.testing.assert_array_equal(events.times, [1.0, 1.0, 2.0, 0.25, 0.5])
    np.testing.assert_array_equal(events.units, [2, 1, 0, 1, 0])


@pytest.mark.parametrize(
    ("key", "order"),
    [
        (1, [1]),
        (-1, [2]),
        (slice(None, None, -1), [2, 1, 0]),
        (slice(1, None), [1, 2]),
        ([2, 0, 2], [2, 0, 2]),
        (np.array([0, -1]), [0, 2]),
        (np.array([True, False, True]), [0, 2]),
        ([], []),
        (np.zeros(3, bool), []),
    ],
)
def test_select_gives_the_samples_in_order(key, order):
    lists = [([1.0, 2.5], [0, 2]), ([], []), ([0.0, 0.5, 0.5], [1, 1, 0])]
    expected = EventData.from_lists([lists[i] for i in order], n_units=3, t_end=4.0)
    assert three_samples().select(key) == expected
    assert three_samples()[key] == expected


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        (3, IndexError, "sample 3 is out of range for 3 samples"),
        ([0, -4], IndexError, "sample -4"),
        (np.array([True, False]), IndexError, "the mask has 2 entries for 3 samples"),
        (1.0, TypeError, "float64"),
        (np.zeros((2, 2), int), TypeError, "shape"),
    ],
)
def test_select_refuses_what_is_no_choice_of_samples(key, error, message):
    with pytest.raises(error, match=message):
        three_samples()[key]


def test_iteration_gives_one_sample_each():
    assert [part.n_events for part in three_samples()] == [2, 0, 3]


def test_concatenate_joins_samples():
    events = three_samples()
    assert EventData.concatenate([events[:1], events[1:]]) == events
    assert EventData.concatenate([events[i] for i in range(3)]) == events


def test_concatenate_takes_the_longest_t_end_and_refuses_other_units():
    short, long = (EventData.from_lists([([1.0], [0])], 1, t_end=t) for t in (2.0, 5.0))
    assert EventData.concatenate([short, long]).t_end == 5.0
    assert EventData.concatenate([short, EventData.from_lists([([9.0], [0])], 1)]).t_end is None
    with pytest.raises(ValueError, match="part 1 has n_units = 2, part 0 has 1"):
        EventData.concatenate([short, EventData.from_lists([], 2)])
    with pytest.raises(ValueError, match="at least one"):
        EventData.concatenate([])


def test_equality_looks_at_everything():
    events = three_samples()
    assert events == three_samples()
    assert events != EventData(events.times, events.units, events.offsets, 4, 4.0)
    assert events != EventData(events.times, events.units, events.offsets, 3, 5.0)
    assert events != EventData(events.times, events.units, [0, 2, 3, 5], 3, 4.0)  # pyright: ignore[reportArgumentType]
    assert events != "events"
