"""Samples made of several."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.data import EventData
from ngcsnn.data.blending import blended, partners, room_for
from ngcsnn.data.spike_changes import Spikes

N, T, DT = 30, 40, 1.0


def trains(n_samples: int, seed: int, shift: int = 0, late: float = 0.0, n: int = 20) -> Spikes:
    rng = np.random.default_rng(seed)
    lists = [(np.sort(rng.uniform(5, 15, n)) + late, rng.integers(5, 15, n) + shift) for _ in range(n_samples)]
    device = EventData.from_lists(lists, N, T * DT).to_device(T, DT)
    return Spikes(device.take(jnp.arange(n_samples)), False, N, T, DT)


ALL, SOME = (1.0, 1.0), (0.8, 0.3)


def _of(chances: tuple[float, ...]) -> Any:
    def of(key: Any, events: Any, share: Any) -> Any:
        return blended([Spikes(e, False, N, T, DT) for e in events], key, chances, share).events

    return jax.jit(of)


PROGRAMS: dict[tuple[float, ...], Any] = {chances: _of(chances) for chances in (ALL, SOME)}


def blend(parts: list[Spikes], seed: int, chances: tuple[float, ...], share: float) -> Spikes:
    events = PROGRAMS[chances](jax.random.key(seed), [p.events for p in parts], share)
    return parts[0]._replace(events=events)


def listed(given: Spikes, row: int, unit: int = 0, step: int = 0) -> list[tuple[int, int, float]]:
    s, u, o = (np.asarray(a)[row] for a in given.events)
    real = (u < N) & (s < T)
    return sorted(zip((s + step)[real].tolist(), (u + unit)[real].tolist(), o[real].tolist(), strict=True))


def test_everything_is_kept_and_in_order() -> None:
    a, b = trains(200, 0), trains(200, 1, shift=3, late=6.0)
    out = blend([a, b], 0, ALL, 1.0)
    step, unit, _ = (np.asarray(x) for x in out.events)
    assert step.shape[1] == room_for(20, ALL) == 40
    assert np.all(np.diff(np.where(unit == N, T, step), axis=1) >= 0)
    for row in range(20):
        means = [np.mean([x[:2] for x in listed(p, row)], axis=0) for p in (a, b)]
        whole = np.mean(means, axis=0)
        wanted: list = []
        for p, mean in zip((a, b), means, strict=True):
            by = np.round(np.float32(whole - mean)).astype(int)
            wanted += listed(p, row, unit=by[1], step=by[0])
        assert listed(out, row) == sorted(wanted)


def test_parts_meet_in_the_middle() -> None:
    a, b = trains(200, 0), trains(200, 1, shift=10, late=20.0)
    out = blend([a, b], 0, SOME, 1.0)
    assert abs(np.mean([x[0] for r in range(200) for x in listed(out, r)]) - 19.5) < 0.5
    assert abs(np.mean([x[1] for r in range(200) for x in listed(out, r)]) - 14.5) < 0.5


def test_each_part_is_kept_with_its_own_chance() -> None:
    a, b = trains(200, 0), trains(200, 1)
    marked = b._replace(events=b.events._replace(offset=b.events.offset * 0 - 0.5))
    out = blend([a, marked], 1, SOME, 1.0)
    marks = [x[2] == -0.5 for r in range(200) for x in listed(out, r)]
    assert abs(np.sum(marks) / 4000 - 0.3) < 5 * np.sqrt(0.21 / 4000)
    assert abs((len(marks) - np.sum(marks)) / 4000 - 0.8) < 5 * np.sqrt(0.16 / 4000)


def test_a_share_stays_as_it_is() -> None:
    a, b = trains(200, 0), trains(200, 1)
    out = blend([a, b], 2, SOME, 0.25)
    same = np.mean([listed(out, r) == listed(a, r) for r in range(200)])
    assert abs(same - 0.75) < 5 * np.sqrt(0.1875 / 200)


def test_there_is_room_for_all_that_can_be_kept() -> None:
    assert room_for(1000, (0.5, 0.5)) < 1250
    assert room_for(5, (0.5, 0.5)) == 10
    assert room_for(1000, (0.01, 0.01)) == 1000  # for the sample as it is


def test_partners_are_of_the_class_and_of_the_chosen() -> None:
    labels = np.array([2, 0, 1, 0, 2, 0, 3])
    members, classes = partners(labels, np.array([1, 2, 4, 5]))
    found = [set(members[first : first + n].tolist()) for first, n in classes]
    assert found == [{4}, {1, 5}, {2}, {1, 5}, {4}, {1, 5}, set()]
