"""Any sequence of (structured events, label), such as a tonic data set, as events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.data.datasets import Split
from ngcsnn.data.event_transforms import shaped
from ngcsnn.data.events import EventData
from ngcsnn.data.pixel_events import PixelGrid, Polarity


class SupportsLenAndGetItem(Protocol):
    """What a data set for loaders offers: a length, and a sample for each number below it."""

    def __len__(self) -> int: ...

    def __getitem__(self, i: int, /) -> Any: ...


def from_structured(
    samples: Iterable[tuple[Any, Any]] | SupportsLenAndGetItem,
    sensor_size: Sequence[int],
    *,
    time_scale: float = 1e-3,
    polarity: Polarity = "both",
    crop: Sequence[int] | None = None,
    downsample: int = 1,
    rescale_time: float = 1.0,
    t_end: float | None = None,
    bin: float | None = None,
    bin_least: int = 1,
) -> Split:
    """Return events and labels of a sequence of (structured array, label): `from_structured(dataset, (34, 34, 2))`.

    Args:
        samples: each a pair of a numpy structured array with fields `t`, `x`, and where there are such `y` and `p`,
            and a label, a whole number; or (label, group), the group saying who the sample is from. Read once.
        sensor_size: (columns, rows, polarities), or (columns,) for a line of channels without polarity.
        time_scale: ms per unit of `t`; 1e-3 for the us of tonic.
        polarity, crop, downsample: see `PixelGrid`; unit = (row columns + column) polarities + polarity.
        rescale_time, t_end, bin, bin_least: see `shaped`.
    Raises: TypeError or ValueError naming the sample.
    """
    size = tuple(check_int("sensor_size", n, 1) for n in sensor_size)
    if len(size) not in (1, 3) or (len(size) == 3 and size[2] not in (1, 2)):
        raise ValueError(f"`sensor_size` must be (columns, rows, 1 or 2) or (columns,), got {tuple(sensor_size)}")
    columns, rows, kinds = size if len(size) == 3 else (size[0], 1, 1)
    if kinds == 1 and polarity == "both":
        polarity = "merge"
    grid = PixelGrid(rows, columns, polarity, crop, downsample)
    scale = check_number("time_scale", time_scale, "ms", low=0.0, exclusive=True)
    lists, labels, groups = [], [], []
    for i, sample in enumerate(_each(samples)):
        if not isinstance(sample, Sequence) or len(sample) != 2:
            raise TypeError(f"sample {i}: expected a pair (events, label), got {type(sample).__name__}")
        events, label = sample
        names = getattr(getattr(events, "dtype", None), "names", None)
        if names is None or "t" not in names or "x" not in names:
            raise TypeError(f"sample {i}: expected a structured array with fields t and x, got {_kind(events)}")
        none = np.zeros(len(events), np.int64)
        y = events["y"] if "y" in names else none
        on = events["p"] if "p" in names and kinds == 2 else none
        try:
            unit, keep = grid.units(events["x"], y, on)
        except ValueError as error:
            raise ValueError(f"sample {i}: {error}") from error
        lists.append((np.asarray(events["t"], np.float64)[keep] * scale, unit[keep]))
        who = label if isinstance(label, Sequence) and not isinstance(label, str) else (label,)
        if len(who) not in (1, 2) or np.asarray(who[0]).dtype.kind not in "iu":
            raise TypeError(f"sample {i}: the label must be a whole number, or (label, group), got {label!r}")
        if not -(2**31) <= int(who[0]) < 2**31:
            raise ValueError(f"sample {i}: the label {who[0]} is too large for int32")
        labels.append(int(who[0]))
        groups.append(who[1] if len(who) == 2 else None)
    events = EventData.from_lists(lists, grid.n_units, sort=True)
    found = shaped(events, rescale_time, 1.0, t_end, bin, bin_least)
    known = [g is not None for g in groups]
    if any(known) and not all(known):
        raise ValueError(f"sample {known.index(False)} has no group, others have one")
    return Split(found, np.array(labels, np.int32), np.array(groups) if known and all(known) else None)


def _each(samples: Any) -> Iterator[Any]:
    """The samples one by one; by number where there are numbers, for not every sequence ends with an IndexError."""
    if hasattr(samples, "__len__") and hasattr(samples, "__getitem__"):
        return (samples[i] for i in range(len(samples)))
    return iter(samples)


def _kind(events: Any) -> str:
    dtype = getattr(events, "dtype", None)
    return type(events).__name__ if dtype is None else f"an array of {dtype}"
