"""Images of which few pixels spike: kept on the device as short lists in the order of their spikes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.data.event_grid import PaddedEvents
from ngcsnn.data.latency_curve import LatencyCurve
from ngcsnn.data.latency_on_device import steps_and_offsets

FEW = 0.5  # of the units that spike in the fullest sample: up to here a list takes less than its image, or little more
ROWS = 2048  # samples that are sorted at a time
EVERY = 16  # lists grow by so many places, so that data sets that differ a little share a compiled program


@partial(
    jax.tree_util.register_dataclass, data_fields=["value", "unit"], meta_fields=["n_units", "curve", "dt", "dtype"]
)
@dataclass(frozen=True)
class LatencyLists:
    """The pixels that spike, in the order of their spikes; what time each stands for is looked up when it is needed.

    Args:
        value: (n_samples, K) uint8; padding last.
        unit: (n_samples, K), of a small integer type; padding is `n_units`.
        n_units: number of input units; static, as are the others.
        curve: the time of each value.
        dt: step in ms.
        dtype: floating type of the offsets.
    """

    value: jax.Array
    unit: jax.Array
    n_units: int
    curve: LatencyCurve
    dt: float
    dtype: np.dtype

    one_each: ClassVar[bool] = False

    @property
    def most(self) -> int:
        """An upper bound on the events of one sample in one step."""
        return self.value.shape[1]

    def take(self, index: Any) -> PaddedEvents:
        """Return the events of some samples, index (batch,) int from 0; step, unit and offset (batch, K)."""
        step, offset = steps_and_offsets(self.curve.table(), self.dt)
        unit: Any = self.unit[index].astype(jnp.int32)
        value, real = self.value[index], unit < self.n_units
        found = jnp.asarray(np.maximum(step, 0), jnp.int32)[value], jnp.asarray(offset, self.dtype)[value]
        return PaddedEvents(jnp.where(real, found[0], 0), unit, jnp.where(real, found[1], 0))  # pyright: ignore[reportArgumentType]


def listed(values: np.ndarray, curve: LatencyCurve, dt: float, dtype: np.dtype) -> LatencyLists | None:
    """Lists of the pixels `values` (n_samples, n_units) uint8 that spike; None where that is too many."""
    times = curve.table()
    n_samples, n_units = values.shape
    emits = np.isfinite(times)
    most = max((int(emits[values[i : i + ROWS]].sum(1).max()) for i in range(0, n_samples, ROWS)), default=0)
    width = -(-max(most, 1) // EVERY) * EVERY
    if width > FEW * n_units:
        return None
    rank = np.searchsorted(np.unique(times[emits]), times)  # of the time of each value; silent ones come last
    rank = np.where(emits, rank, 256).astype(np.uint16)
    chosen = np.empty((n_samples, width), np.uint8)
    unit = np.empty((n_samples, width), np.uint16 if n_units < 2**16 else np.int32)
    for start in range(0, n_samples, ROWS):
        part = values[start : start + ROWS]
        order = np.argsort(rank[part], axis=1, kind="stable")[:, :width]
        chosen[start : start + ROWS] = here = np.take_along_axis(part, order, 1)
        unit[start : start + ROWS] = np.where(emits[here], order, n_units)
    return LatencyLists(jnp.asarray(chosen), jnp.asarray(unit), n_units, curve, dt, dtype)
