"""Events on the grid of steps: the time convention, dense and padded forms, and the way back."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from ngcsnn.data.event_grid import step_and_offset
from ngcsnn.data.events import EventData

STEPS = (0.002, 0.05, 0.1, 0.3, 1.0, 3.0)


@pytest.mark.parametrize(
    ("t", "step", "offset"),
    [
        (0.0, 0, -1.0),
        (0.25, 0, -0.75),
        (1.0, 0, 0.0),
        (1.0 + 1e-12, 0, 0.0),
        (1.0 + 1e-6, 1, -1.0 + 1e-6),
        (1.0 - 1e-12, 0, -1e-12),
        (29.5, 29, -0.5),
    ],
)
def test_a_step_holds_its_end_but_not_its_start(t, step, offset):
    n, tau = step_and_offset(np.array([t]), 1.0)
    assert n[0] == step
    np.testing.assert_allclose(tau[0], offset, rtol=0, atol=1e-15)
    assert n.dtype == np.int64 and tau.dtype == np.float64


@pytest.mark.parametrize("dt", STEPS)
def test_times_on_the_grid_stay_on_it_however_they_were_rounded(dt):
    n = np.concatenate([np.arange(3000), [10**6, 10**8]])
    for times in ((n + 1) * dt, np.nextafter((n + 1) * dt, 0.0), np.nextafter((n + 1) * dt, np.inf)):
        step, offset = step_and_offset(times, dt)
        np.testing.assert_array_equal(step, n)
        assert (offset <= 0).all() and (offset > -1e-6 * dt).all()
    step, _ = step_and_offset(np.cumsum(np.full(3000, dt)), dt)
    np.testing.assert_array_equal(step, np.arange(3000))


@given(st.floats(0.0, 1e4), st.sampled_from(STEPS))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_step_end_plus_offset_is_the_time(t, dt):
    n, tau = step_and_offset(np.array([t]), dt)
    assert n[0] >= 0
    assert -dt <= tau[0] <= 0.0
    np.testing.assert_allclose((n[0] + 1) * dt + tau[0], t, rtol=1e-14, atol=2e-9 * dt)


counts = st.integers(0, 3).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(1, 5), st.integers(1, 4), st.integers(0, 2**32 - 1))
)


@given(counts, st.sampled_from(STEPS))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_dense_to_events_and_back(shape_and_seed, dt):
    *shape, seed = shape_and_seed
    dense = np.random.default_rng(seed).poisson(0.6, shape)
    events = EventData.from_dense(dense, dt)
    assert (len(events), events.n_units, events.n_events) == (shape[0], shape[2], dense.sum())
    assert events.t_end == shape[1] * dt
    back = events.to_dense(shape[1], dt)
    np.testing.assert_array_equal(back, dense)
    assert back.dtype == np.float32
    assert (events.to_padded(shape[1], dt, np.float64).offset == 0.0).all()


def test_a_count_of_a_step_is_as_many_events_at_its_end():
    spikes = np.zeros((2, 3, 2))
    spikes[0, 1, 1], spikes[1, 0, 0], spikes[1, 2, 0] = 2, 1, 1
    events = EventData.from_dense(spikes, dt=0.5)
    np.testing.assert_array_equal(events.times, [1.0, 1.0, 0.5, 1.5])
    np.testing.assert_array_equal(events.units, [1, 1, 0, 0])
    np.testing.assert_array_equal(events.offsets, [0, 2, 4])
    assert EventData.from_dense(spikes > 0, dt=0.5).n_events == 3


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        (-1.0, ValueError, "got -1.0 at sample 1, step 2, unit 0"),
        (0.5, ValueError, "got 0.5 at sample 1, step 2, unit 0"),
        (np.nan, ValueError, "got nan at sample 1"),
        (np.inf, ValueError, "got inf at sample 1"),
    ],
)
def test_dense_values_that_are_no_counts_are_refused(value, error, message):
    spikes = np.zeros((2, 3, 2))
    spikes[1, 2, 0] = value
    with pytest.raises(error, match=message):
        EventData.from_dense(spikes, dt=1.0)


def test_dense_arguments_are_checked():
    with pytest.raises(ValueError, match=r"must have shape \(n_samples, n_steps, n_units\), got \(2, 3\)"):
        EventData.from_dense(np.zeros((2, 3)), dt=1.0)
    with pytest.raises(TypeError, match="dtype <U1"):
        EventData.from_dense(np.full((1, 1, 1), "a"), dt=1.0)
    with pytest.raises(ValueError, match="`dt` must be a finite number > 0 ms, got 0.0"):
        EventData.from_dense(np.zeros((1, 1, 1)), dt=0)


def random_events(seed: int, n_samples: int = 20, n_units: int = 7, t_end: float = 10.0) -> EventData:
    rng = np.random.default_rng(seed)
    samples = []
    for _ in range(n_samples):
        count = rng.integers(0, 12)
        samples.append((np.sort(rng.uniform(0.0, t_end, count)), rng.integers(0, n_units, count)))
    return EventData.from_lists(samples, n_units, t_end)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dt", [0.1, 0.3, 1.0])
def test_padded_holds_every_event_and_nothing_else(seed, dt):
    events = random_events(seed)
    n_steps = int(np.ceil(10.0 / dt))
    padded = events.to_padded(n_steps, dt, np.float64)
    assert padded.step.shape == padded.unit.shape == padded.offset.shape == (20, events.counts.max())
    real = padded.unit < events.n_units
    np.testing.assert_array_equal(real.sum(axis=1), events.counts)
    assert (np.diff(real.astype(int), axis=1) <= 0).all()  # padding comes last
    assert (padded.unit[~real] == events.n_units).all()
    assert (padded.step[~real] == 0).all() and (padded.offset[~real] == 0).all()
    rebuilt = EventData(
        (padded.step[real] + 1) * dt + padded.offset[real], padded.unit[real], events.offsets, events.n_units, 10.0
    )
    np.testing.assert_allclose(rebuilt.times, events.times, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(rebuilt.units, events.units)


def test_padded_types():
    for dtype in (np.float32, np.float64):
        padded = random_events(0).to_padded(100, 0.1, dtype)
        assert (padded.step.dtype, padded.unit.dtype, padded.offset.dtype) == (np.int32, np.int32, dtype)
    assert random_events(0).to_padded(100, 0.1).offset.dtype == np.float32
    with pytest.raises(TypeError, match="`dtype` must be a floating type"):
        random_events(0).to_padded(100, 0.1, np.int32)


def test_the_offset_is_rounded_to_float32_only_at_the_end():
    # At 10 s a float32 resolves 1e-3 ms: a time rounded early would lose the offset.
    events = EventData.from_lists([([10_000.0 - 1e-4], [0])], 1)
    offset = events.to_padded(10_000, 1.0).offset
    np.testing.assert_allclose(offset, [[-1e-4]], rtol=1e-6)


def test_samples_without_events_give_one_column_of_padding():
    padded = EventData.from_lists([([], []), ([], [])], n_units=3).to_padded(5, 1.0)
    np.testing.assert_array_equal(padded.unit, [[3], [3]])
    assert EventData.from_lists([], n_units=3).to_padded(5, 1.0).step.shape == (0, 1)


def test_dense_counts_events_of_a_step_together():
    events = EventData.from_lists([([0.2, 0.9, 1.0, 1.1], [0, 0, 0, 1])], n_units=2)
    np.testing.assert_array_equal(events.to_dense(2, 1.0, np.int32), [[[3, 0], [0, 1]]])


def test_late_events_are_an_error_that_says_which():
    events = EventData.from_lists([([1.0], [0]), ([2.0, 3.5], [1, 0]), ([4.0], [1])], n_units=2)
    message = (
        r"2 of 4 events lie after the trial of 3 steps x 1 ms = 3 ms; the first is in sample 1: t = 3.5 ms, unit 0"
    )
    for form in (events.to_padded, events.to_dense):
        with pytest.raises(ValueError, match=message):
            form(3, 1.0)


def test_late_events_can_be_dropped_with_a_warning():
    events = EventData.from_lists([([1.0], [0]), ([2.0, 3.5], [1, 0]), ([4.0], [1])], n_units=2)
    with pytest.warns(UserWarning, match="dropped: 2 of 4 events") as record:
        padded = events.to_padded(3, 1.0, late="drop")
    assert record[0].filename == __file__
    np.testing.assert_array_equal(padded.step, [[0], [1], [0]])
    np.testing.assert_array_equal(padded.unit, [[0], [1], [2]])
    with pytest.warns(UserWarning, match="dropped: 2"):
        assert events.to_dense(3, 1.0, late="drop").sum() == 2


def test_grid_arguments_are_checked():
    events = random_events(0)
    with pytest.raises(ValueError, match="`late` must be 'error' or 'drop', got 'dorp'"):
        events.to_padded(100, 0.1, late="dorp")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="`n_steps` must be an integer from 1"):
        events.to_padded(0, 0.1)
    with pytest.raises(TypeError, match="`n_steps` must be an integer"):
        events.to_dense(10.0, 1.0)  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="`dt` must be a finite number > 0 ms, got nan"):
        events.to_padded(10, float("nan"))
