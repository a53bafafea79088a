"""Data sets by name, as YAML gives them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ngcsnn.data.argument_checks import closest
from ngcsnn.data.labels import check_labels
from ngcsnn.data.published import Published
from ngcsnn.data.sample_index import sample_index
from ngcsnn.data.trial_data import TrialData


class DatasetOptionError(ValueError):
    """An unknown or missing name in a data set's description; `option` is the key at fault."""

    def __init__(self, message: str, option: str = ""):
        super().__init__(message)
        self.option = option


class Split(NamedTuple):
    """Inputs (an `EventData`, `LatencyCode`, ...) and labels (n_samples,) int32 of one part of a data set.

    Where the data set has no classes, `labels` are the values or trajectories that an output should have, float64
    (n_samples, n) or (n_samples, n_steps, n). `groups` (n_samples,) says who each sample is from (a speaker, a person),
    where that is known.
    """

    events: TrialData
    labels: np.ndarray
    groups: np.ndarray | None = None

    def select(self, samples: Any) -> Split:
        """Return the given samples, in the given order: an int, a slice, an array of ints or a bool mask."""
        index = sample_index(samples, len(self.labels))
        groups = None if self.groups is None else self.groups[index]
        return Split(self.events[index], self.labels[index], groups)


class Dataset(NamedTuple):
    """A data set for classification, or for regression where `n_classes` is None.

    `raw` holds the inputs before encoding for pictures, {"train": (n_samples, ...), ...}; `encode` turns such inputs
    into events exactly as was done for the data set. Both are None where they make no sense.
    """

    name: str
    train: Split
    test: Split
    n_classes: int | None
    n_units: int
    validation: Split | None = None
    class_names: tuple[str, ...] | None = None
    raw: Mapping[str, np.ndarray] | None = None
    encode: Callable[[np.ndarray], TrialData] | None = None


Loader = TypeVar("Loader", bound=Callable[..., Dataset])
_LOADERS: dict[str, Callable[..., Dataset]] = {}
_PUBLISHED: dict[str, Published] = {}


def register_dataset(name: str, published: Published | None = None) -> Callable[[Loader], Loader]:
    """Make a function known as the loader of data set `name`; its keyword arguments are the options of the data set.

    published: where its files come from, for data sets that are files.

    Used as a decorator: `@register_dataset("mine")` above `def mine(*, train: int = 100) -> Dataset`.
    """

    def register(loader: Loader) -> Loader:
        for parameter in inspect.signature(loader).parameters.values():
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
                raise TypeError(f"data set `{name}`: the loader must name every option, got `{parameter}`")
        known = _LOADERS.get(name)
        # The same function again is a module that was reloaded.
        if known is not None and (known.__module__, known.__qualname__) != (loader.__module__, loader.__qualname__):
            raise ValueError(f"data set `{name}` is registered already, by {known.__module__}.{known.__qualname__}")
        _LOADERS[name] = loader
        if published is not None:
            _PUBLISHED[name] = published
        return loader

    return register


def dataset_names() -> tuple[str, ...]:
    """Return the names of all registered data sets, sorted."""
    return tuple(sorted(_LOADERS))


def published_files(name: str) -> Published | None:
    """Return where the files of a data set come from; None where it needs none, or only the user's own."""
    dataset_options(name)
    return _PUBLISHED.get(name)


def dataset_options(name: str) -> dict[str, Any]:
    """Return the options of a data set with their defaults; one without default has `inspect.Parameter.empty`."""
    if name not in _LOADERS:
        raise DatasetOptionError(
            f"unknown data set `{name}`{closest(str(name), _LOADERS)}. Known: {', '.join(dataset_names())}", str(name)
        )
    return {key: p.default for key, p in inspect.signature(_LOADERS[name]).parameters.items()}


def load_dataset(name: str, options: Mapping[str, Any] | None = None) -> Dataset:
    """Load a registered data set and check its labels.

    Args:
        name: such as "yin_yang"; `dataset_names()` lists them.
        options: as in YAML, such as {"train": 5000, "seed": 42}; what is left out takes its default.
    Raises: DatasetOptionError (a ValueError) for an unknown name or option, with the closest valid one, and for an
        option that is missing; ValueError or TypeError for a bad value.
    """
    known = dataset_options(name)
    if options is not None and not isinstance(options, Mapping):
        raise TypeError(f"data set `{name}`: options must be a mapping of names to values, got {options!r}")
    given = dict(options or {})
    for key in given:
        if key not in known:
            raise DatasetOptionError(
                f"data set `{name}`: unknown option `{key}`{closest(str(key), known)}. Known: {', '.join(known)}",
                str(key),
            )
    for key, default in known.items():
        if default is inspect.Parameter.empty and key not in given:
            raise DatasetOptionError(f"data set `{name}`: option `{key}` is missing", key)
    return _checked(_LOADERS[name](**given))


def _checked(data: Dataset) -> Dataset:
    """Return the data set with labels as int32, or raise if a split does not fit."""
    checked = {}
    for part in ("train", "test", "validation"):
        split = getattr(data, part)
        if split is None:
            continue
        if split.events.n_units != data.n_units:
            raise ValueError(
                f"data set `{data.name}`: {part} has n_units = {split.events.n_units}, expected {data.n_units}"
            )
        check = _checked_values if data.n_classes is None else partial(check_labels, n_classes=data.n_classes)
        labels = check(split.labels, len(split.events), name=f"{data.name}.{part}.labels")
        if split.groups is not None and len(split.groups) != len(labels):
            raise ValueError(f"data set `{data.name}`: {part} has {len(split.groups)} groups for {len(labels)} samples")
        checked[part] = Split(split.events, labels, split.groups)
    return data._replace(**checked)


def _checked_values(values: np.ndarray, n_samples: int, name: str) -> np.ndarray:
    """Return the targets of a regression as float64, or raise."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"`{name}` must hold real numbers, got dtype {array.dtype}")
    if array.ndim not in (2, 3) or len(array) != n_samples:
        raise ValueError(f"`{name}` must have shape ({n_samples}, n) or ({n_samples}, n_steps, n), got {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"`{name}`{np.argwhere(~np.isfinite(array))[0].tolist()} is not finite")
    return array.astype(np.float64)
