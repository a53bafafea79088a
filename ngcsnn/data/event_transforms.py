"""Lists of events made smaller, shorter or coarser on the host, before they are fed."""

from __future__ import annotations

import itertools
import math

import numpy as np

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.data.event_grid import step_and_offset
from ngcsnn.data.events import EventData


def shaped(
    events: EventData,
    rescale_time: float = 1.0,
    rescale_units: float = 1.0,
    t_end: float | None = None,
    bin: float | None = None,
    bin_least: int = 1,
) -> EventData:
    """Return events rescaled, cut off and thinned to bins, in this order; what is left out does nothing.

    Args:
        events: what to change.
        rescale_time: factor of all times.
        rescale_units: factor of all unit numbers, at most 1; rounded down, so that neighbours fall together.
        t_end: the end of a trial in ms after rescaling; later events are left out, and `t_end` is kept in the events.
        bin: width in ms; of the events of one unit in (k bin, (k + 1) bin] only the first stays, at its own time. A
            time of 0 is in the first bin.
        bin_least: bins with fewer events of a unit keep none of them; with `bin` only.
    Raises: ValueError for a factor that is not above 0, a `rescale_units` above 1, a `bin_least` without `bin`.
    """
    time = check_number("rescale_time", rescale_time, low=0.0, exclusive=True)
    space = check_number("rescale_units", rescale_units, low=0.0, exclusive=True)
    if space > 1:
        raise ValueError(f"`rescale_units` must be at most 1, got {space:g}")
    end = None if t_end is None else check_number("t_end", t_end, "ms", low=0.0, exclusive=True)
    least = check_int("bin_least", bin_least, 1)
    if least > 1 and bin is None:
        raise ValueError("`bin_least` counts the events of a `bin`: give its width too")
    times, units = events.times * time, events.units
    n_units = math.ceil(events.n_units * space)
    if space != 1:
        units = np.minimum(np.floor(units * space).astype(np.int32), n_units - 1)
    keep = np.ones(len(times), bool) if end is None else times <= end
    if bin is not None:
        width = check_number("bin", bin, "ms", low=0.0, exclusive=True)
        keep &= first_of_each(step_and_offset(times, width)[0], units, events.offsets, n_units, least)
    if end is None and events.t_end is not None:
        end = events.t_end * time
    kept_before = np.concatenate(([0], np.cumsum(keep)))
    return EventData(times[keep], units[keep], kept_before[events.offsets], n_units, end)


def first_of_each(bins: np.ndarray, units: np.ndarray, offsets: np.ndarray, n_units: int, least: int = 1) -> np.ndarray:
    """Which events are the first of their sample, bin and unit, (n_events,) bool; sample by sample in order of time.

    least: events that there must be of them.
    """
    first = np.zeros(len(units), bool)
    for start, end in itertools.pairwise(offsets):  # whole arrays of keys would not fit for large data
        keys = bins[start:end].astype(np.int64) * n_units + units[start:end]
        _, index, count = np.unique(keys, return_index=True, return_counts=True)
        first[start + index[count >= least]] = True
    return first
