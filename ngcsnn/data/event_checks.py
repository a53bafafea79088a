"""Checks of the flat arrays of an event container. Every error names sample, position, value and unit."""

import numpy as np

# Round-off allowed when a time is compared with `t_end`, relative to `t_end`.
T_END_ROUND_OFF = 1e-12


def first_true(mask: np.ndarray) -> int:
    """Return the flat index of the first True, or -1."""
    index = int(mask.argmax()) if mask.size else -1
    return index if index >= 0 and mask.flat[index] else -1


def locate(index: int, offsets: np.ndarray) -> str:
    """Return "sample i, event k" for a place in the flat arrays."""
    sample = int(np.searchsorted(offsets, index, side="right")) - 1
    return f"sample {sample}, event {index - int(offsets[sample])}"


def check_numeric(array: np.ndarray, name: str, where: str = "") -> None:
    """Raise unless `array` is a vector of real numbers (an empty one may have any type)."""
    if array.ndim != 1:
        raise ValueError(f"{where}`{name}` must be one-dimensional, got shape {array.shape}")
    if array.size and array.dtype.kind not in "fiu":
        raise TypeError(f"{where}`{name}` must hold numbers, got dtype {array.dtype}")


def check_offsets(offsets: np.ndarray, n_events: int) -> np.ndarray:
    """Return row offsets as int64: they start at 0, never fall and end at the number of events."""
    check_numeric(offsets, "offsets")
    if offsets.size == 0 or offsets.dtype.kind not in "iu":
        raise TypeError(
            f"`offsets` must hold n_samples + 1 integers, got {offsets.size} values of dtype {offsets.dtype}"
        )
    offsets = offsets.astype(np.int64)
    if offsets[0] != 0 or offsets[-1] != n_events:
        raise ValueError(
            f"`offsets` must run from 0 to the number of events ({n_events}), got {offsets[0]} to {offsets[-1]}"
        )
    fall = first_true(np.diff(offsets) < 0)
    if fall >= 0:
        raise ValueError(f"`offsets` must not fall, got {offsets[fall]} then {offsets[fall + 1]} at sample {fall}")
    return offsets


def check_times(times: np.ndarray, offsets: np.ndarray, t_end: float | None) -> np.ndarray:
    """Return times as float64 ms: finite, not negative, not after `t_end`."""
    check_numeric(times, "times")
    times = times.astype(np.float64)
    bad = first_true(~np.isfinite(times))
    if bad >= 0:
        raise ValueError(f"{locate(bad, offsets)}: spike time is {times[bad]}; times must be finite, in ms")
    bad = first_true(times < 0.0)
    if bad >= 0:
        raise ValueError(f"{locate(bad, offsets)}: spike time {times[bad]:.12g} ms is negative; a trial starts at 0 ms")
    bad = -1 if t_end is None else first_true(times > t_end * (1.0 + T_END_ROUND_OFF))
    if bad >= 0:
        raise ValueError(
            f"{locate(bad, offsets)}: spike time {times[bad]:.12g} ms lies after the end of the trial, "
            f"`t_end` = {t_end:g} ms"
        )
    return times


def check_units(units: np.ndarray, offsets: np.ndarray, n_units: int) -> np.ndarray:
    """Return unit indices as int32: whole numbers in [0, n_units)."""
    check_numeric(units, "units")
    if units.size and units.dtype.kind == "f":
        bad = first_true(units != np.floor(units))  # True for NaN as well
        if bad >= 0:
            raise ValueError(f"{locate(bad, offsets)}: unit index {units[bad]} is not an integer")
    bad = first_true((units < 0) | (units >= n_units)) if units.size else -1
    if bad >= 0:
        raise ValueError(
            f"{locate(bad, offsets)}: unit index {units[bad]} is outside 0 to {n_units - 1} (`n_units` = {n_units})"
        )
    return units.astype(np.int32)


def first_unsorted(times: np.ndarray, offsets: np.ndarray) -> int:
    """Return the flat index of the first time that is earlier than the one before it in the same sample, or -1."""
    falls = times[1:] < times[:-1]
    starts = offsets[1:-1]
    falls[starts[(starts > 0) & (starts < times.size)] - 1] = False  # from one sample to the next, time may fall
    bad = first_true(falls)
    return bad + 1 if bad >= 0 else -1


def check_sorted(times: np.ndarray, offsets: np.ndarray) -> None:
    """Raise at the first time that is earlier than the one before it in the same sample."""
    bad = first_unsorted(times, offsets)
    if bad >= 0:
        raise ValueError(
            f"{locate(bad, offsets)}: spike time {times[bad]:.12g} ms comes after {times[bad - 1]:.12g} ms; "
            f"times must not fall within a sample (`sort=True` sorts them)"
        )
