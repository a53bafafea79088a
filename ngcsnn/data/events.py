"""The event container: when which input unit spikes, for each sample."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import InitVar, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ngcsnn.data import event_checks as checks, event_grid as grid
from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.data.event_grid import Late, PaddedEvents
from ngcsnn.data.events_on_device import EventsOnDevice, check_device_dtype, events_on_device
from ngcsnn.data.sample_index import sample_index


@dataclass(frozen=True, eq=False, repr=False)
class EventData:
    """Spike times and unit indices of many samples, in continuous time; immutable.

    Sample i has the events `times[offsets[i]:offsets[i + 1]]` (ms, from the start of the trial, not falling) of the
    units `units[offsets[i]:offsets[i + 1]]`. Events of one time and unit may repeat.

    Args:
        times: all spike times in ms, samples one after the other, (n_events,); kept as float64.
        units: the unit of each event, 0 to n_units - 1, (n_events,); kept as int32.
        offsets: where each sample starts in the flat arrays, (n_samples + 1,); from 0 to n_events.
        n_units: number of input units.
        t_end: length of a trial in ms, no event may be later; None: not stated.
        sort: sort unsorted samples by time (stable) rather than raise.
    Raises: ValueError or TypeError naming sample, event and value: times that are NaN, infinite, negative, later than
        `t_end` or unsorted; units that are negative, too large or not whole numbers; lengths that differ.
    """

    times: np.ndarray
    units: np.ndarray
    offsets: np.ndarray
    n_units: int
    t_end: float | None = None
    sort: InitVar[bool] = False

    def __post_init__(self, sort: bool) -> None:
        n_units = check_int("n_units", self.n_units, 1, 2**31 - 1)
        t_end = None if self.t_end is None else check_number("t_end", self.t_end, "ms", low=0.0, exclusive=True)
        times, units = np.asarray(self.times), np.asarray(self.units)
        if times.shape != units.shape:
            raise ValueError(
                f"`times` and `units` must have the same length, got shapes {times.shape} and {units.shape}"
            )
        offsets = checks.check_offsets(np.asarray(self.offsets), times.size)
        times = checks.check_times(times, offsets, t_end)
        units = checks.check_units(units, offsets, n_units)
        if not sort:
            checks.check_sorted(times, offsets)
        elif checks.first_unsorted(times, offsets) >= 0:
            order = np.lexsort((times, np.repeat(np.arange(offsets.size - 1), np.diff(offsets))))
            times, units = times[order], units[order]
        self._keep(times, units, offsets, n_units, t_end)

    def _keep(self, times, units, offsets, n_units: int, t_end: float | None) -> None:
        for name, array in (("times", times), ("units", units), ("offsets", offsets)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        object.__setattr__(self, "n_units", n_units)
        object.__setattr__(self, "t_end", t_end)

    @classmethod
    def _trusted(cls, times, units, offsets, n_units: int, t_end: float | None) -> EventData:
        """Build from arrays that were checked before and that nobody else holds."""
        events = object.__new__(cls)
        events._keep(times, units, offsets, n_units, t_end)
        return events

    @classmethod
    def from_lists(
        cls,
        samples: Iterable[tuple[ArrayLike, ArrayLike]],
        n_units: int,
        t_end: float | None = None,
        sort: bool = False,
    ) -> EventData:
        """Build from one pair (times in ms, units) per sample; an empty sample is ([], []).

        Arguments and errors as for the class.
        """
        times, units = [], []
        for i, sample in enumerate(samples):
            if not isinstance(sample, Sequence | np.ndarray) or len(sample) != 2:
                raise TypeError(f"sample {i}: expected a pair (times, units), got {type(sample).__name__}")
            t, u = np.asarray(sample[0]), np.asarray(sample[1])
            checks.check_numeric(t, "times", f"sample {i}: ")
            checks.check_numeric(u, "units", f"sample {i}: ")
            if t.size != u.size:
                raise ValueError(f"sample {i}: {t.size} spike times but {u.size} unit indices")
            times.append(t if t.size else np.zeros(0))
            units.append(u if u.size else np.zeros(0, np.int32))
        offsets = np.cumsum([0] + [t.size for t in times])
        flat_times = np.concatenate(times) if times else np.zeros(0)
        flat_units = np.concatenate(units) if units else np.zeros(0, np.int32)
        return cls(flat_times, flat_units, offsets, n_units, t_end, sort=sort)

    @classmethod
    def from_dense(cls, spikes: ArrayLike, dt: float) -> EventData:
        """Build from spike counts per step; a spike in step n is at the step's end, t = (n + 1) dt.

        Args:
            spikes: counts (n_samples, n_steps, n_units); a count of k gives k events.
            dt: step in ms.
        Returns: events with `t_end` = n_steps dt.
        """
        dt = check_number("dt", dt, "ms", low=0.0, exclusive=True)
        times, units, offsets = grid.from_dense(spikes, dt)
        n_steps, n_units = np.shape(spikes)[1:]
        return cls(times, units, offsets, n_units, t_end=n_steps * dt)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return self.offsets.size - 1

    @property
    def n_events(self) -> int:
        """Number of events in all samples."""
        return self.times.size

    @property
    def counts(self) -> np.ndarray:
        """Number of events of each sample, (n_samples,)."""
        return np.diff(self.offsets)

    def to_dense(self, n_steps: int, dt: float, dtype: DTypeLike = np.float32, late: Late = "error") -> np.ndarray:
        """Return spike counts per step, (n_samples, n_steps, n_units); the times within the steps are lost.

        Arguments and errors as for `to_padded`; `dtype` may be any number type.
        """
        return grid.to_dense(self.times, self.units, self.offsets, self.n_units, n_steps, dt, dtype, late)

    def to_padded(self, n_steps: int, dt: float, dtype: DTypeLike = np.float32, late: Late = "error") -> PaddedEvents:
        """Return step, unit and offset of every event as rectangular arrays.

        n = ceil(t / dt) - 1, so that t is in (n dt, (n + 1) dt];  offset = t - (n + 1) dt. Computed in float64 with
        1e-9 steps allowed for round-off; a time of exactly 0 goes into step 0 with offset -dt.

        All rows are as long as the fullest sample, K = max(counts) (at least 1): 12 bytes (float32) times
        n_samples K. If a few samples hold far more events than the rest, most of that is padding; then convert
        parts of similar counts (`events[mask]`) on their own.

        Args:
            n_steps: length of the trial in steps.
            dt: step in ms.
            dtype: floating type of the offsets, float32 by default.
            late: what to do with events after n_steps dt: "error", or "drop" (a warning says how many).
        Returns: `PaddedEvents` of shape (n_samples, K); padding has unit == n_units, step 0 and offset 0.
        Raises: ValueError if events lie after the trial, with their number and the first of them.
        """
        return grid.to_padded(self.times, self.units, self.offsets, self.n_units, n_steps, dt, dtype, late)

    def to_device(self, n_steps: int, dt: float, dtype: DTypeLike = np.float32) -> EventsOnDevice:
        """Return the events on the device, to be taken from by sample; 12 bytes an event in float32, no padding.

        Arguments and errors as for `to_padded`, where events after the trial raise; ValueError for a `dtype` that jax
        does not have at its present precision, and for 2^31 events or more.
        """
        flat = grid.to_flat(self.times, self.units, self.offsets, n_steps, dt, check_device_dtype(dtype))
        return events_on_device(flat, self.n_units)

    def select(self, samples: Any) -> EventData:
        """Return the given samples, in the given order: an int, a slice, an array of ints or a bool mask."""
        index = sample_index(samples, self.n_samples)
        counts = self.counts[index]
        offsets = np.concatenate(([0], np.cumsum(counts)))
        places = np.repeat(self.offsets[index] - offsets[:-1], counts) + np.arange(offsets[-1])
        return self._trusted(self.times[places], self.units[places], offsets, self.n_units, self.t_end)

    __getitem__ = select

    @staticmethod
    def concatenate(parts: Sequence[EventData]) -> EventData:
        """Join the samples of containers with equal `n_units`.

        `t_end` becomes the longest of the parts, or None where a part states none.
        """
        if not parts:
            raise ValueError("`parts` is empty: concatenate needs at least one EventData")
        n_units = parts[0].n_units
        for i, part in enumerate(parts):
            if part.n_units != n_units:
                raise ValueError(f"part {i} has n_units = {part.n_units}, part 0 has {n_units}")
        t_ends = [part.t_end for part in parts if part.t_end is not None]
        return EventData._trusted(
            np.concatenate([part.times for part in parts]),
            np.concatenate([part.units for part in parts]),
            np.concatenate(([0], np.cumsum(np.concatenate([part.counts for part in parts])))),
            n_units,
            max(t_ends) if len(t_ends) == len(parts) else None,
        )

    def save(self, path: str | os.PathLike[str], labels: ArrayLike | None = None, overwrite: bool = False) -> Path:
        """Write to one `.npz` file, at once or not at all; see `ngcsnn.data.save_events`."""
        from ngcsnn.data.event_files import save_events  # that file imports this one

        return save_events(path, self, labels, overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> EventData:
        """Read a file written by `save`; for its labels use `ngcsnn.data.load_events`."""
        from ngcsnn.data.event_files import load_events

        return load_events(path)[0]

    def __len__(self) -> int:
        return self.n_samples

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EventData):
            return NotImplemented
        return (self.n_units, self.t_end) == (other.n_units, other.t_end) and all(
            np.array_equal(a, b)
            for a, b in ((self.times, other.times), (self.units, other.units), (self.offsets, other.offsets))
        )

    def __reduce__(self):
        # Unpickled arrays would be writable.
        return self._trusted, (self.times, self.units, self.offsets, self.n_units, self.t_end)

    def __repr__(self) -> str:
        span = f", {self.times.min():g} to {self.times.max():g} ms" if self.n_events else ""
        t_end = "" if self.t_end is None else f", t_end={self.t_end:g} ms"
        return f"EventData({self.n_samples} samples, {self.n_units} units, {self.n_events} events{span}{t_end})"
