"""Spike trains in HDF5 files, as the Heidelberg data sets are published."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ngcsnn.data.events import EventData
from ngcsnn.data.hdf5_heaps import check_heaps

MS = 1000.0  # times are in seconds
_TOGETHER = 1024  # samples that are shaped at once


class SpikingFile(NamedTuple):
    """events; labels (n,) int64; groups (n,) int64, who spoke, or None; class_names, or None."""

    events: EventData
    labels: np.ndarray
    groups: np.ndarray | None
    class_names: tuple[str, ...] | None


def read_spiking_hdf5(
    path: Path, n_units: int, n_samples: int | None = None, shape: Callable[[EventData], EventData] = lambda e: e
) -> SpikingFile:
    """Read `spikes/times` (s), `spikes/units`, `labels`, and where there are such `extra/speaker` and `extra/keys`.

    Args:
        path: the file. n_units: number of channels. n_samples: the first so many only; None: all.
        shape: what is done with the events, some samples at a time, so that what it leaves out is never held at once.
    Raises: ImportError without h5py; ValueError naming the file, for one that is truncated, corrupt, lacks something,
        or holds other than spike trains.
    Source: B. Cramer, Y. Stradmann, J. Schemmel, F. Zenke, "The Heidelberg spiking data sets for the systematic
        evaluation of spiking neural networks", IEEE TNNLS 33, 2022, doi:10.1109/TNNLS.2020.3044364.
    """
    try:
        import h5py
    except ImportError as error:
        raise ImportError('HDF5 files need h5py: pip install "ngcsnn[data]"') from error
    try:
        check_heaps(path)
        with h5py.File(path, "r") as file:
            return _read(file, n_units, n_samples, shape)
    except _Lacking as error:
        raise ValueError(f"{str(path)!r} {error}") from error
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, MemoryError, OverflowError) as error:
        raise ValueError(
            f"{str(path)!r} cannot be read: it is truncated, corrupt or of another kind ({error})"
        ) from error


class _Lacking(Exception):
    """What is wrong with the content of a file that can be read."""


def _read(file: Any, n_units: int, n_samples: int | None, shape: Callable[[EventData], EventData]) -> SpikingFile:
    for name in ("spikes/times", "spikes/units", "labels"):
        if name not in file:
            raise _Lacking(f"holds no spike trains: it lacks {name}; it has {', '.join(file) or 'nothing'}")
    there = len(file["labels"])
    if n_samples is not None and n_samples > there:
        raise _Lacking(f"holds {there} samples, {n_samples} are asked for")
    n = there if n_samples is None else n_samples
    labels = np.asarray(file["labels"][:n])
    if labels.dtype.kind not in "iuf" or labels.ndim != 1 or np.any(labels != np.floor(labels)):
        raise _Lacking(f"holds labels of shape {labels.shape} and dtype {labels.dtype}, not one whole number a sample")
    times, units = file["spikes/times"], file["spikes/units"]
    if len(times) < n or len(units) < n:
        raise _Lacking(f"holds {there} labels for {len(times)} trains of times and {len(units)} of units")
    parts = []
    for first in range(0, max(n, 1), _TOGETHER):
        here = range(first, min(first + _TOGETHER, n))
        lists = [(np.asarray(times[i], np.float64) * MS, np.asarray(units[i])) for i in here]
        try:
            parts.append(shape(EventData.from_lists(lists, n_units, sort=True)))
        except ValueError as error:
            raise _Lacking(
                f"holds bad spike trains, in samples {first} to {first + len(lists) - 1}: {error}"
            ) from error
    events = EventData.concatenate(parts)
    groups = names = None
    if "extra/speaker" in file:
        groups = np.asarray(file["extra/speaker"][:n])
        if groups.dtype.kind not in "iu" or groups.shape != (n,):
            raise _Lacking(f"holds speakers of shape {groups.shape} and dtype {groups.dtype}, not one number a sample")
    if "extra/keys" in file:
        names = tuple(k.decode() if isinstance(k, bytes) else str(k) for k in file["extra/keys"][()])
    return SpikingFile(events, labels.astype(np.int64), groups, names)
