"""From numbers to spikes."""

import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.data.argument_checks import check_number
from ngcsnn.data.event_checks import first_true
from ngcsnn.data.events import EventData


def latency(
    values: ArrayLike,
    t_min: float,
    t_max: float,
    *,
    invert: bool = False,
    threshold: float | None = None,
    t_end: float | None = None,
) -> EventData:
    """Encode each value as the exact time of one spike of its unit.

    t = t_min + value (t_max - t_min);  with `invert`: t = t_min + (1 - value) (t_max - t_min).

    Args:
        values: numbers from 0 to 1, (n_samples, n_units).
        t_min, t_max: earliest and latest spike in ms, 0 <= t_min < t_max.
        invert: large values spike early (by default they spike late).
        threshold: values not above it emit nothing; None: every value emits one spike.
        t_end: length of a trial in ms, kept in the events.
    Returns: events of n_samples samples and n_units units, sorted by time (equal times by unit).
    Raises: ValueError for values that are NaN or outside [0, 1], t_min < 0 or t_max <= t_min.
    """
    t_min = check_number("t_min", t_min, "ms", low=0.0)
    t_max = check_number("t_max", t_max, "ms", low=0.0)
    if t_max <= t_min:
        raise ValueError(f"`t_max` must be later than `t_min`, got t_max = {t_max:g} ms, t_min = {t_min:g} ms")
    array = check_fractions(values)
    times = linear_times(array, t_min, t_max, invert)
    if threshold is not None:
        times = np.where(array > check_number("threshold", threshold), times, np.inf)
    times, units, counts = one_spike_each(times)
    return EventData(times, units, np.concatenate(([0], np.cumsum(counts))), array.shape[1], t_end)


def check_fractions(values: ArrayLike) -> np.ndarray:
    """Return values as float64 (n_samples, n_units), or raise at the first that is not in [0, 1]."""
    array = np.asarray(values)
    if array.ndim != 2:
        raise ValueError(f"`values` must have shape (n_samples, n_units), got {array.shape}")
    if array.dtype.kind not in "fiub":
        raise TypeError(f"`values` must hold numbers from 0 to 1, got dtype {array.dtype}")
    array = array.astype(np.float64)
    bad = first_true(~((array >= 0.0) & (array <= 1.0)))  # True for NaN as well
    if bad >= 0:
        sample, unit = (int(i) for i in np.unravel_index(bad, array.shape))
        raise ValueError(f"sample {sample}, unit {unit}: value {array[sample, unit]:.12g} is not in [0, 1]")
    return array


def linear_times(values: np.ndarray, t_min: float, t_max: float, invert: bool) -> np.ndarray:
    """Return t_min + value (t_max - t_min), or with `invert` t_min + (1 - value) (t_max - t_min), never after t_max."""
    fraction = 1.0 - values if invert else values
    return np.minimum(t_min + fraction * (t_max - t_min), t_max)


def one_spike_each(times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Turn spike times (n_samples, n_units), infinite where silent, into event lists.

    Returns: times and units of all events, sorted by time within a sample (equal times by unit), and the number of
    events of each sample.
    """
    order = np.argsort(times, axis=1, kind="stable")  # the silent ones go last
    counts = np.isfinite(times).sum(axis=1)
    first = np.arange(times.shape[1]) < counts[:, None]
    return np.take_along_axis(times, order, axis=1)[first], order[first], counts
