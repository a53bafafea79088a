"""Lists of events that the kernel tests share, and what they stand for, worked out one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.kernels import Events

N_STEPS, BATCH = 7, 3


def random_events(
    n_units: int = 5, per_sample: int = 12, most: int | None = 8, seed: int = 0, busy: float = 0.0
) -> Events:
    """Sorted rows of different lengths, the padding last. busy: the share of events that unit 1 has on top; unit 0 has
    none. most None: the fullest step."""
    rng = np.random.default_rng(seed)
    shape = BATCH, per_sample
    step = np.sort(rng.integers(0, N_STEPS, shape), axis=1)
    unit = np.where(rng.random(shape) < busy, 1, rng.integers(1, n_units, shape))
    offset = -rng.random(shape)
    padding = np.arange(per_sample) >= per_sample - rng.integers(0, 4, (BATCH, 1))
    step, unit, offset = np.where(padding, 0, step), np.where(padding, n_units, unit), np.where(padding, 0.0, offset)
    return _events(step, unit, offset, n_units, False, most)


def one_each(n_units: int = 6, seed: int = 2) -> Events:
    """Column k is the only event of unit k, or padding; the steps are in no order."""
    rng = np.random.default_rng(seed)
    shape = BATCH, n_units
    silent = rng.random(shape) < 0.3
    silent[:, 0] = True
    step = np.where(silent, 0, rng.integers(0, N_STEPS, shape))
    unit = np.where(silent, n_units, np.arange(n_units))
    return _events(step, unit, np.where(silent, 0.0, -rng.random(shape)), n_units, True, n_units)


def _events(step: Any, unit: Any, offset: Any, n_units: int, alone: bool, most: int | None) -> Events:
    if most is None:
        keys = [(b, s) for b in range(len(step)) for s, u in zip(step[b], unit[b], strict=True) if u < n_units]
        most = max(keys.count(k) for k in set(keys))
    lists = jnp.asarray(step, jnp.int32), jnp.asarray(unit, jnp.int32), jnp.asarray(offset)
    return Events(*lists, n_units=n_units, n_steps=N_STEPS, one_each=alone, most=most)


def some_lost(events: Events, seed: int = 3) -> Events:
    return events.without(jnp.asarray(np.random.default_rng(seed).random(events.unit.shape) < 0.4))


def one_trial_of_nobody(events: Events) -> Events:
    """Sample 1 is filling: all its events are padding, at the steps where they were."""
    return replace(events, unit=events.unit.at[1].set(events.n_units))


def without_offsets(events: Events) -> Events:
    return replace(events, offset=None)


def one_step_later(events: Events) -> Events:
    return replace(events, step=events.step + 1)


LISTS = {
    "few units": lambda: random_events(),
    "many units": lambda: random_events(n_units=200),
    "one busy unit": lambda: random_events(n_units=100, per_sample=60, most=60, busy=0.9),
    "some lost": lambda: some_lost(random_events(n_units=200)),
    "one trial of nobody": lambda: one_trial_of_nobody(random_events(n_units=200)),
    "one step later": lambda: one_step_later(random_events(n_units=200)),
    "one each": lambda: one_each(),
    "one each, some lost": lambda: some_lost(one_each(n_units=20)),
    "one each, one step later": lambda: one_step_later(one_each()),
}


def by_hand(events: Events, stays: Any = None) -> tuple[np.ndarray, np.ndarray]:
    """(counts, sums of offsets), (T, batch, n_units). stays: which events to count (default: all)."""
    counts = np.zeros((events.n_steps, events.batch, events.n_units))
    moments = np.zeros_like(counts)
    step, unit = np.asarray(events.step), np.asarray(events.unit)
    offset = np.zeros(unit.shape) if events.offset is None else np.asarray(events.offset)
    for b, k in np.ndindex(*unit.shape):
        n, i = step[b, k], unit[b, k]
        if i < events.n_units and n < events.n_steps and (stays is None or stays[b, k]):
            counts[n, b, i] += 1.0
            moments[n, b, i] += offset[b, k]
    return counts, moments
