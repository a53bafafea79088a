"""Random changes of padded events on the device, one function each; all keep the order of time within a row.

`Spikes` is what they take and return. A lost spike of a list keeps its place and step under a unit that no one has, so
that a row stays sorted; where column k is unit k (`one_each`), a unit moves with its column.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ngcsnn.data.event_grid import PaddedEvents


class Spikes(NamedTuple):
    """events (batch, K); one_each: column k is unit k or empty; n_units, n_steps, dt (ms) of the trial."""

    events: PaddedEvents
    one_each: bool
    n_units: int
    n_steps: int
    dt: float

    @property
    def real(self) -> Any:
        """Which places hold a spike, (batch, K)."""
        return (self.events.unit < self.n_units) & (self.events.step < self.n_steps)

    def with_units(self, unit: Any) -> Spikes:
        """The same spikes at other units, lost where those are out of range; empty places stay empty."""
        fits = (unit >= 0) & (unit < self.n_units)
        moved = jnp.where(fits, unit, self.n_units + 1)
        return self._replace(
            events=self.events._replace(unit=jnp.where(self.events.unit < self.n_units, moved, self.events.unit))
        )

    def without(self, lost: Any) -> Spikes:
        """Without the spikes that are `lost` (batch, K)."""
        return self.with_units(jnp.where(lost, -1, self.events.unit))

    def from_columns(self, column: Any) -> Spikes:
        """Where column k is unit k: unit k has the spike that unit column[:, k] had, none if that is out of range."""
        there = (column >= 0) & (column < self.n_units)
        step, unit, offset = (
            jnp.take_along_axis(a, jnp.where(there, column, 0), axis=1) for a in map(jnp.asarray, self.events)
        )
        own = jnp.arange(self.n_units, dtype=unit.dtype)
        unit = jnp.where(there & (unit < self.n_units), own, self.n_units)
        return self._replace(events=padded_events(step, unit, offset))

    def listed(self) -> Spikes:
        """As lists in the order of time, empty places last."""
        if not self.one_each:
            return self
        step = jnp.where(self.real, self.events.step, self.n_steps)
        order = jnp.argsort(step, axis=1)
        step, unit, offset = (
            jnp.take_along_axis(a, order, axis=1) for a in (step, self.events.unit, jnp.asarray(self.events.offset))
        )
        real = step < self.n_steps
        events = padded_events(
            jnp.where(real, step, 0), jnp.where(real, unit, self.n_units), jnp.where(real, offset, 0)
        )
        return self._replace(events=events, one_each=False)


def dilated(spikes: Spikes, key: Any, low: float, high: float) -> Spikes:
    """Times multiplied by exp(U(log low, log high)), one factor a sample; rows are in the order of exact times."""
    step, unit, offset = spikes.events
    draw = jax.random.uniform(key, (step.shape[0], 1), offset.dtype, jnp.log(low), jnp.log(high))
    end = jnp.exp(draw) * ((step + 1).astype(offset.dtype) + offset / spikes.dt)  # in steps
    new = jnp.clip(jnp.ceil(end), 1, spikes.n_steps + 1)
    moved = jnp.clip((end - new) * spikes.dt, -spikes.dt, 0)
    there = unit != spikes.n_units  # lost spikes move along, so that rows stay sorted
    step = jnp.where(there, new.astype(step.dtype) - 1, step)
    late = there & (step >= spikes.n_steps)
    return spikes._replace(events=padded_events(step, unit, jnp.where(there, moved, offset))).without(late)


def shifted(spikes: Spikes, key: Any, most: int) -> Spikes:
    """All units of a sample moved by one whole number, uniform from -most to most."""
    by = jax.random.randint(key, (spikes.events.unit.shape[0], 1), -most, most + 1, spikes.events.unit.dtype)
    if spikes.one_each:
        return spikes.from_columns(jnp.arange(spikes.n_units) - by)
    return spikes.with_units(spikes.events.unit + by)


def image_shifted(spikes: Spikes, key: Any, sd: float, shape: tuple[int, ...]) -> Spikes:
    """The image of a sample moved by whole pixels, normal numbers of standard deviation `sd`, rounded."""
    rows, columns, channels = (*shape, 1)[:3]
    by = jnp.round(sd * jax.random.normal(key, (2, spikes.events.unit.shape[0], 1))).astype(jnp.int32)
    down, right = jnp.clip(by, -rows - columns, rows + columns)
    if spikes.one_each:
        return spikes.from_columns(_moved(jnp.arange(spikes.n_units), -down, -right, rows, columns, channels))
    return spikes.with_units(_moved(spikes.events.unit, down, right, rows, columns, channels))


def _moved(unit: Any, down: Any, right: Any, rows: int, columns: int, channels: int) -> Any:
    """The unit of the pixel moved down and right; -1 outside the image."""
    pixel, channel = unit // channels, unit % channels
    row, column = pixel // columns + down, pixel % columns + right
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    return jnp.where(inside, (row * columns + column) * channels + channel, -1)


def jittered(spikes: Spikes, key: Any, sd: float) -> Spikes:
    """The unit of each spike moved by a normal number of standard deviation `sd`, rounded."""
    spikes = spikes.listed()
    by = jnp.round(sd * jax.random.normal(key, spikes.events.unit.shape)).astype(spikes.events.unit.dtype)
    return spikes.with_units(spikes.events.unit + by)


def dropped(spikes: Spikes, key: Any, rate: float) -> Spikes:
    """Each spike lost with probability `rate`."""
    return spikes.without(jax.random.bernoulli(key, rate, spikes.events.unit.shape))


def thinned(spikes: Spikes, key: Any, n: int) -> Spikes:
    """At most `n` spikes of each sample, those that stay drawn with equal chances.

    Each has a number of 32 random bits, and those up to the n-th smallest stay. That one is found bit by bit, the
    highest first: counting 32 times is much faster than sorting. (Two that share it both stay, hardly ever.)
    """
    if n >= spikes.events.unit.shape[1]:
        return spikes
    bits = jax.random.bits(key, spikes.events.unit.shape, jnp.uint32)
    real = spikes.real

    def with_bit(k: Any, found: Any) -> Any:
        tried = found | (jnp.uint32(1) << (31 - k).astype(jnp.uint32))
        below = jnp.sum(real & (bits < tried), axis=1, keepdims=True)
        return jnp.where(below < n, tried, found)

    nth = jax.lax.fori_loop(0, 32, with_bit, jnp.zeros((len(bits), 1), jnp.uint32))
    return spikes.without(bits > nth)


def padded_events(step: Any, unit: Any, offset: Any) -> PaddedEvents:
    """These columns, traced or not."""
    return PaddedEvents(step, unit, offset)
