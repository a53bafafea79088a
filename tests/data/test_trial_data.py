"""The two interfaces by which compilers know data: who has them, and who has not."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.data.encoding import latency
from ngcsnn.data.latency_code import LatencyCode
from ngcsnn.data.trial_data import TrialData, TrialOnDevice

VALUES = np.array([[0.5, 0.25, 1.0], [0.125, 0.0, 0.75]])


def trials() -> dict[str, TrialData]:
    return {
        "events": latency(VALUES, 1.0, 3.0),
        "floats": LatencyCode(VALUES, 1.0, 3.0),
        "pixels": LatencyCode((VALUES * 255).astype(np.uint8), 1.0, 3.0),
    }


@pytest.mark.parametrize("kind", ["events", "floats", "pixels"])
def test_containers_have_both_interfaces(kind):
    data = trials()[kind]
    assert isinstance(data, TrialData)
    assert isinstance(data[[1]], TrialData) and len(data[[1]]) == 1
    device = data.to_device(4, 1.0)
    assert isinstance(device, TrialOnDevice)
    assert (data.n_units, device.n_units, len(data)) == (3, 3, 2)
    taken = device.take(jnp.array([1, 0, 1]))
    assert [a.shape for a in taken] == [(3, 3)] * 3
    assert device.one_each == (kind != "events")


@pytest.mark.parametrize("other", [np.zeros((2, 3)), [], None, "events"], ids=["array", "list", "none", "text"])
def test_arrays_and_the_like_are_no_trials(other):
    assert not isinstance(other, TrialData)
    assert not isinstance(jnp.zeros((2, 3)), TrialData)
