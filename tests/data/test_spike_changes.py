"""Each random change of padded events, beside numpy on the host."""

from __future__ import annotations

from functools import cache
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


MANY = 200
HOW: dict[str, tuple[Any, ...]] = {
    "shifted": (3,), "image_shifted": (1.0, (3, 2, 2)), "jittered": (1.0,), "dropped": (0.25,), "thinned": (6,),
}  # fmt: skip


@cache
def made(kind: str) -> dict[str, Spikes]:
    """Every change of the same data, and the data as lists, in one compiled program."""
    given = spikes(some(MANY) if kind == "lists" else codes())

    def all_(key: Any, events: Any) -> Any:
        here = given._replace(events=events)
        out = {name: getattr(changes, name)(here, key, *arguments).events for name, arguments in HOW.items()}
        return {**out, "listed": here.listed().events}

    out = jax.jit(all_)(KEY, given.events)
    one = {name: given.one_each and name not in ("jittered", "listed") for name in out}
    return {"given": given} | {name: given._replace(events=e, one_each=one[name]) for name, e in out.items()}


KINDS = ("lists", "codes")


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


def codes() -> LatencyCode:
    values = np.random.default_rng(1).integers(0, 256, (MANY, N)).astype(np.uint8)
    return LatencyCode(values, t_min=0.0, t_max=T * DT, threshold=60.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_shift_moves_every_unit_of_a_sample_alike(kind: str) -> None:
    seen = set()
    given, moved = made(kind)["given"], made(kind)["shifted"]
    for a, b in zip(dense(given), dense(moved), strict=True):
        padded = np.pad(a, ((0, 0), (3, 3)))
        fits = [by for by in range(-3, 4) if np.array_equal(padded[:, 3 - by : 3 - by + N], b)]
        assert fits
        seen.update(fits if len(fits) == 1 else [])
    assert rows_are_sorted(moved) or given.one_each
    assert seen == set(range(-3, 4))


@pytest.mark.parametrize("name", ["shifted", "image_shifted", "dropped", "thinned"])
def test_column_k_stays_unit_k(name: str) -> None:
    unit = np.asarray(made("codes")[name].events.unit)
    assert np.all((unit == np.arange(N)) | (unit >= N))


def test_dilation_multiplies_exact_times(x64: None) -> None:
    given = some()
    device = given.to_device(T, DT, np.float64)
    before = Spikes(device.take(jnp.arange(len(given))), False, N, T, DT)
    how = jax.jit(lambda key, e: changes.dilated(before._replace(events=e), key, 0.5, 1.5).events)
    after = before._replace(events=how(KEY, before.events))
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


@pytest.mark.parametrize("kind", KINDS)
def test_an_image_moves_down_and_right_as_a_whole(kind: str) -> None:
    rows, columns, channels = HOW["image_shifted"][1]
    before, after = (
        dense(made(kind)[name]).reshape(-1, T, rows, columns, channels) for name in ("given", "image_shifted")
    )
    padded = np.pad(before, ((0, 0), (0, 0), (6, 6), (6, 6), (0, 0)))
    moved = 0
    for row in range(60):
        cut = [
            (y, x) for y in range(-5, 6) for x in range(-5, 6)
            if np.array_equal(padded[row, :, 6 - y : 6 - y + rows, 6 - x : 6 - x + columns], after[row])
        ]  # fmt: skip
        assert cut
        moved += (0, 0) not in cut
    assert moved > 25


@pytest.mark.parametrize("kind", KINDS)
def test_jitter_moves_single_spikes(kind: str) -> None:
    after, before = made(kind)["jittered"], made(kind)["listed"]
    assert not after.one_each
    assert rows_are_sorted(after) and rows_are_sorted(before)
    real = np.asarray(before.real)
    np.testing.assert_array_equal(dense(before), dense(made(kind)["given"]))
    by = (np.asarray(after.events.unit) - np.asarray(before.events.unit))[real & np.asarray(after.real)]
    assert {-2, -1, 0, 1, 2} <= set(by.tolist())
    assert abs(np.std(by) - np.sqrt(1 + 1 / 12)) < 0.15
    np.testing.assert_array_equal(np.asarray(after.events.step)[real], np.asarray(before.events.step)[real])


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_and_thinning_lose_the_right_share(kind: str) -> None:
    given = dense(made(kind)["given"])
    n = given.sum((1, 2))
    kept, thin = dense(made(kind)["dropped"]), dense(made(kind)["thinned"])
    assert np.all(kept <= given) and np.all(thin <= given)
    assert abs(kept.sum() / n.sum() - 0.75) < 5 * np.sqrt(0.25 * 0.75 / n.sum())
    np.testing.assert_array_equal(thin.sum((1, 2)), np.minimum(n, 6))


def test_every_spike_is_as_likely_to_stay() -> None:
    given = made("codes")["given"]
    full = np.asarray(given.real).sum(axis=1) == 9
    before, after = (np.asarray(made("codes")[name].real)[full] for name in ("given", "thinned"))
    share = after.sum(0) / before.sum(0)
    assert full.sum() > 30
    np.testing.assert_allclose(share, 6 / 9, atol=5 * np.sqrt(2 / 9 / before.sum(0).min()))
