"""Event lists on the device, from which a batch is taken by sample."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import DTypeLike

from ngcsnn.data.event_grid import PaddedEvents


@partial(jax.tree_util.register_dataclass, data_fields=["events"], meta_fields=["n_units", "most"])
@dataclass(frozen=True)
class EventsOnDevice:
    """Padded events of many samples as a pytree: every array in it has the sample as its first axis.

    Args:
        events: step, unit and offset, each (n_samples, K); see `PaddedEvents`.
        n_units: number of input units; static.
        most: an upper bound on the events of one sample in one step; static.
    """

    events: PaddedEvents
    n_units: int
    most: int

    one_each: ClassVar[bool] = False

    def take(self, index: Any) -> PaddedEvents:
        """Return the events of some samples: index (batch,) int, from 0; step, unit and offset (batch, K)."""
        return jax.tree.map(lambda column: column[index], self.events)


def fullest_step(events: PaddedEvents, n_units: int) -> int:
    """The largest number of events of a sample in one step, rounded up to a multiple of 4.

    Rounded, so that data sets that differ a little share a compiled program.
    """
    real = events.unit < n_units
    if not real.any():
        return 4
    row = np.arange(len(events.step))[:, None] * np.int64(events.step.max() + 1) + events.step
    return int(-(-np.unique(row[real], return_counts=True)[1].max() // 4) * 4)


def check_device_dtype(dtype: DTypeLike) -> np.dtype:
    """Return `dtype`, or raise if it is no floating type, or one that jax would narrow (float64 without x64)."""
    asked = np.dtype(dtype)
    if not jnp.issubdtype(asked, jnp.floating):
        raise TypeError(f"`dtype` must be a floating type such as float32, got {asked}")
    if asked.itemsize == 8 and not jax.config.jax_enable_x64:  # pyright: ignore[reportAttributeAccessIssue]
        raise ValueError("`dtype` is float64, but jax is at 32 bits: set jax_enable_x64 first")
    return asked
