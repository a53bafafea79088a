"""Where an event in continuous time falls on the grid of simulation steps."""

import warnings
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.data.event_checks import first_true

# Times this close above a step's end (in steps) count as on it: t = 0.1 + 0.2 ms ends step 2 of 0.1 ms, not step 3.
STEP_ROUND_OFF = 1e-9
Late = Literal["error", "drop"]


class PaddedEvents(NamedTuple):
    """Events on the grid, one row per sample, all rows padded to the longest.

    `step` (n_samples, K) int32: step of the event. `unit` (n_samples, K) int32: index of the unit; padding has
    unit == n_units, step 0 and offset 0. `offset` (n_samples, K) float: event time minus the end of its step, in ms,
    from -dt to 0. Within a row the steps do not fall, and padding comes last.
    """

    step: np.ndarray
    unit: np.ndarray
    offset: np.ndarray


def step_and_offset(times: np.ndarray, dt: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the step of each time and its offset from the step's end.

    n = ceil(t / dt) - 1, so that t is in (n dt, (n + 1) dt];  offset = t - (n + 1) dt, in (-dt, 0].
    A time of exactly 0 goes into step 0 with offset -dt. Times within 1e-9 steps above a step's end count as on it.

    Args:
        times: event times in ms (>= 0), any shape.
        dt: step in ms.
    Returns: step (int64) and offset (float64, ms), both of the shape of `times`.
    """
    times = np.asarray(times, np.float64)
    ratio = times / dt
    # Beyond 10^6 steps the round-off of the division itself is the larger of the two.
    round_off = np.maximum(STEP_ROUND_OFF, 4.0 * np.finfo(np.float64).eps * ratio)
    end = np.maximum(np.ceil(ratio - round_off), 1.0)
    return end.astype(np.int64) - 1, np.clip(times - end * dt, -dt, 0.0)


class _OnGrid(NamedTuple):
    step: np.ndarray
    offset: np.ndarray
    units: np.ndarray
    offsets: np.ndarray  # row offsets


def _on_grid(times, units, offsets, n_steps: int, dt: float, late: str) -> _OnGrid:
    """Put the events of a trial of `n_steps` on the grid and deal with those after its end."""
    n_steps = check_int("n_steps", n_steps, 1, 2**31 - 1)
    dt = check_number("dt", dt, "ms", low=0.0, exclusive=True)
    if late not in get_args(Late):
        raise ValueError(f"`late` must be 'error' or 'drop', got {late!r}")
    step, offset = step_and_offset(times, dt)
    after = step >= n_steps
    first = first_true(after)
    if first < 0:
        return _OnGrid(step, offset, units, offsets)
    sample = int(np.searchsorted(offsets, first, side="right")) - 1
    message = (
        f"{int(after.sum())} of {times.size} events lie after the trial of {n_steps} steps x {dt:g} ms = "
        f"{n_steps * dt:g} ms; the first is in sample {sample}: t = {times[first]:.12g} ms, unit {units[first]}"
    )
    if late == "error":
        raise ValueError(f"{message}. Take more steps, or drop them with late='drop'")
    warnings.warn(f"dropped: {message}", UserWarning, stacklevel=4)
    keep = ~after
    kept_before = np.concatenate(([0], np.cumsum(keep)))
    return _OnGrid(step[keep], offset[keep], units[keep], kept_before[offsets])


def to_padded(times, units, offsets, n_units: int, n_steps: int, dt: float, dtype: Any, late: str) -> PaddedEvents:
    """See `EventData.to_padded`."""
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        raise TypeError(f"`dtype` must be a floating type such as float32, got {dtype}")
    grid = _on_grid(times, units, offsets, n_steps, dt, late)
    counts = np.diff(grid.offsets)
    width = max(1, int(counts.max(initial=0)))
    shape = (counts.size, width)
    # Row by row, the True entries are in the order of the flat arrays.
    filled = np.arange(width) < counts[:, None]
    padded = PaddedEvents(np.zeros(shape, np.int32), np.full(shape, n_units, np.int32), np.zeros(shape, dtype))
    padded.step[filled] = grid.step
    padded.unit[filled] = grid.units
    padded.offset[filled] = grid.offset
    return padded


class FlatEvents(NamedTuple):
    """Events on the grid, sample after sample: those of sample i are step[offsets[i]:offsets[i + 1]] and so on."""

    step: np.ndarray
    unit: np.ndarray
    offset: np.ndarray
    offsets: np.ndarray


def to_flat(times, units, offsets, n_steps: int, dt: float, dtype: Any) -> FlatEvents:
    """As `to_padded`, without padding; events after the trial raise."""
    grid = _on_grid(times, units, offsets, n_steps, dt, "error")
    return FlatEvents(grid.step.astype(np.int32), grid.units.astype(np.int32), grid.offset.astype(dtype), grid.offsets)


def to_dense(times, units, offsets, n_units: int, n_steps: int, dt: float, dtype: Any, late: str) -> np.ndarray:
    """See `EventData.to_dense`."""
    grid = _on_grid(times, units, offsets, n_steps, dt, late)
    counts = np.diff(grid.offsets)
    dense = np.zeros((counts.size, n_steps, n_units), dtype)
    row = np.repeat(np.arange(counts.size), counts) * n_steps + grid.step
    np.add.at(dense.reshape(-1), row * n_units + grid.units, np.ones((), dense.dtype))
    return dense


def from_dense(spikes: Any, dt: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """See `EventData.from_dense`; returns times, units and row offsets."""
    spikes = np.asarray(spikes)
    if spikes.ndim != 3:
        raise ValueError(f"`spikes` must have shape (n_samples, n_steps, n_units), got {spikes.shape}")
    if spikes.dtype.kind not in "fiub":
        raise TypeError(f"`spikes` must hold spike counts, got dtype {spikes.dtype}")
    where = np.flatnonzero(spikes)
    count = spikes.reshape(-1)[where]
    bad = first_true((count < 0) | (count != np.floor(count)) | ~np.isfinite(count)) if count.dtype.kind != "b" else -1
    if bad >= 0:
        place = tuple(int(i) for i in np.unravel_index(where[bad], spikes.shape))
        raise ValueError(
            f"`spikes` must hold counts (0, 1, 2, ...), got {count[bad]} at sample {place[0]}, step {place[1]}, "
            f"unit {place[2]}"
        )
    total = float(count.sum(dtype=np.float64))
    if total >= 2**31:
        raise ValueError(f"`spikes` holds {total:.4g} events, and 2147483647 are the most there may be")
    sample, step, unit = np.unravel_index(np.repeat(where, count.astype(np.int64)), spikes.shape)
    offsets = np.concatenate(([0], np.cumsum(np.bincount(sample, minlength=spikes.shape[0]))))
    return (step + 1) * dt, unit, offsets
