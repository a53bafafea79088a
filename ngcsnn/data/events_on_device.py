"""Event lists on the device, from which a batch is taken by sample."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import DTypeLike

from ngcsnn.data.event_grid import FlatEvents, PaddedEvents


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["step", "unit", "offset", "start"],
    meta_fields=["n_units", "most", "width", "on_grid"],
)
@dataclass(frozen=True)
class EventsOnDevice:
    """Events of many samples as a pytree, sample after sample; made by `events_on_device`.

    Args:
        step, unit (int32), offset (float, ms): of each event, as in `PaddedEvents`; `width` places without any follow.
        start: where each sample begins, and the end, (n_samples + 1,) int32.
        n_units: number of input units; static. most: an upper bound on the events of one sample in one step; static.
        width: events of the fullest sample; static. on_grid: whether all lie on the ends of their steps; static.
    """

    step: jax.Array
    unit: jax.Array
    offset: jax.Array
    start: jax.Array
    n_units: int
    most: int
    width: int
    on_grid: bool

    one_each: ClassVar[bool] = False

    def take(self, index: Any) -> PaddedEvents:
        """Return the events of some samples: index (batch,) int, from 0; step, unit and offset (batch, width)."""
        first = self.start[index]
        k = jnp.arange(self.width, dtype=first.dtype)
        there, place = k < (self.start[index + 1] - first)[:, None], first[:, None] + k
        padding = 0, self.n_units, 0
        columns: Any = (
            jnp.where(there, column[place], jnp.asarray(empty, column.dtype))
            for column, empty in zip((self.step, self.unit, self.offset), padding, strict=True)
        )
        return PaddedEvents(*columns)


def events_on_device(events: FlatEvents, n_units: int) -> EventsOnDevice:
    """Put them on the device. Raises: ValueError for more than an index of 32 bits can count."""
    width = max(1, int(np.diff(events.offsets).max(initial=0)))
    n = int(events.offsets[-1])
    if n + width >= 2**31:
        raise ValueError(f"{n} events are more than the {2**31 - width} that can be on a device: take fewer samples")
    step, unit, offset = (jnp.asarray(np.concatenate([c, np.zeros(width, c.dtype)])) for c in events[:3])
    start = jnp.asarray(events.offsets.astype(np.int32))
    return EventsOnDevice(step, unit, offset, start, n_units, fullest_step(events), width, not events.offset.any())


def fullest_step(events: FlatEvents) -> int:
    """The largest number of events of a sample in one step, rounded up to a multiple of 4.

    Rounded, so that data sets that differ a little share a compiled program.
    """
    n = len(events.step)
    if not n:
        return 4
    new = np.ones(n + 1, bool)  # where a step begins; within a sample the steps do not fall
    new[1:-1] = events.step[1:] != events.step[:-1]
    new[events.offsets] = True
    return int(-(-np.diff(np.flatnonzero(new)).max() // 4) * 4)


def check_device_dtype(dtype: DTypeLike) -> np.dtype:
    """Return `dtype`, or raise if it is no floating type, or one that jax would narrow (float64 without x64)."""
    asked = np.dtype(dtype)
    if not jnp.issubdtype(asked, jnp.floating):
        raise TypeError(f"`dtype` must be a floating type such as float32, got {asked}")
    if asked.itemsize == 8 and not jax.config.jax_enable_x64:  # pyright: ignore[reportAttributeAccessIssue]
        raise ValueError("`dtype` is float64, but jax is at 32 bits: set jax_enable_x64 first")
    return asked
