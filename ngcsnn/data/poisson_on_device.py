"""Numbers on the device that become Poisson trains when a batch is taken."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.data.event_grid import PaddedEvents

DEVIATIONS = 8.0  # of the number of events for which there is room: one trial in 10^15 has more


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["values", "numbers", "key"],
    meta_fields=["rate", "duration", "n_steps", "dt", "dtype", "brightest", "changes"],
)
@dataclass(frozen=True)
class PoissonOnDevice:
    """Intensities on the device; `take` draws the events of all units of a sample as one train.

    The superposition of the units' trains is a Poisson process of the sum of their rates; each of its events belongs to
    a unit with the probability of its share. So the work grows with the events, not with units times steps.

    Args:
        values: (n_samples, n_units), uint8 or floats. numbers: (n_samples,) int32, from which, and the key, each sample
            has its random numbers.
        rate: events per ms of the value 1 (255 of uint8); static, as is all that follows.
        duration, n_steps, dt: of the trains in ms, the trial in steps, a step in ms. dtype: of the offsets.
        brightest: largest sum of the values of a sample, or a little more. changes: whether training draws anew.
    """

    values: jax.Array
    numbers: jax.Array
    key: jax.Array
    rate: float
    duration: float
    n_steps: int
    dt: float
    dtype: np.dtype
    brightest: float
    changes: bool = False

    one_each: ClassVar[bool] = False
    random: ClassVar[bool] = True

    @property
    def n_units(self) -> int:
        """Number of input units."""
        return self.values.shape[-1]

    @property
    def room(self) -> int:
        """Events of a sample for which there is room."""
        return _room(self.brightest * self.rate * self.duration, 64)

    @property
    def most(self) -> int:
        """Events of a sample in one step for which there is room."""
        return _room(self.brightest * self.rate * self.dt, 4)

    def louder(self, gain: float) -> PoissonOnDevice:
        """With rates `gain` times as high."""
        return replace(self, rate=self.rate * gain)

    def among(self, samples: np.ndarray) -> PoissonOnDevice:
        """The same: no sample takes anything of another."""
        return self

    def with_key(self, key: Any) -> PoissonOnDevice:
        """With events of another key."""
        return replace(self, key=key, changes=False)

    def take(self, index: Any, key: Any = None, gain: Any = 1.0) -> PaddedEvents:
        """Return the events of some samples: index (batch,) int, from 0; step, unit and offset (batch, room).

        Without `key` a sample has the same events whenever it is taken; with one, fresh ones. gain: factor of the
        rates, at most 1, traced.
        """
        key = self.key if key is None else key
        draw = jax.vmap(lambda row, n: self._train(row, jax.random.fold_in(key, n), gain))
        return PaddedEvents(*draw(self.values[index], self.numbers[index]))

    def _train(self, row: Any, key: Any, gain: Any) -> tuple[Any, Any, Any]:
        scale = self.rate / (255.0 if row.dtype == jnp.uint8 else 1.0)
        below = jnp.cumsum(row.astype(self.dtype) * jnp.asarray(scale * gain, self.dtype))
        total = below[-1]
        waits, whose = (jax.random.split(key, 2)[k] for k in (0, 1))
        waits = jax.random.exponential(waits, (self.room,), self.dtype)
        t = jnp.cumsum(waits) / total  # infinite where nothing is emitted
        unit = jnp.searchsorted(below, jax.random.uniform(whose, (self.room,), self.dtype) * total, side="right")
        there = (t < self.duration) & (unit < self.n_units)
        step = jnp.clip(jnp.ceil(t / self.dt).astype(jnp.int32) - 1, 0, self.n_steps - 1)
        offset = jnp.clip(t - (step + 1) * jnp.asarray(self.dt, self.dtype), -self.dt, 0.0)
        unit = jnp.where(there, unit, self.n_units).astype(jnp.int32)
        return jnp.where(t < self.duration, step, 0), unit, jnp.where(there, offset, 0.0).astype(self.dtype)


def _room(mean: float, of: int) -> int:
    return of * math.ceil((mean + DEVIATIONS * math.sqrt(mean) + 2 * DEVIATIONS) / of)
