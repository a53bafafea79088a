"""Images that are read pixel by pixel: an event whenever the grey value crosses the threshold of a unit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import DTypeLike

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.data.event_grid import PaddedEvents, step_and_offset
from ngcsnn.data.events import EventData
from ngcsnn.data.events_on_device import check_device_dtype
from ngcsnn.data.sample_index import sample_index

_ROWS = 4096  # samples that are counted at once on the host


@dataclass(frozen=True, eq=False, repr=False)
class SequentialCode:
    """Pixels of many images, one after the other, which become events on the device; immutable, 1 byte a pixel.

    With H thresholds 255 (i + 1) / (H + 1): when the grey value, 0 before the first pixel, rises to threshold i or
    above, unit i emits; when it falls below, unit H + i; unit 2 H emits at each pixel of 255. Pixel k is read at the
    time (k + 1) pixel.

    Takes the place of an `EventData` wherever data are fed.

    Args:
        values: (n_samples, n_pixels) uint8.
        n_units: 2 H + 1, odd. pixel: ms for each pixel.
    Source: B. Yin, F. Corradi, S. M. Bohté, "Accurate and efficient time-domain classification with adaptive spiking
        recurrent neural networks", Nature Machine Intelligence 3, 2021, doi:10.1038/s42256-021-00397-w (thresholds).
    """

    values: np.ndarray
    n_units: int = 99
    pixel: float = 1.0

    def __post_init__(self) -> None:
        if check_int("n_units", self.n_units, 3) % 2 == 0:
            raise ValueError(f"`n_units` must be odd (up, down, and one for the brightest), got {self.n_units}")
        check_number("pixel", self.pixel, "ms", low=0.0, exclusive=True)
        values = np.asarray(self.values)
        if values.ndim != 2 or values.shape[1] == 0 or values.dtype != np.uint8:
            raise TypeError(f"`values` must be uint8 (n_samples, n_pixels), got {values.shape} of {values.dtype}")
        values = values.copy() if values.flags.writeable else values
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    @property
    def ranks(self) -> np.ndarray:
        """How many thresholds each grey value is not below, (256,) int32."""
        half = self.n_units // 2
        return np.searchsorted(255.0 * np.arange(1, half + 1) / (half + 1), np.arange(256), side="right").astype(
            np.int32
        )

    def __len__(self) -> int:
        return len(self.values)

    def select(self, samples: Any) -> SequentialCode:
        """Return the given samples, in the given order: an int, a slice, an array of ints or a bool mask."""
        index = samples if isinstance(samples, slice) else sample_index(samples, len(self))
        return SequentialCode(self.values[index], self.n_units, self.pixel)

    __getitem__ = select

    def counts(self) -> np.ndarray:
        """Number of events of each sample, (n_samples,)."""
        parts = []
        for first in range(0, len(self), _ROWS):
            values = self.values[first : first + _ROWS]
            rank = self.ranks[np.pad(values, ((0, 0), (1, 0)))]
            parts.append(np.abs(np.diff(rank, axis=1)).sum(axis=1) + (values == 255).sum(axis=1))
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def to_events(self) -> EventData:
        """Return all events as lists: what the device makes, at 12 bytes an event."""
        half, lists = self.n_units // 2, []
        for row in self.values:
            rank = self.ranks[np.pad(row, (1, 0))]
            times, units = [], []
            for k, (a, b) in enumerate(zip(rank[:-1].tolist(), rank[1:].tolist(), strict=True)):
                new = list(range(a, b)) + [half + i for i in range(b, a)] + [2 * half] * int(row[k] == 255)
                units += new
                times += [(k + 1) * self.pixel] * len(new)
            lists.append((times, units))
        return EventData.from_lists(lists, self.n_units, self.values.shape[1] * self.pixel)

    def to_device(self, n_steps: int, dt: float, dtype: DTypeLike = np.float32) -> SequentialOnDevice:
        """Put the pixels on the device, where `take(index)` makes events of them.

        Raises: ValueError if pixels are read after the trial.
        """
        end, trial = self.values.shape[1] * self.pixel, n_steps * dt
        if end > trial * (1 + 1e-9):
            raise ValueError(
                f"{self.values.shape[1]} pixels of {self.pixel:g} ms do not fit into a trial of {trial:g} ms"
            )
        step, offset = step_and_offset(np.arange(1, self.values.shape[1] + 1) * self.pixel, dt)
        room = max(1, int(self.counts().max(initial=1)))
        per_step = int(np.bincount(step).max())
        return SequentialOnDevice(
            jnp.asarray(self.values), self.n_units, tuple(step.tolist()), tuple(offset.tolist()),
            check_device_dtype(dtype), 64 * math.ceil(room / 64), per_step * (self.n_units // 2 + 1),
        )  # fmt: skip

    def __repr__(self) -> str:
        n, pixels = self.values.shape
        return f"SequentialCode({n} samples of {pixels} pixels, {self.n_units} units, {self.pixel:g} ms a pixel)"


@partial(
    jax.tree_util.register_dataclass,
    data_fields=["values"],
    meta_fields=["n_units", "step", "offset", "dtype", "room", "most"],
)
@dataclass(frozen=True)
class SequentialOnDevice:
    """Pixels on the device; `take` makes events of them.

    step, offset: of each pixel. room: events of a sample at most; most: in one step.
    """

    values: jax.Array
    n_units: int
    step: tuple[int, ...]
    offset: tuple[float, ...]
    dtype: np.dtype
    room: int
    most: int

    one_each: ClassVar[bool] = False

    def take(self, index: Any) -> PaddedEvents:
        """Return the events of some samples: index (batch,) int, from 0; step, unit and offset (batch, room)."""
        half = self.n_units // 2
        ranks = jnp.asarray(SequentialCode(np.zeros((0, 1), np.uint8), self.n_units).ranks)
        pixels = self.values[index]
        now = ranks[pixels]
        before = jnp.concatenate([jnp.zeros_like(now[:, :1]), now[:, :-1]], axis=1)
        moved = jnp.abs(now - before)
        ends = jnp.cumsum(moved + (pixels == 255), axis=1)
        k = jnp.arange(self.room)
        at = jax.vmap(lambda e: jnp.searchsorted(e, k, side="right"))(ends)
        there = at < pixels.shape[1]
        at = jnp.minimum(at, pixels.shape[1] - 1)

        def of(array: Any) -> Any:
            return jnp.take_along_axis(array, at, axis=1)

        nth = k - of(ends - moved - (pixels == 255))
        low = jnp.minimum(of(before), of(now)) + nth
        unit = jnp.where(nth < of(moved), low + jnp.where(of(now) > of(before), 0, half), 2 * half)
        unit = jnp.where(there, unit, self.n_units).astype(jnp.int32)
        step = jnp.where(there, jnp.asarray(self.step, jnp.int32)[at], 0)
        offset: Any = jnp.where(there, jnp.asarray(self.offset, self.dtype)[at], 0)
        return PaddedEvents(step, unit, offset)  # pyright: ignore[reportArgumentType]
