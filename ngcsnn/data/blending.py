"""One sample made of several: spikes of each kept at random, in one list in the order of time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.data.event_grid import PaddedEvents
from ngcsnn.data.spike_changes import Spikes, padded_events

DEVIATIONS = 8.0  # of the number of spikes kept for which there is room: one sample in 10^15 has more


def partners(labels: np.ndarray, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Who may be blended.

    Returns: members (n,), the chosen samples class by class; classes (n, 2): where in `members` the class of each
    sample begins, and how many they are; a class that was not chosen at all has none.
    """
    own = labels[samples]
    order = samples[np.argsort(own, kind="stable")]
    ranks = np.sort(own)
    start, end = np.searchsorted(ranks, labels, "left"), np.searchsorted(ranks, labels, "right")
    members = np.zeros(len(labels), np.int32)
    members[: len(order)] = order
    return members, np.stack([start, end - start], axis=1).astype(np.int32)


def room_for(n_each: int, chances: Sequence[float]) -> int:
    """Places for the blend of samples of up to `n_each` spikes, or for one of them as it is."""
    mean, variance = (n_each * sum(f(p) for p in chances) for f in (lambda p: p, lambda p: p * (1 - p)))
    wanted = math.ceil(mean + DEVIATIONS * math.sqrt(variance) + 2 * DEVIATIONS)
    return min(n_each * len(chances), max(n_each, wanted))


def blended(parts: Sequence[Spikes], key: Any, chances: Sequence[float], share: float) -> Spikes:
    """Blend samples: spikes of parts[i] are kept with probability chances[i].

    Before that, each part is moved by whole units and whole steps so that the mean unit and the mean time of its spikes
    become those of all parts. With probability 1 - share the result is parts[0] as it is.
    """
    parts = [part.listed() for part in parts]
    n_units, n_steps = parts[0].n_units, parts[0].n_steps
    width = parts[0].events.unit.shape[1]
    batch = parts[0].events.unit.shape[0]
    whether, which = jax.random.split(key)
    mixed = jax.random.bernoulli(whether, share, (batch, 1))
    parts = [
        Spikes(_with(p, b, mixed), False, n_units, n_steps, p.dt) for p, b in zip(parts, _moves(parts), strict=True)
    ]
    kept = []
    for i, (part, chance) in enumerate(zip(parts, chances, strict=True)):
        stays = jax.random.bernoulli(jax.random.fold_in(which, i), chance, part.real.shape)
        kept.append(part.real & (part.events.step >= 0) & jnp.where(mixed, stays, i == 0))
    events = _merged(parts, kept, room_for(width, chances))
    return Spikes(events, False, n_units, n_steps, parts[0].dt)


def _moves(parts: Sequence[Spikes]) -> list[tuple[Any, Any]]:
    """(units, steps) by which each part moves, (batch, 1) int32."""
    means = []
    for part in parts:
        real = part.real
        n = jnp.maximum(jnp.sum(real, axis=1, keepdims=True), 1)
        values = part.events.unit, part.events.step
        means.append([jnp.sum(jnp.where(real, v, 0), axis=1, keepdims=True) / n for v in values])
    whole = [sum(column) / len(parts) for column in zip(*means, strict=True)]
    return [
        tuple(jnp.round(all_ - own).astype(jnp.int32) for all_, own in zip(whole, mine, strict=True)) for mine in means
    ]  # type: ignore[return-value]


def _with(part: Spikes, by: tuple[Any, Any], mixed: Any) -> PaddedEvents:
    """The spikes of a part, moved where it is `mixed`; empty places come after the last step."""
    step, unit, offset = part.events
    real = part.real
    moved = part.with_units(jnp.where(mixed, unit + by[0], unit)).events.unit
    step = jnp.where(real, step + jnp.where(mixed, by[1], 0), part.n_steps)
    return padded_events(step, moved, offset)


def _merged(parts: Sequence[Spikes], kept: Sequence[Any], room: int) -> PaddedEvents:
    """What is kept of lists sorted by step, as one sorted list: no sorting, a spike's place is counted."""
    n_units, n_steps = parts[0].n_units, parts[0].n_steps
    edges = jnp.arange(n_steps + 2)
    before, up_to = [], []  # kept spikes before each place, and before each step
    for part, stays in zip(parts, kept, strict=True):
        count = jnp.cumsum(stays, axis=1, dtype=jnp.int32)
        count = jnp.concatenate([jnp.zeros_like(count[:, :1]), count], axis=1)
        first = jax.vmap(lambda s: jnp.searchsorted(s, edges))(part.events.step)
        before.append(count[:, :-1])
        up_to.append(jnp.take_along_axis(count, first, axis=1))
    places, sources, width = [], [], parts[0].events.step.shape[1]
    for i, (part, stays) in enumerate(zip(parts, kept, strict=True)):
        step = jnp.clip(part.events.step, 0, n_steps)
        place = before[i]
        for j in range(len(parts)):
            if j != i:
                place = place + jnp.take_along_axis(up_to[j], step + (j < i), axis=1)
        places.append(jnp.where(stays, place, room))
        sources.append(i * width + jnp.broadcast_to(jnp.arange(width, dtype=jnp.int32), place.shape))
    at = jnp.concatenate(places, axis=1), jnp.concatenate(sources, axis=1)
    row = jnp.arange(at[0].shape[0])[:, None]
    source = jnp.full((len(row), room), -1, jnp.int32).at[row, at[0]].set(at[1], mode="drop")
    step, unit, offset = (
        jnp.take_along_axis(jnp.concatenate(column, axis=1), jnp.maximum(source, 0), axis=1)
        for column in zip(*(part.events for part in parts), strict=True)
    )
    there = source >= 0
    return padded_events(jnp.where(there, step, 0), jnp.where(there, unit, n_units), jnp.where(there, offset, 0))
