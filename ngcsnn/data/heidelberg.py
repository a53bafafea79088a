"""The Heidelberg data sets: digits (SHD) and commands (SSC) spoken into a model of the inner ear, 700 channels."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ngcsnn.data.argument_checks import check_int
from ngcsnn.data.datasets import Dataset, Split, register_dataset
from ngcsnn.data.downloads import RemoteFile
from ngcsnn.data.event_transforms import shaped
from ngcsnn.data.events import EventData
from ngcsnn.data.published import Published
from ngcsnn.data.spiking_hdf5 import read_spiking_hdf5

CHANNELS = 700
MIRRORS = ("https://zenkelab.org/datasets/", "https://compneuro.net/datasets/")
HOME = "https://zenkelab.org/resources/spiking-heidelberg-datasets-shd/"
SHD = Published(
    "shd",
    (
        RemoteFile("shd_train.h5.zip", md5="f3252aeb598ac776c1b526422d90eecb"),
        RemoteFile("shd_test.h5.zip", md5="1503a5064faa34311c398fb0a1ed0a6f"),
    ),
    MIRRORS,
    HOME,
)
SSC = Published(
    "ssc",
    (
        RemoteFile("ssc_train.h5.zip", md5="d102be95e7144fcc0553d1f45ba94170"),
        RemoteFile("ssc_valid.h5.zip", md5="b4eee3516a4a90dd0c71a6ac23a8ae43"),
        RemoteFile("ssc_test.h5.zip", md5="a35ff1e9cffdd02a20eb850c17c37748"),
    ),
    MIRRORS,
    HOME,
)


@register_dataset("shd", SHD)
def shd_dataset(
    *,
    folder: str | os.PathLike[str] | None = None,
    train: int | None = None,
    test: int | None = None,
    t_end: float | None = None,
    rescale_time: float = 1.0,
    rescale_units: float = 1.0,
    bin: float | None = None,
    bin_least: int = 1,
) -> Dataset:
    """Spiking Heidelberg digits: `load_dataset("shd", {"t_end": 1000.0})`; digits in English and German, 20 classes.

    `groups` are the speakers. There is no validation split: hold a speaker out (`data.split`).

    Args:
        folder: where shd_train.h5 and shd_test.h5 lie, as they are, .gz or .zip; None: the cache, into which they are
            fetched.
        train, test: numbers of samples, the first of each file; None: all.
        t_end: length of a trial in ms, later events are left out; None: nothing is.
        rescale_time, rescale_units, bin, bin_least: see `shaped`.
    Returns: data set of 700 (times `rescale_units`) units. Needs `ngcsnn[data]`.
    Source: Cramer et al. 2022, doi:10.1109/TNNLS.2020.3044364.
    """
    wanted = {"train": ("shd_train.h5", train), "test": ("shd_test.h5", test)}
    return _dataset("shd", SHD, folder, 20, wanted, t_end, rescale_time, rescale_units, bin, bin_least)


@register_dataset("ssc", SSC)
def ssc_dataset(
    *,
    folder: str | os.PathLike[str] | None = None,
    train: int | None = None,
    test: int | None = None,
    validation: int | None = None,
    t_end: float | None = None,
    rescale_time: float = 1.0,
    rescale_units: float = 1.0,
    bin: float | None = None,
    bin_least: int = 1,
) -> Dataset:
    """Spiking speech commands: `load_dataset("ssc", {"t_end": 1000.0})`; 35 classes, with a validation split.

    Args:
        folder: where ssc_train.h5, ssc_valid.h5 and ssc_test.h5 lie, as they are, .gz or .zip; None: the cache, into
            which they are fetched.
        train, test, validation: numbers of samples, the first of each file; None: all. 0 leaves validation out.
        t_end, rescale_time, rescale_units, bin, bin_least: as for SHD.
    Returns: data set of 700 (times `rescale_units`) units. Needs `ngcsnn[data]`.
    Source: Cramer et al. 2022, doi:10.1109/TNNLS.2020.3044364.
    """
    wanted = {"train": ("ssc_train.h5", train), "test": ("ssc_test.h5", test)}
    if validation != 0:
        wanted["validation"] = ("ssc_valid.h5", validation)
    return _dataset("ssc", SSC, folder, 35, wanted, t_end, rescale_time, rescale_units, bin, bin_least)


def _dataset(
    name: str,
    published: Published,
    folder: str | os.PathLike[str] | None,
    n_classes: int,
    wanted: dict[str, tuple[str, int | None]],
    t_end: float | None,
    rescale_time: float,
    rescale_units: float,
    bin: float | None,
    bin_least: int,
) -> Dataset:
    def shape(events: EventData) -> EventData:
        return shaped(events, rescale_time, rescale_units, t_end, bin, bin_least)

    shape(EventData.from_lists([], CHANNELS))  # a bad argument is told before anything is fetched or read
    base = published.base(folder, *(file for file, _ in wanted.values()))  # what lacks is fetched before any is read
    splits: dict[str, Any] = {}
    names: tuple[str, ...] | None = None
    for part, (file, size) in wanted.items():
        size = None if size is None else check_int(part, size, 1)
        read = read_spiking_hdf5(published.file(base, file), CHANNELS, size, shape)
        splits[part] = Split(read.events, read.labels.astype(np.int32), read.groups)
        names = read.class_names if part == "train" else names
    n_units = splits["train"].events.n_units
    if names is not None and len(names) != n_classes:
        names = None
    return Dataset(name, n_classes=n_classes, n_units=n_units, class_names=names, **splits)
