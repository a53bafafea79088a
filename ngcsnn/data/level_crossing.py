"""From sampled signals to events: one whenever a signal has moved by a whole step (send on delta)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from ngcsnn.data.argument_checks import check_number
from ngcsnn.data.events import EventData

_TOGETHER = 256  # signals that are worked on at once


def level_crossing(
    signals: Sequence[np.ndarray], interval: float, step: float, start: float | None = None, t_end: float | None = None
) -> EventData:
    """Encode signals as events in continuous time.

    Between samples a signal runs straight. Unit c emits when signal c has risen by `step` since the last event of c (or
    the start), unit n + c when it has fallen by `step`; the level that later ones are counted from moves by `step`.

    Args:
        signals: one array (n_times, n) for each sample, of any lengths; row k is at time k interval.
        interval: ms between rows. step: in the signals' unit, > 0.
        start: the level that the first events are counted from, reached at time 0; None: the signal's first value.
        t_end: length of a trial in ms, kept in the events; None: not stated.
    Returns: events of 2 n units.
    Raises: ValueError or TypeError naming the sample: shapes that differ, values that are not finite.
    Source: M. Miskowicz, "Send-on-delta concept", Sensors 6, 2006, doi:10.3390/s6010049.
    """
    interval = check_number("interval", interval, "ms", low=0.0, exclusive=True)
    step = check_number("step", step, low=0.0, exclusive=True)
    arrays = [_checked(signal, i) for i, signal in enumerate(signals)]
    n = arrays[0].shape[1] if arrays else 1
    for i, array in enumerate(arrays):
        if array.shape[1] != n:
            raise ValueError(f"sample {i} has {array.shape[1]} signals, sample 0 has {n}")
    lists: list[tuple[np.ndarray, np.ndarray]] = []
    for first in range(0, len(arrays), _TOGETHER):
        lists += _events(arrays[first : first + _TOGETHER], interval, step, start)
    return EventData.from_lists(lists, 2 * n, t_end, sort=True)


def _checked(signal: np.ndarray, i: int) -> np.ndarray:
    array = np.asarray(signal)
    if array.ndim != 2 or len(array) == 0 or array.dtype.kind not in "fiub":
        raise TypeError(f"sample {i}: expected numbers (n_times, n), got shape {array.shape} of dtype {array.dtype}")
    if not np.isfinite(array).all():
        raise ValueError(f"sample {i}: row {np.argwhere(~np.isfinite(array))[0][0]} is not finite")
    return array.astype(np.float64)


def _events(
    arrays: list[np.ndarray], interval: float, step: float, start: float | None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """(times, units) of each; short ones are continued by their last row, which emits nothing."""
    longest = max(map(len, arrays))
    x = np.stack([np.pad(a, ((0, longest - len(a)), (0, 0)), mode="edge") for a in arrays])
    n = x.shape[2]
    before = x[:, 0] if start is None else np.full_like(x[:, 0], start)
    level = before.copy()
    rows, times, units = [], [], []
    for k in range(longest):
        now = x[:, k]
        # a hair more, so that a rise of exactly one step is one event whatever the rounding
        moved = np.trunc((now - level) / step * (1 + 1e-12)).astype(np.int64)
        sample, c = np.nonzero(moved)
        if sample.size:
            count = np.abs(moved[sample, c])
            each = np.repeat(np.arange(sample.size), count)
            nth = np.arange(each.size) - np.repeat(np.cumsum(count) - count, count) + 1
            row, channel = sample[each], c[each]
            sign = np.sign(moved[row, channel])
            crossed = level[row, channel] + sign * nth * step
            span = now[row, channel] - before[row, channel]
            share = np.clip((crossed - before[row, channel]) / span, 0.0, 1.0)
            times.append(np.zeros(each.size) if k == 0 else (k - 1 + share) * interval)
            rows.append(row)
            units.append(channel + np.where(sign > 0, 0, n))
            level += moved * step
        before = now
    if not rows:
        return [(np.zeros(0), np.zeros(0, np.int64))] * len(arrays)
    row, time, unit = (np.concatenate(column) for column in (rows, times, units))
    order = np.lexsort((time, row))
    row, time, unit = row[order], time[order], unit[order]
    edges = np.searchsorted(row, np.arange(len(arrays) + 1))
    return [(time[a:b], unit[a:b]) for a, b in itertools.pairwise(edges)]
