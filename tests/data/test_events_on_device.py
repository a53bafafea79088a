"""Event lists on the device: what is taken is what was padded."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.data.event_grid import FlatEvents
from ngcsnn.data.events import EventData
from ngcsnn.data.events_on_device import events_on_device

EVENTS = EventData.from_lists([([1.0, 2.5], [0, 2]), ([], []), ([0.0, 0.5, 0.5], [1, 1, 0])], n_units=3, t_end=4.0)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_taken_by_sample_are_the_padded_rows(precision):
    with jax.enable_x64(precision == "float64"):
        device, host = EVENTS.to_device(4, 1.0, precision), EVENTS.to_padded(4, 1.0, precision)
        for index in ([0, 1, 2], [2, 2, 0], []):
            taken = jax.jit(lambda d, i: d.take(i))(device, jnp.array(index, jnp.int32))
            for ours, theirs in zip(taken, host, strict=True):
                np.testing.assert_array_equal(ours, theirs[index])
                assert ours.dtype == theirs.dtype
        assert (device.n_units, device.one_each) == (3, False)
        assert [a.shape for a in jax.tree.leaves(device)] == [(5 + 3,)] * 3 + [(4,)]  # no padding but behind the last
        assert device.most == 4 and device.width == 3


def test_nothing_at_all():
    empty = EventData.from_lists([([], []), ([], [])], n_units=3).to_device(4, 1.0)
    assert [a.tolist() for a in empty.take(jnp.array([1, 0, 1]))] == [[[0]] * 3, [[3]] * 3, [[0.0]] * 3]


@pytest.mark.parametrize("seed", range(3))
def test_the_fullest_step_is_counted_sample_by_sample(seed):
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 40, 30)
    lists = [(np.sort(rng.integers(1, 6, k)).astype(float), rng.integers(0, 9, k)) for k in counts]
    events = EventData.from_lists(lists, 9)
    fullest = max((np.unique(times, return_counts=True)[1].max() for times, _ in lists if len(times)), default=0)
    assert events.to_device(6, 1.0).most == -(-fullest // 4) * 4


def test_more_than_an_index_can_count():
    flat = FlatEvents(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0), np.array([0, 2**31 - 5]))
    with pytest.raises(ValueError, match="2147483643 events are more than"):
        events_on_device(flat, 3)


def test_errors_are_those_of_the_padded_form():
    with pytest.raises(ValueError, match="1 of 5 events lie after the trial of 2 steps"):
        EVENTS.to_device(2, 1.0)
    with pytest.raises(ValueError, match="`dtype` is float64, but jax is at 32 bits"):
        EVENTS.to_device(4, 1.0, np.float64)
    with pytest.raises(TypeError, match="`dtype` must be a floating type such as float32, got int32"):
        EVENTS.to_device(4, 1.0, np.int32)
