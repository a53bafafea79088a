"""Lists of events: spread over the steps, by step, without some of them; whatever is no event counts for nothing."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from event_examples import LISTS, N_STEPS, by_hand, random_events, without_offsets

from ngcsnn.kernels import Events


def from_rows(unit, offset, n_units):
    """The moments that a table of slots (T, batch, most) stands for."""
    here = np.asarray(unit)[..., None] == np.arange(n_units)
    return here.sum(axis=2), (here * np.asarray(offset)[..., None]).sum(axis=2)


@pytest.mark.parametrize("name", LISTS)
def test_dense_equals_the_events_one_by_one(name, x64):
    events = LISTS[name]()
    m0, m1 = events.dense(np.float64)
    want = by_hand(events)
    np.testing.assert_array_equal(m0, want[0])
    np.testing.assert_allclose(m1, want[1], rtol=0, atol=1e-15)
    assert m0.dtype == m1.dtype == np.float64 and m0.shape == (N_STEPS, events.batch, events.n_units)
    alone, nothing = without_offsets(events).dense(np.float32)
    np.testing.assert_array_equal(alone, want[0])
    assert nothing is None and alone.dtype == np.float32


@pytest.mark.parametrize("name", [name for name in LISTS if not name.startswith("one each")])
def test_rows_hold_the_events_of_each_step(name, x64):
    events = LISTS[name]()
    unit, offset = events.rows()
    assert unit.shape == offset.shape == (N_STEPS, events.batch, events.most)
    counts, moments = from_rows(unit, offset, events.n_units)
    np.testing.assert_array_equal(counts, by_hand(events)[0])
    np.testing.assert_allclose(moments, by_hand(events)[1], rtol=0, atol=1e-15)
    assert np.all(unit <= events.n_units) and not np.any(np.where(unit == events.n_units, offset, 0.0))
    np.testing.assert_array_equal(without_offsets(events).rows()[0], unit)
    assert without_offsets(events).rows()[1] is None


def test_most_may_be_exact():
    """As many slots as the fullest step has events."""
    events = random_events(most=None)
    counts, _ = from_rows(*events.rows(), events.n_units)
    assert counts.sum(axis=2).max() == events.most
    np.testing.assert_array_equal(counts, by_hand(events)[0])


@pytest.mark.parametrize("name", LISTS)
def test_lost_events_are_gone_and_the_others_stay(name, x64):
    events = LISTS[name]()
    lost = np.random.default_rng(1).random(events.unit.shape) < 0.5
    left = events.without(jnp.asarray(lost))
    m0, m1 = left.dense(np.float64)
    want = by_hand(events, ~lost)
    np.testing.assert_array_equal(m0, want[0])
    np.testing.assert_allclose(m1, want[1], rtol=0, atol=1e-15)
    assert 0 < want[0].sum() < by_hand(events)[0].sum()
    np.testing.assert_array_equal(np.asarray(left.unit)[~lost], np.asarray(events.unit)[~lost])
    np.testing.assert_array_equal(left.step, events.step)
    if not events.one_each:
        np.testing.assert_array_equal(from_rows(*left.rows(), events.n_units)[0], want[0])


def test_all_lost():
    events = random_events()
    nobody = events.without(jnp.ones(events.unit.shape, bool))
    assert not np.any(nobody.dense(np.float32)[0]) and np.all(nobody.rows()[0] == events.n_units)


def test_events_beyond_the_last_step_are_none():
    """A list that acts one step later than it was put on the grid."""
    events = random_events()
    late = Events(
        events.step + 1, events.unit, events.offset, n_units=events.n_units, n_steps=N_STEPS, one_each=False, most=8
    )
    m0, m1 = late.dense(np.float32)
    before = events.dense(np.float32)
    assert before[0][-1].sum() > 0, "there is something to lose"
    np.testing.assert_array_equal(m0[1:], before[0][:-1])
    np.testing.assert_array_equal(m1[1:], before[1][:-1])
    assert not np.any(m0[0])
    np.testing.assert_array_equal(from_rows(*late.rows(), events.n_units)[0], m0)


def test_it_passes_through_jit_and_its_cotangent_is_none():
    events = random_events()
    jitted = jax.jit(lambda e: e.dense(np.float32))(events)
    jax.tree.map(np.testing.assert_array_equal, jitted, events.dense(np.float32))
    none = events.no_cotangent()
    assert none.step.dtype == none.unit.dtype == jax.dtypes.float0 and not np.any(none.offset)
    assert without_offsets(events).no_cotangent().offset is None
