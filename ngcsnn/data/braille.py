"""Braille: a fingertip of 12 touch sensors moves over letters."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.data.arrays_file import read_arrays
from ngcsnn.data.datasets import Dataset, Split, register_dataset
from ngcsnn.data.labels import check_labels
from ngcsnn.data.level_crossing import level_crossing
from ngcsnn.data.published import Published

BRAILLE = Published(
    "braille",
    home="https://zenodo.org/records/7050094",
    by_hand="it is published as Python pickles, which can run any code and are not opened here; convert them to one "
    "file braille.npz with the arrays taxel (all recordings one after the other, x 12), offset (where each begins, "
    "and the end), label, letters and repetition",
)
TOP = 255.0  # of a sensor


@register_dataset("braille", BRAILLE)
def braille_dataset(
    *,
    folder: str | os.PathLike[str] | None = None,
    test_takes: int = 10,
    interval: float = 25.0,
    step: float = 2.0,
    t_end: float | None = None,
) -> Dataset:
    """Braille letters by touch: `load_dataset("braille", {"folder": "..."})`; 27 classes, the last the space.

    A sensor emits an event whenever it has risen or fallen by `step` (see `level_crossing`).

    Args:
        folder: where braille.npz lies; None: the cache. This program cannot fetch it.
        test_takes: the last so many repetitions of each letter are the test split.
        interval: ms between two readings of the sensors; 40 Hz by default.
        step: of a sensor's reading, which goes from 0 to 255.
        t_end: what comes later (ms) is left out; None: nothing is.
    Returns: data set of 24 units: sensor c has risen, sensor c has fallen (c + 12).
    Source: S. F. Müller-Cleve et al., "Braille letter reading: a benchmark for spatio-temporal pattern recognition on
        neuromorphic hardware", Frontiers in Neuroscience 16, 2022, doi:10.3389/fnins.2022.951164; CC BY 4.0.
    """
    check_int("test_takes", test_takes, 1)
    interval = check_number("interval", interval, "ms", low=0.0, exclusive=True)
    path = BRAILLE.base(folder) / "braille.npz"
    a = read_arrays(path, ("taxel", "offset", "label", "letters", "repetition"))
    n, edges = len(a["label"]), a["offset"]
    if a["taxel"].ndim != 2 or a["taxel"].dtype.kind not in "fiu" or not np.isfinite(a["taxel"]).all():
        raise ValueError(f"{str(path)!r} is corrupt: `taxel` must hold finite numbers (n_times, n_sensors)")
    if edges.shape != (n + 1,) or np.any(np.diff(edges) < 1) or edges[0] != 0 or edges[-1] != len(a["taxel"]):
        raise ValueError(f"{str(path)!r} is corrupt: `offset` does not divide the readings into {n} recordings")
    if a["repetition"].shape != (n,):
        raise ValueError(f"{str(path)!r} is corrupt: `repetition` has shape {a['repetition'].shape}, expected ({n},)")
    labels = check_labels(a["label"], n, len(a["letters"]), name=f"{path}: label")
    rows = None if t_end is None else max(1, int(check_number("t_end", t_end, "ms", low=0.0) / interval) + 1)
    signals = [a["taxel"][edges[i] : edges[i + 1]][:rows] for i in range(n)]
    events = level_crossing(signals, interval, step, t_end=t_end)
    held = a["repetition"] > a["repetition"].max() - test_takes
    if held.all():
        raise ValueError(f"braille: no recording is left for training with `test_takes` = {test_takes}")
    splits: dict[str, Any] = {
        part: Split(events[here], labels[here]) for part, here in (("train", ~held), ("test", held))
    }
    names = tuple(map(str, a["letters"]))
    return Dataset("braille", n_classes=len(names), n_units=events.n_units, class_names=names, **splits)
