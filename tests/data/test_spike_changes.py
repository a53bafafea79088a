"""Each random change of padded events, beside numpy on the host."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.data import EventData, LatencyCode, spike_changes as changes
from ngcsnn.data.spike_changes import Spikes

N, T, DT = 12, 20, 0.5
KEY = jax.random.key(3)


def some(n_samples: int = 40, seed: int = 0) -> EventData:
    rng = np.random.default_rng(seed)
    lists = [(np.sort(rng.uniform(0, T * DT, n)), rng.integers(0, N, n)) for n in rng.integers(1, 30, n_samples)]
    return EventData.from_lists(lists, N, T * DT)


def spikes(events: EventData | LatencyCode) -> Spikes:
    device = events.to_device(T, DT)
    return Spikes(device.take(jnp.arange(len(events))), device.one_each, N, T, DT)


def change(name: str, given: Spikes, *arguments: Any) -> Spikes:
    """One change, compiled."""
    how = getattr(changes, name)
    events = jax.jit(lambda key, e: how(given._replace(events=e), key, *arguments).events)(KEY, given.events)
    one_each = given.one_each and name != "jittered"
    return given._replace(events=events, one_each=one_each)


def listed(given: Spikes) -> Spikes:
    events = jax.jit(lambda e: given._replace(events=e).listed().events)(given.events)
    return given._replace(events=events, one_each=False)


def dense(given: Spikes) -> np.ndarray:
    """Spikes of each sample, step and unit, counted on the host."""
    step, unit, _ = (np.asarray(a) for a in given.events)
    out = np.zeros((len(step), given.n_steps, given.n_units), int)
    row, column = np.nonzero((unit < given.n_units) & (step < given.n_steps))
    np.add.at(out, (row, step[row, column], unit[row, column]), 1)
    return out


def times(given: Spikes, row: int) -> list[tuple[float, int]]:
    step, unit, offset = (np.asarray(a)[row] for a in given.events)
    real = (unit < given.n_units) & (step < given.n_steps)
    return sorted(zip(((step + 1) * DT + offset)[real].tolist(), unit[real].tolist(), strict=True))


def rows_are_sorted(given: Spikes) -> bool:
    step, unit, _ = (np.asarray(a) for a in given.events)
    return bool(np.all(np.diff(np.where(unit == given.n_units, given.n_steps, step), axis=1) >= 0))


@pytest.fixture(scope="module")
def codes() -> LatencyCode:
    values = np.random.default_rng(1).integers(0, 256, (40, N)).astype(np.uint8)
    return LatencyCode(values, t_min=0.0, t_max=T * DT, threshold=60.0)


def test_a_shift_moves_every_unit_of_a_sample_alike(codes: LatencyCode) -> None:
    seen = set()
    for given in (spikes(some()), spikes(codes)):
        moved = change("shifted", given, 3)
        before, after = dense(given), dense(moved)
        for a, b in zip(before, after, strict=True):
            fits = [
                by for by in range(-3, 4)
                if np.array_equal(np.pad(a, ((0, 0), (3, 3)))[:, 3 - by : 3 - by + N], b)
            ]  # fmt: skip
            assert fits
            seen.update(fits if len(fits) == 1 else [])
        assert rows_are_sorted(moved) or given.one_each
    assert seen == set(range(-3, 4))


def test_column_k_stays_unit_k(codes: LatencyCode) -> None:
    for moved in (
        change("shifted", spikes(codes), 3),
        change("image_shifted", spikes(codes), 1.0, (3, 4)),
        change("dropped", spikes(codes), 0.5),
    ):
        unit = np.asarray(moved.events.unit)
        assert np.all((unit == np.arange(N)) | (unit >= N))


def test_dilation_multiplies_exact_times(x64: None) -> None:
    given = some()
    device = given.to_device(T, DT, np.float64)
    before = Spikes(device.take(jnp.arange(len(given))), False, N, T, DT)
    after = change("dilated", before, 0.5, 1.5)
    factors = []
    for row in range(len(given)):
        old, new = times(before, row), times(after, row)
        factor = new[0][0] / old[0][0]
        factors.append(factor)
        wanted = [(t * factor, u) for t, u in old if t * factor <= T * DT * (1 + 1e-12)]
        np.testing.assert_allclose([t for t, _ in new], [t for t, _ in wanted], rtol=1e-12)
        assert [u for _, u in new] == [u for _, u in wanted]
    assert 0.5 <= min(factors) < 0.7 < 1.2 < max(factors) <= 1.5
    assert rows_are_sorted(after)
    assert np.all(np.abs(np.asarray(after.events.offset) + DT / 2) <= DT / 2)


def test_an_image_moves_down_and_right_as_a_whole(codes: LatencyCode) -> None:
    for shape in ((3, 4), (3, 2, 2)):
        rows, columns, channels = (*shape, 1)[:3]
        for given in (spikes(some()), spikes(codes)):
            before, after = (dense(s).reshape(40, T, rows, columns, channels)
                             for s in (given, change("image_shifted", given, 1.0, shape)))  # fmt: skip
            padded = np.pad(before, ((0, 0), (0, 0), (9, 9), (9, 9), (0, 0)))
            moved = 0
            for row in range(40):
                cut = [
                    (y, x) for y in range(-6, 7) for x in range(-6, 7)
                    if np.array_equal(padded[row, :, 9 - y : 9 - y + rows, 9 - x : 9 - x + columns], after[row])
                ]  # fmt: skip
                assert cut
                moved += (0, 0) not in cut
            assert moved > 15


def test_jitter_moves_single_spikes(codes: LatencyCode) -> None:
    for given in (spikes(some()), spikes(codes)):
        after = change("jittered", given, 1.0)
        assert not after.one_each
        assert rows_are_sorted(after)
        before = listed(given)
        real = np.asarray(before.real)
        by = (np.asarray(after.events.unit) - np.asarray(before.events.unit))[real & np.asarray(after.real)]
        assert {-2, -1, 0, 1, 2} <= set(by.tolist())
        assert abs(np.std(by) - np.sqrt(1 + 1 / 12)) < 0.25
        np.testing.assert_array_equal(np.asarray(after.events.step)[real], np.asarray(before.events.step)[real])


def test_dropout_and_thinning_lose_the_right_share() -> None:
    given = spikes(some(400))
    n = dense(given).sum((1, 2))
    kept = dense(change("dropped", given, 0.25))
    assert np.all(kept <= dense(given))
    assert abs(kept.sum() / n.sum() - 0.75) < 5 * np.sqrt(0.25 * 0.75 / n.sum())
    thin = dense(change("thinned", given, 6))
    assert np.all(thin <= dense(given))
    np.testing.assert_array_equal(thin.sum((1, 2)), np.minimum(n, 6))


def test_every_spike_is_as_likely_to_stay() -> None:
    given = EventData.from_lists([(np.linspace(0.1, 9.9, 12), np.arange(12))] * 600, N, T * DT)
    stays = dense(change("thinned", spikes(given), 4)).sum(1).mean(0)
    np.testing.assert_allclose(stays, 1 / 3, atol=5 * np.sqrt(2 / 9 / 600))
