"""Event lists on the device: what is taken is what was padded."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.data.events import EventData

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
        assert [a.shape for a in jax.tree.leaves(device)] == [(3, 3)] * 3  # the sample first


def test_errors_are_those_of_the_padded_form():
    with pytest.raises(ValueError, match="1 of 5 events lie after the trial of 2 steps"):
        EVENTS.to_device(2, 1.0)
    with pytest.raises(ValueError, match="`dtype` is float64, but jax is at 32 bits"):
        EVENTS.to_device(4, 1.0, np.float64)
    with pytest.raises(TypeError, match="`dtype` must be a floating type such as float32, got int32"):
        EVENTS.to_device(4, 1.0, np.int32)
