"""Images of which few pixels spike are lists on the device; their events are those of the host."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from ngcsnn.data import LatencyCode
from ngcsnn.data.latency_lists import EVERY, LatencyLists
from ngcsnn.data.latency_on_device import LatencyOnDevice

STEPS, DT = 20, 1.0
RNG = np.random.default_rng(0)
FEW = np.where(RNG.random((9, 300)) < 0.2, RNG.integers(0, 256, (9, 300)), 0).astype(np.uint8)
FEW[4] = 0  # nothing spikes
CODES = {
    "linear": {"t_min": 0.5, "t_max": 18.5, "threshold": 1.0},
    "dark is early": {"t_min": 0.0, "t_max": 18.0, "threshold": 30.0, "invert": False},
    "logarithmic": {"logarithmic": True, "tau": 4.0, "threshold": 20.0},
}


def on_device(values, code="linear", dtype="float32"):
    return LatencyCode(values, **CODES[code]).to_device(STEPS, DT, dtype)


@pytest.mark.parametrize("code", CODES)
def test_events_are_those_of_the_host(code, x64):
    device = on_device(FEW, code, "float64")
    index = np.array([7, 4, 0, 7])
    got = jax.jit(lambda d: d.take(index))(device)
    want = LatencyCode(FEW, **CODES[code]).to_events()[index].to_padded(STEPS, DT, np.float64)
    n = want.unit.shape[1]
    for ours, theirs in zip(got, want, strict=True):
        np.testing.assert_array_equal(np.asarray(ours)[:, :n], theirs)
        assert ours.dtype == theirs.dtype
    assert np.all(np.asarray(got.unit)[:, n:] == 300) and np.all(np.asarray(got.unit)[1] == 300)
    assert (np.diff(np.where(np.asarray(got.unit) < 300, got.step, STEPS)) >= 0).all()


def test_lists_take_as_many_places_as_the_fullest_sample_needs():
    device = on_device(FEW)
    fullest = int((FEW > 1).sum(axis=1).max())
    assert isinstance(device, LatencyLists) and not device.one_each
    assert device.most == device.value.shape[1] and fullest <= device.most < fullest + EVERY
    assert device.value.dtype == np.uint8 and device.unit.dtype == np.uint16


def test_more_than_half_and_images_are_kept():
    values = FEW.copy()
    values[2, :160] = 200
    assert isinstance(on_device(values), LatencyOnDevice)
    values[2, :160] = np.where(np.arange(160) < 100, 200, 0)
    assert isinstance(on_device(values), LatencyLists)


def test_samples_without_a_spike():
    device = on_device(np.zeros((3, 40), np.uint8))
    assert isinstance(device, LatencyLists)
    assert np.all(np.asarray(device.take(np.arange(3)).unit) == 40)


def test_samples_are_sorted_some_at_a_time(monkeypatch):
    whole = on_device(FEW)
    monkeypatch.setattr("ngcsnn.data.latency_lists.ROWS", 2)
    for ours, theirs in zip(jax.tree.leaves(on_device(FEW)), jax.tree.leaves(whole), strict=True):
        np.testing.assert_array_equal(ours, theirs)
