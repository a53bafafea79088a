"""A user's own data set: event files with labels, named in YAML."""

import os
from pathlib import Path

from ngcsnn.data.argument_checks import check_int
from ngcsnn.data.datasets import Dataset, Split, register_dataset
from ngcsnn.data.event_files import load_grouped


@register_dataset("events")
def npz_dataset(
    *,
    train: str | os.PathLike[str],
    test: str | os.PathLike[str],
    validation: str | os.PathLike[str] | None = None,
    n_classes: int | None = None,
    folder: str | os.PathLike[str] = ".",
) -> Dataset:
    """Event files of your own, with labels: `load_dataset("events", {"train": "a.npz", "test": "b.npz"})`.

    Args:
        train, test, validation: files written by `save_events(path, events, labels, groups=...)`, of equal n_units.
            With groups, who a sample is from, one of them can be held out (`data.split`).
        n_classes: number of classes; None: the largest label of all files, plus one.
        folder: where relative paths start.
    Raises: FileNotFoundError; ValueError for a damaged file, one without labels, or labels out of range.
    """
    splits = {}
    for part, path in (("train", train), ("test", test), ("validation", validation)):
        if path is None:
            continue
        if not isinstance(path, str | os.PathLike):
            raise TypeError(f"`{part}` must be the path of an event file, got {path!r}")
        events, labels, groups = load_grouped(Path(folder) / path)
        if labels is None:
            raise ValueError(
                f"`{part}`: {str(path)!r} holds no labels; write them with `events.save(path, labels=...)`"
            )
        if not len(events):
            raise ValueError(f"`{part}`: {str(path)!r} holds no samples")
        splits[part] = Split(events, labels, groups)
    largest = max(int(split.labels.max()) for split in splits.values())
    n_classes = largest + 1 if n_classes is None else check_int("n_classes", n_classes, 1)
    return Dataset("events", n_classes=n_classes, n_units=splits["train"].events.n_units, **splits)
