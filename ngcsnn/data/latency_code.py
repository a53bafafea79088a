"""Images kept as they are, that become spikes batch by batch on the device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import DTypeLike

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.data.encoding import check_fractions, one_spike_each
from ngcsnn.data.event_checks import T_END_ROUND_OFF
from ngcsnn.data.events import EventData
from ngcsnn.data.events_on_device import check_device_dtype
from ngcsnn.data.latency_curve import LatencyCurve
from ngcsnn.data.latency_lists import LatencyLists, listed
from ngcsnn.data.latency_on_device import LatencyOnDevice, SpikesOnDevice, steps_and_offsets
from ngcsnn.data.sample_index import sample_index

_ROWS = 2048  # samples whose times are held at once on the host


@dataclass(frozen=True, eq=False, repr=False)
class LatencyCode:
    """Values of many samples, each of which stands for the time of one spike of its unit; immutable.

    With x the value on the scale of 8 bit pixels, 0 to 255 (floats are multiplied by 255):
    t = t_min + (255 - x) / 255 (t_max - t_min); with `invert=False`: t = t_min + x / 255 (t_max - t_min);
    with `logarithmic`: t = tau log(x / (x - threshold)). A value x <= threshold emits nothing.

    Takes the place of an `EventData` wherever data are fed; no list of events is kept: 1 byte a value for uint8.
    Float values are put on the grid in float64 by `to_device` and take 2 (or 4) bytes for the step and those of
    the offset, so that both give the spikes of `to_events`.

    Args:
        values: (n_samples, n_units), uint8, or floats from 0 to 1.
        t_min, t_max: spike times in ms of the brightest and the darkest value, 0 <= t_min < t_max; linear code only.
        threshold: on the scale of 0 to 255 for floats as well; None: every value emits a spike.
        invert: bright values spike early.
        logarithmic, tau: the logarithmic code and its time constant in ms; its threshold must be above 0.
        t_end: length of a trial in ms, no spike may be later; None: not stated.
    Raises: ValueError or TypeError naming sample, unit and value, or the argument that is bad, lacks or does not apply.
    """

    values: np.ndarray
    t_min: float | None = None
    t_max: float | None = None
    threshold: float | None = 1.0
    invert: bool = True
    logarithmic: bool = False
    tau: float | None = None
    t_end: float | None = None

    def __post_init__(self) -> None:
        _ = self.curve
        if self.t_end is not None:
            object.__setattr__(self, "t_end", check_number("t_end", self.t_end, "ms", low=0.0, exclusive=True))
        values = np.asarray(self.values)
        if values.ndim != 2 or values.shape[1] == 0:
            hint = "; give `values.reshape(len(values), -1)`" if values.ndim > 2 else ""
            raise ValueError(f"`values` must have shape (n_samples, n_units), got {values.shape}{hint}")
        if values.dtype.kind == "f":
            check_fractions(values)
        elif values.dtype != np.uint8:
            raise TypeError(f"`values` must be uint8 from 0 to 255, or floats from 0 to 1, got dtype {values.dtype}")
        self._keep(values.copy() if values.flags.writeable else values)
        t_end = self.t_end
        if t_end is not None:
            end = t_end * (1.0 + T_END_ROUND_OFF)
            self._refuse(lambda times: times > end, f"the end of the trial, `t_end` = {t_end:g} ms")

    def _keep(self, values: np.ndarray) -> None:
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    @property
    def curve(self) -> LatencyCurve:
        """The time of each value."""
        return LatencyCurve(self.t_min, self.t_max, self.threshold, self.invert, self.logarithmic, self.tau)

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return self.values.shape[0]

    @property
    def n_units(self) -> int:
        """Number of input units."""
        return self.values.shape[1]

    def to_events(self) -> EventData:
        """Return all spikes as a list of events, sorted by time: what the device makes, at 12 bytes a spike."""
        parts = [one_spike_each(times) for _, times in self._times()]
        times, units, counts = (np.concatenate(column) for column in zip(*parts, strict=True))
        return EventData(times, units, np.concatenate(([0], np.cumsum(counts))), self.n_units, self.t_end)

    def to_device(
        self, n_steps: int, dt: float, dtype: DTypeLike = np.float32
    ) -> LatencyOnDevice | LatencyLists | SpikesOnDevice:
        """Put the values on the device, where `take(index)` makes events of them.

        The events are those of `to_events().to_padded(n_steps, dt, dtype)`, in the order of the units; of uint8 of
        which at most half spike in any sample they are kept, and made, in the order of time.

        Args:
            n_steps: length of the trial in steps.
            dt: step in ms.
            dtype: floating type of the offsets.
        Raises: ValueError if spikes lie after the trial, with their number; for a `dtype` that jax does not have at
            its present precision.
        """
        n_steps = check_int("n_steps", n_steps, 1, 2**31 - 1)
        dt = check_number("dt", dt, "ms", low=0.0, exclusive=True)
        dtype = check_device_dtype(dtype)
        self._refuse(
            lambda times: steps_and_offsets(times, dt)[0] >= n_steps,
            f"the trial of {n_steps} steps x {dt:g} ms = {n_steps * dt:g} ms",
        )
        if self.values.dtype == np.uint8:
            lists = listed(self.values, self.curve, dt, dtype)
            return LatencyOnDevice(jnp.asarray(self.values), self.curve, dt, dtype) if lists is None else lists
        small = np.int16 if n_steps <= 2**15 else np.int32
        step, offset = np.empty(self.values.shape, small), np.empty(self.values.shape, dtype)
        for rows, times in self._times():
            step[rows], offset[rows] = steps_and_offsets(times, dt)
        return SpikesOnDevice(jnp.asarray(step), jnp.asarray(offset))

    def select(self, samples: Any) -> LatencyCode:
        """Return the given samples, in the given order: an int, a slice, an array of ints or a bool mask."""
        chosen = object.__new__(LatencyCode)
        for name, value in self._arguments().items():
            object.__setattr__(chosen, name, value)
        index = samples if isinstance(samples, slice) else sample_index(samples, self.n_samples)
        chosen._keep(self.values[index])
        return chosen

    __getitem__ = select

    def _arguments(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "values"}

    def _times(self) -> Iterator[tuple[slice, np.ndarray]]:
        """The spike times of some samples after the other, infinite where a value emits nothing."""
        table = self.curve.table() if self.values.dtype == np.uint8 else None
        for start in range(0, max(self.n_samples, 1), _ROWS):
            rows = slice(start, start + _ROWS)
            part = self.values[rows]
            yield rows, self.curve.times(part) if table is None else table[part]

    def _refuse(self, late: Callable[[np.ndarray], np.ndarray], end: str) -> None:
        """Raise if there are spikes after the end, with their number and the first of them."""
        if not self.logarithmic or self.values.dtype == np.uint8:
            possible = self.curve.table() if self.logarithmic else np.array([self.t_max])
            if not (late(possible) & np.isfinite(possible)).any():
                return  # no value can be late: there is no need to look at all of them
        n_late, n_spikes, first = 0, 0, ""
        for rows, times in self._times():
            bad = late(times) & np.isfinite(times)
            n_late, n_spikes = n_late + int(bad.sum()), n_spikes + int(np.isfinite(times).sum())
            if bad.any() and not first:
                row, unit = (int(i) for i in np.argwhere(bad)[0])
                first = f"sample {rows.start + row}: t = {times[row, unit]:.12g} ms, unit {unit}"
        if n_late:
            raise ValueError(
                f"{n_late} of {n_spikes} events lie after {end}; the first is in {first}. Give a longer trial, or a "
                f"smaller {'`tau`' if self.logarithmic else '`t_max`'}"
            )

    def __len__(self) -> int:
        return self.n_samples

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LatencyCode):
            return NotImplemented
        mine, others = ((code.curve, code.t_end, code.values.dtype) for code in (self, other))
        return mine == others and np.array_equal(self.values, other.values)

    def __reduce__(self):
        # Unpickled arrays would be writable.
        return _restored, (self.values, self._arguments())

    def __repr__(self) -> str:
        given = {k: v for k, v in self._arguments().items() if v is not None and k != "logarithmic"}
        text = ", ".join(f"{name}={value}" for name, value in given.items())
        kind = "logarithmic, " if self.logarithmic else ""
        return f"LatencyCode({self.n_samples} samples, {self.n_units} units of {self.values.dtype}, {kind}{text})"


def _restored(values: np.ndarray, arguments: dict[str, Any]) -> LatencyCode:
    return LatencyCode(values, **arguments)
