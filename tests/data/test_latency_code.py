"""Images as spikes: equal to the encoding of the host, event by event, in both precisions and for both laws."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.data.encoding import latency
from ngcsnn.data.event_grid import PaddedEvents
from ngcsnn.data.events import EventData
from ngcsnn.data.latency_code import LatencyCode
from ngcsnn.data.latency_on_device import LatencyOnDevice, SpikesOnDevice

PIXELS = np.random.default_rng(0).permutation(np.arange(7 * 256) % 256).astype(np.uint8).reshape(14, 128)
FRACTIONS = np.concatenate([np.random.default_rng(1).random((9, 128)), PIXELS / 255.0])
LINEAR: dict[str, Any] = {"t_min": 2.0, "t_max": 18.0}
LAWS: dict[str, dict[str, Any]] = {
    "bright_early": LINEAR,
    "bright_late": {**LINEAR, "invert": False},
    "all_emit": {"t_min": 0.0, "t_max": 20.0, "threshold": None},
    "threshold_254": {**LINEAR, "threshold": 254},
    "on_the_grid": {"t_min": 0.0, "t_max": 12.75},  # 0.05 ms a level
    "logarithmic": {"logarithmic": True, "tau": 2.0, "threshold": 51},
}
VALUES = {"uint8": PIXELS, "float32": FRACTIONS.astype(np.float32), "float64": FRACTIONS}


def listed(padded: PaddedEvents, n_units: int) -> tuple[np.ndarray, ...]:
    """(sample, unit, step, offset) of every event, in one order whatever theirs was."""
    step, unit, offset = (np.asarray(column) for column in padded)
    sample, column = np.nonzero(unit < n_units)
    flat = sample, unit[sample, column], step[sample, column], offset[sample, column]
    order = np.lexsort(flat[::-1])
    return tuple(a[order] for a in flat)


@jax.jit
def taken_by(device: Any, index: Any) -> PaddedEvents:
    return device.take(index)


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_device_makes_the_events_of_the_host(kind, precision):
    grids = [(25, 1.0), (500, 0.05), (67, 0.3)] * 2
    with jax.enable_x64(precision == "float64"):
        for law, (n_steps, dt) in zip(LAWS.values(), grids, strict=True):
            code = LatencyCode(VALUES[kind], **law)
            device = code.to_device(n_steps, dt, precision)
            taken = taken_by(device, np.arange(len(code)))
            assert [str(a.dtype) for a in taken] == ["int32", "int32", precision]
            assert device.one_each == (kind != "uint8" or law != LAWS["threshold_254"])  # few spike: lists
            host = code.to_events().to_padded(n_steps, dt, precision)
            for ours, theirs in zip(listed(taken, code.n_units), listed(host, code.n_units), strict=True):
                np.testing.assert_array_equal(ours, theirs)  # offsets to the bit
            silent = np.asarray(taken.unit) == code.n_units
            if device.one_each:  # column k is unit k
                assert (np.asarray(taken.unit)[~silent] == np.nonzero(~silent)[1]).all()
            assert not np.asarray(taken.step)[silent].any() and not np.asarray(taken.offset)[silent].any()


def test_events_are_those_of_the_encoding():
    for values, fractions in ((PIXELS, PIXELS / 255.0), (FRACTIONS, FRACTIONS)):
        for threshold in (None, 0, 1, 100):
            for invert in (True, False):
                ours = LatencyCode(values, 2.0, 18.0, threshold=threshold, invert=invert, t_end=20.0).to_events()
                limit = None if threshold is None else threshold / 255.0
                assert ours == latency(fractions, 2.0, 18.0, invert=invert, threshold=limit, t_end=20.0)


def test_more_samples_than_are_held_at_once(monkeypatch):
    whole = LatencyCode(FRACTIONS, **LINEAR)
    events, device = whole.to_events(), whole.to_device(20, 1.0)
    monkeypatch.setattr("ngcsnn.data.latency_code._ROWS", 4)
    assert whole.to_events() == events
    jax.tree.map(np.testing.assert_array_equal, whole.to_device(20, 1.0), device)


def test_edge_values_by_hand():
    code = LatencyCode(np.array([[0, 1, 2, 254, 255]], np.uint8), 0.0, 25.5)
    taken = code.to_device(30, 1.0).take(jnp.array([0]))
    np.testing.assert_array_equal(taken.unit, [[5, 5, 2, 3, 4]])
    np.testing.assert_array_equal(taken.step, [[0, 0, 25, 0, 0]])  # 25.3, 0.1 and 0 ms
    np.testing.assert_allclose(taken.offset, [[0, 0, -0.7, -0.9, -1.0]], atol=1e-6)
    one = LatencyCode(np.array([[99, 100, 101]], np.uint8), 0.0, 10.0, threshold=100)
    np.testing.assert_array_equal(one.to_events().units, [2])


def test_thresholds_of_floats_are_on_the_scale_of_pixels():
    below, above = np.nextafter(51 / 255, 0), np.nextafter(51 / 255, 1)
    code = LatencyCode(np.array([[below, 51 / 255, above]]), 0.0, 10.0, threshold=51)
    np.testing.assert_array_equal(code.to_events().units, [2])


def test_pixels_stay_bytes_and_every_array_has_the_sample_first():
    device = LatencyCode(PIXELS, **LINEAR).to_device(20, 1.0)
    assert isinstance(device, LatencyOnDevice)
    assert [(a.dtype, a.shape) for a in jax.tree.leaves(device)] == [(np.uint8, PIXELS.shape)]
    floats = LatencyCode(FRACTIONS, **LINEAR).to_device(20, 1.0)
    assert isinstance(floats, SpikesOnDevice)
    assert [a.shape for a in jax.tree.leaves(floats)] == [FRACTIONS.shape] * 2
    assert floats.step.dtype == np.int16
    long = LatencyCode(FRACTIONS, **LINEAR).to_device(2**15 + 1, 1.0)
    assert isinstance(long, SpikesOnDevice) and long.step.dtype == np.int32
    for one in (device, floats):
        assert one.n_units == 128 and one.one_each is True


def test_the_last_step_of_a_long_trial_fits():
    code = LatencyCode(np.array([[0.0, 1.0]]), 0.0, 2.0**15, invert=False, threshold=None)
    assert code.to_device(2**15, 1.0).take(jnp.array([0])).step.tolist() == [[0, 2**15 - 1]]


@pytest.mark.parametrize("kind", ["uint8", "float32"])
def test_batches_of_any_size_and_order(kind):
    device = LatencyCode(VALUES[kind], **LINEAR).to_device(20, 1.0)
    whole = taken_by(device, np.arange(14))
    for index in ([3], [5, 0, 5], []):
        taken = taken_by(device, np.array(index, np.int32))
        for ours, all_of_them in zip(taken, whole, strict=True):
            np.testing.assert_array_equal(ours, np.asarray(all_of_them)[index])


def test_one_compilation_serves_other_data_of_the_same_law():
    traces = []

    @jax.jit
    def take(device, index):
        traces.append(1)
        return device.take(index)

    for values in (PIXELS, PIXELS[::-1]):
        take(LatencyCode(values, 2.0, 18.0).to_device(20, 1.0), jnp.arange(3))
    take(LatencyCode(PIXELS, 2, 18).to_device(20, 1), jnp.arange(3))
    assert len(traces) == 1
    take(LatencyCode(PIXELS, 2.0, 17.0).to_device(20, 1.0), jnp.arange(3))
    assert len(traces) == 2


@pytest.mark.parametrize("kind", VALUES)
def test_spikes_after_the_trial_are_counted_on_the_host(kind):
    code = LatencyCode(VALUES[kind], **LINEAR)
    events = code.to_events()
    late = events.times > 10.0
    first = int(np.flatnonzero(np.array([(events[i].times > 10.0).any() for i in range(len(events))]))[0])
    message = f"{late.sum()} of {events.n_events} events lie after the trial of 10 steps x 1 ms = 10 ms; "
    with pytest.raises(ValueError, match=f"^{message}the first is in sample {first}: t = 1"):
        code.to_device(10, 1.0)
    LatencyCode(VALUES[kind], 2.0, 10.0).to_device(10, 1.0)


def test_only_values_that_occur_can_be_late():
    bright = np.full((2, 3), 250, np.uint8)
    LatencyCode(bright, 0.0, 100.0, t_end=5.0).to_device(2, 1.0)  # 1.96 ms
    LatencyCode(bright, logarithmic=True, tau=20.0, threshold=51).to_device(5, 1.0)
    LatencyCode(bright / 255.0, logarithmic=True, tau=20.0, threshold=51).to_device(5, 1.0)
    dim = bright.copy()
    dim[1, 2] = 52
    for values in (dim, dim / 255.0):
        code = LatencyCode(values, logarithmic=True, tau=20.0, threshold=51)
        with pytest.raises(ValueError, match=r"1 of 6 events lie after .*sample 1: t = 79.02.* unit 2.*smaller `tau`"):
            code.to_device(79, 1.0)
        code.to_device(80, 1.0)


def test_t_end_is_held():
    assert LatencyCode(PIXELS, **LINEAR, t_end=18.0).to_events().t_end == 18.0
    with pytest.raises(ValueError, match="events lie after the end of the trial, `t_end` = 10 ms; the first"):
        LatencyCode(PIXELS, **LINEAR, t_end=10.0)


@pytest.mark.parametrize(
    ("values", "arguments", "error", "message"),
    [
        (np.zeros((2, 28, 28), np.uint8), {}, ValueError, r"got \(2, 28, 28\); give `values.reshape"),
        (np.zeros(3, np.uint8), {}, ValueError, r"shape \(n_samples, n_units\), got \(3,\)"),
        (np.zeros((3, 0), np.uint8), {}, ValueError, r"got \(3, 0\)"),
        (
            np.zeros((2, 2), np.int64),
            {},
            TypeError,
            "must be uint8 from 0 to 255, or floats from 0 to 1, got dtype int64",
        ),
        (np.zeros((2, 2), bool), {}, TypeError, "dtype bool"),
        (np.array([[0.0, 1.5]]), {}, ValueError, r"sample 0, unit 1: value 1.5 is not in \[0, 1\]"),
        (np.array([[np.nan]]), {}, ValueError, r"sample 0, unit 0: value nan is not in \[0, 1\]"),
        (PIXELS, {"t_max": 1.0}, ValueError, "`t_max` must be later than `t_min`"),
        (PIXELS, {"t_end": 0.0}, ValueError, "`t_end` must be a finite number > 0 ms"),
    ],
    ids=["images", "vector", "no_unit", "int", "bool", "large", "nan", "law", "t_end"],
)
def test_bad_values(values, arguments, error, message):
    with pytest.raises(error, match=message):
        LatencyCode(values, **{**LINEAR, **arguments})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 1.0), ValueError, "`n_steps` must be an integer from 1"),
        ((20, 0.0), ValueError, "`dt` must be a finite number > 0 ms"),
        ((20, 1.0, np.int32), TypeError, "`dtype` must be a floating type"),
        ((20, 1.0, np.float64), ValueError, "`dtype` is float64, but jax is at 32 bits"),
    ],
    ids=["steps", "dt", "dtype", "x64"],
)
def test_bad_grids(arguments, error, message):
    for values in VALUES.values():
        with pytest.raises(error, match=message):
            LatencyCode(values, **LINEAR).to_device(*arguments)


@pytest.mark.parametrize(
    "key",
    [1, -1, slice(2, 7, 2), [3, 0, 3], np.arange(14) % 3 == 0, []],
    ids=["int", "last", "slice", "list", "mask", "none"],
)
def test_select_is_that_of_the_events(key):
    for values in (PIXELS, FRACTIONS[:14]):
        code = LatencyCode(values, **LINEAR, t_end=20.0)
        assert code[key] == code.select(key)
        assert code[key].to_events() == code.to_events()[key]
        assert (code[key].curve, code[key].t_end) == (code.curve, 20.0)
        with pytest.raises(ValueError, match="read-only"):
            code[key].values[:] = 0
    with pytest.raises(IndexError, match="sample 14 is out of range for 14 samples"):
        code[14]


def test_immutable_and_its_own():
    mine = PIXELS.copy()
    code = LatencyCode(mine, **LINEAR)
    mine[:] = 0
    np.testing.assert_array_equal(code.values, PIXELS)
    with pytest.raises(AttributeError):
        code.t_min = 3.0  # pyright: ignore[reportAttributeAccessIssue]
    for other in (pickle.loads(pickle.dumps(code)), copy.deepcopy(code)):
        assert other == code and not other.values.flags.writeable
    assert (len(code), code.n_samples, code.n_units) == (14, 14, 128)
    assert len(code[:0].to_events()) == 0


def test_equality_looks_at_everything():
    code = LatencyCode(PIXELS, **LINEAR)
    assert code == LatencyCode(PIXELS.copy(), 2, 18)
    for other in ({"t_min": 1.0}, {"t_max": 17.0}, {"threshold": 2}, {"invert": False}, {"t_end": 30.0}):
        assert code != LatencyCode(PIXELS, **{**LINEAR, **other})
    assert code != LatencyCode(PIXELS[::-1], **LINEAR)
    ones = np.ones((1, 1))
    assert LatencyCode(ones, **LINEAR) != LatencyCode(ones.astype(np.uint8), **LINEAR)
    assert code != "code"
    assert "14 samples, 128 units of uint8, t_min=2.0" in repr(code)


def test_no_list_of_events_is_ever_made(monkeypatch):
    def forbidden(*_: object, **__: object) -> None:
        raise RuntimeError("an event list")

    code = LatencyCode(PIXELS, **LINEAR, t_end=20.0)
    monkeypatch.setattr(EventData, "__post_init__", forbidden)
    code[:3].to_device(20, 1.0).take(jnp.arange(3))
