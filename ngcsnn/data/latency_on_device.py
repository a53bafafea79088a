"""Numbers on the device that become one spike each when a batch is taken."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.data.event_grid import PaddedEvents, step_and_offset
from ngcsnn.data.latency_curve import LatencyCurve

SILENT = -1  # the step of a unit that emits nothing


@partial(jax.tree_util.register_dataclass, data_fields=["values"], meta_fields=["curve", "dt", "dtype"])
@dataclass(frozen=True)
class LatencyOnDevice:
    """8 bit pixels on the device, whose spikes are looked up when they are needed.

    The table of 256 steps and offsets is made on the host in float64 when a function is traced: the spikes are those
    of the host to the bit, whatever the precision on the device.

    Args:
        values: (n_samples, n_units) uint8.
        curve: the time of each value; static, as are the next two.
        dt: step in ms.
        dtype: floating type of the offsets.
    """

    values: jax.Array
    curve: LatencyCurve
    dt: float
    dtype: np.dtype

    one_each: ClassVar[bool] = True

    @property
    def n_units(self) -> int:
        """Number of input units."""
        return self.values.shape[-1]

    def take(self, index: Any) -> PaddedEvents:
        """Return the events of some samples, index (batch,) int from 0; column k of the result is unit k or padding."""
        step, offset = steps_and_offsets(self.curve.table(), self.dt)
        pixels = self.values[index]
        return _one_each(jnp.asarray(step, jnp.int32)[pixels], jnp.asarray(offset, self.dtype)[pixels])


@partial(jax.tree_util.register_dataclass, data_fields=["step", "offset"], meta_fields=[])
@dataclass(frozen=True)
class SpikesOnDevice:
    """One spike at most of every unit, already on the grid.

    Args:
        step: step of each unit's spike, (n_samples, n_units) of a small integer type; SILENT where there is none.
        offset: its offset from the step's end in ms, (n_samples, n_units); 0 where there is none.
    """

    step: jax.Array
    offset: jax.Array

    one_each: ClassVar[bool] = True

    @property
    def n_units(self) -> int:
        """Number of input units."""
        return self.step.shape[-1]

    def take(self, index: Any) -> PaddedEvents:
        """Return the events of some samples, index (batch,) int from 0; column k of the result is unit k or padding."""
        return _one_each(self.step[index].astype(jnp.int32), self.offset[index])


def steps_and_offsets(times: np.ndarray, dt: float) -> tuple[np.ndarray, np.ndarray]:
    """Return step and offset of spike times as `step_and_offset` does; SILENT and 0 where a time is infinite."""
    emits = np.isfinite(times)
    step, offset = step_and_offset(np.where(emits, times, 0.0), dt)
    return np.where(emits, step, SILENT), np.where(emits, offset, 0.0)


def _one_each(step: Any, offset: Any) -> PaddedEvents:
    """Column k of both arrays (batch, n_units) is unit k; silent ones become padding."""
    n_units = step.shape[-1]
    unit: Any = jnp.where(step == SILENT, n_units, jnp.arange(n_units, dtype=jnp.int32))
    return PaddedEvents(jnp.maximum(step, 0), unit, offset)  # pyright: ignore[reportArgumentType]
