"""The events of a batch, taken from those of all samples."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small import STEPS, dense, events

from ngcsnn.compilers.batches import NOBODY
from ngcsnn.compilers.fed_events import FedEvents
from ngcsnn.data import EventData, LatencyCode

DT = 1.0
CODE = LatencyCode(np.random.default_rng(0).integers(0, 256, (6, 5)).astype(np.uint8), 0.5, 19.0, threshold=40.0)
DATA = {"lists": events(6), "code": CODE}


def fed(name: str, later: int = 0) -> FedEvents:
    trials = DATA[name].to_device(STEPS, DT)
    return FedEvents(trials, n_units=5, most=getattr(trials, "most", 5), later=later)


def moments(name: str) -> tuple[np.ndarray, np.ndarray]:
    """(n_samples, T, n_units), each, event by event."""
    given = DATA[name]
    return dense(given if isinstance(given, EventData) else given.to_events(), DT)


@pytest.mark.parametrize("name", DATA)
def test_a_batch_is_taken_in_its_order(name: str) -> None:
    batch = np.array([4, 0, 0, 5])
    taken = jax.jit(lambda f, b: f.take(b, STEPS, timed=True))(fed(name), batch)
    assert (taken.batch, taken.n_units, taken.n_steps) == (4, 5, STEPS) and taken.one_each == (name == "code")
    counts, offsets = moments(name)
    m0, m1 = taken.dense(np.float32)
    np.testing.assert_array_equal(m0, counts[batch].swapaxes(0, 1))
    np.testing.assert_allclose(m1, offsets[batch].swapaxes(0, 1), atol=1e-5)
    assert m0.sum() > 10


@pytest.mark.parametrize("name", DATA)
def test_nobody_has_no_events(name: str) -> None:
    taken = fed(name).take(np.array([1, NOBODY, 0]), STEPS, timed=True)
    for m in taken.dense(np.float32):
        assert np.any(m[:, 0]) and not np.any(m[:, 1]) and np.any(m[:, 2])
    assert np.all(taken.unit[1] == 5)
    assert taken.one_each or np.all(taken.rows()[0][:, 1] == 5)


@pytest.mark.parametrize("name", DATA)
def test_events_on_the_grid_have_no_offsets(name: str) -> None:
    taken = fed(name).take(np.arange(6), STEPS, timed=False)
    assert taken.offset is None
    np.testing.assert_array_equal(taken.dense(np.float32)[0], moments(name)[0].swapaxes(0, 1))


@pytest.mark.parametrize("name", DATA)
def test_later_events_fall_one_step_behind(name: str) -> None:
    """Those of the last step fall off the trial."""
    counts, offsets = moments(name)
    assert counts[:, -1].sum() > 0 or name == "code"
    taken = fed(name, later=1).take(np.arange(6), STEPS, timed=True)
    for got, want in zip(taken.dense(np.float32), (counts, offsets), strict=True):
        np.testing.assert_allclose(got[1:], want[:, :-1].swapaxes(0, 1), atol=1e-5)
        assert not np.any(got[0])
    assert taken.step.dtype == jnp.int32


def test_a_set_without_any_event_is_fed() -> None:
    silent = EventData.from_lists([([], []), ([], [])], 5).to_device(STEPS, DT)
    taken = FedEvents(silent, n_units=5, most=silent.most, later=0).take(np.array([0, 1]), STEPS, timed=True)
    assert not np.any(taken.dense(np.float32)[0]) and np.all(taken.rows()[0] == 5)
