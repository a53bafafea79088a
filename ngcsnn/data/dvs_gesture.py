"""DVS128 Gesture: 11 gestures of 29 people before an event camera of 128 x 128 pixels."""

from __future__ import annotations

import csv
import os
import re
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ngcsnn.data.aedat import read_aedat
from ngcsnn.data.argument_checks import check_int
from ngcsnn.data.datasets import Dataset, Split, register_dataset
from ngcsnn.data.downloads import RemoteFile
from ngcsnn.data.dvs_clips import STEMS, clips, has_clips
from ngcsnn.data.event_transforms import shaped
from ngcsnn.data.events import EventData
from ngcsnn.data.pixel_events import PixelGrid, Polarity
from ngcsnn.data.published import Published, unpacking

SIDE = 128
_FIGSHARE = "https://ndownloader.figshare.com/files"
DVS_GESTURE = Published(
    "dvs_gesture",
    (
        RemoteFile("ibmGestureTrain.tar.gz", md5="3a8f0d4120a166bac7591f77409cb105", address=f"{_FIGSHARE}/38022171"),
        RemoteFile("ibmGestureTest.tar.gz", md5="56070e45dadaa85fff82e0fbfbc06de5", address=f"{_FIGSHARE}/38020584"),
    ),
    ("https://zenodo.org/records/8060604/files/",),
    home="https://ibm.ent.box.com/s/3hiq58ww1pbbjrinh367ykfdf60xsfm8/folder/50167556794",
    by_hand="these are the gestures as tonic's authors cut them out; whole recordings are in DvsGesture.tar.gz (md5 "
    "8a5c71fb11e24e5ca5b11866ca6c00a1), which IBM gives to a browser only: put it into the folder in their place",
    instead=("DvsGesture", "DvsGesture.tar.gz", "trials_to_train.txt"),
)
GESTURES = (
    "hand_clapping", "right_hand_wave", "left_hand_wave", "right_arm_clockwise", "right_arm_counter_clockwise",
    "left_arm_clockwise", "left_arm_counter_clockwise", "arm_roll", "air_drums", "air_guitar", "other_gestures",
)  # fmt: skip
LABEL_COLUMNS = ["class", "startTime_usec", "endTime_usec"]


@register_dataset("dvs_gesture", DVS_GESTURE)
def dvs_gesture_dataset(
    *,
    folder: str | os.PathLike[str] | None = None,
    train: int | None = None,
    test: int | None = None,
    classes: int = 11,
    polarity: Polarity = "both",
    downsample: int = 4,
    crop: Sequence[int] | None = None,
    t_end: float | None = 1500.0,
    rescale_time: float = 1.0,
    bin: float | None = 1.0,
    bin_least: int = 1,
) -> Dataset:
    """DVS128 Gesture: `load_dataset("dvs_gesture", {"folder": "...", "t_end": 1500.0})`; `groups` are the people.

    Each labelled interval of a recording is a sample, its time counted from the interval's start, or in the files that
    can be fetched from its first event.

    Args:
        folder: where trials_to_train.txt, trials_to_test.txt, the recordings .aedat and their _labels.csv lie, or
            DvsGesture.tar.gz, which is unpacked there; or the gestures cut out, ibmGestureTrain.tar.gz and
            ibmGestureTest.tar.gz or folders of these names. None: the cache, into which the latter are fetched.
        train, test: numbers of recordings (files), the first of each list; None: all.
        classes: 11, or 10 without "other_gestures".
        polarity, crop, downsample: see `PixelGrid`; by default 4 x 4 pixels are one, 2048 units.
        t_end: the part of a gesture that is kept, ms from its start; None: all of it, some 6 s.
        rescale_time, bin, bin_least: see `shaped`; by default a unit has one event a ms at most.
    Returns: data set of 2048 units (by default).
    Source: A. Amir et al., "A low power, fully event-based gesture recognition system", CVPR 2017; CC BY 4.0.
    """
    if classes not in (10, 11):
        raise ValueError(f"`classes` must be 10 or 11, got {classes!r}")
    grid = PixelGrid(SIDE, SIDE, polarity, crop, downsample)
    sizes = {part: None if n is None else check_int(part, n, 1) for part, n in (("train", train), ("test", test))}
    shaped(EventData.from_lists([], grid.n_units), rescale_time, 1.0, t_end, bin, bin_least)  # a bad argument at once
    base, splits = DVS_GESTURE.base(folder), {}
    if has_clips(base) and not any((base / name).exists() for name in DVS_GESTURE.instead):
        for part, size in sizes.items():
            splits[part] = _from_clips(base, part, size, grid, classes, (rescale_time, 1.0, t_end, bin, bin_least))
        return Dataset("dvs_gesture", n_classes=classes, n_units=grid.n_units, class_names=GESTURES[:classes], **splits)
    base = _recordings(base)
    for part, size in sizes.items():
        names = _listed(base / f"trials_to_{part}.txt", size)
        parts, labels, people = [], [], []
        for name in names:
            lists, found = _samples(base / name, grid, classes)
            if lists:  # shaped file by file: the events of a whole recording are many
                cut = EventData.from_lists(lists, grid.n_units, sort=True)
                parts.append(shaped(cut, rescale_time, 1.0, t_end, bin, bin_least))
            labels += found
            people += [_person(name)] * len(found)
        if not parts:
            raise ValueError(f"{str(base)!r}: the recordings in trials_to_{part}.txt hold no gesture")
        splits[part] = Split(EventData.concatenate(parts), np.array(labels, np.int32), np.array(people))
    return Dataset("dvs_gesture", n_classes=classes, n_units=grid.n_units, class_names=GESTURES[:classes], **splits)


def _from_clips(base: Path, part: str, size: int | None, grid: PixelGrid, classes: int, how: tuple[Any, ...]) -> Split:
    """A split of gestures that were cut out already, by recording and class."""
    found: dict[tuple[str, int], EventData] = {}
    for clip in clips(base, part, size):
        if clip.label >= len(GESTURES):
            raise ValueError(f"dvs_gesture: {clip.recording}/{clip.label}.npy is of no class from 0 to 10")
        if clip.label < classes:
            try:
                unit, keep = grid.units(clip.x, clip.y, clip.on)
            except ValueError as error:
                raise ValueError(f"{clip.recording}/{clip.label}.npy is corrupt: {error}") from error
            cut = EventData.from_lists([(clip.time[keep], unit[keep])], grid.n_units, sort=True)
            found[clip.recording, clip.label] = shaped(cut, *how)
    if not found:
        raise ValueError(f"{str(base)!r}: {STEMS[part]} holds no gesture")
    keys = sorted(found)
    people = np.array([_person(recording) for recording, _ in keys])
    return Split(EventData.concatenate([found[k] for k in keys]), np.array([k for _, k in keys], np.int32), people)


def _samples(path: Path, grid: PixelGrid, classes: int) -> tuple[list[tuple[np.ndarray, np.ndarray]], list[int]]:
    """(times in ms and units of each labelled interval, its class from 0) of one recording."""
    intervals = _intervals(path.with_name(f"{path.stem}_labels.csv"))
    events = read_aedat(path)
    try:
        unit, keep = grid.units(events.x, events.y, events.on)
    except ValueError as error:
        raise ValueError(f"{str(path)!r} is corrupt: {error}") from error
    lists, labels = [], []
    for label, start, end in intervals:
        if label <= classes:
            here = keep & (events.t >= start) & (events.t <= end)
            lists.append(((events.t[here] - start) / 1000.0, unit[here]))
            labels.append(label - 1)
    return lists, labels


def _intervals(path: Path) -> list[tuple[int, int, int]]:
    """(class from 1, start, end in us) of each line of a file of labels."""
    if not path.is_file():
        raise FileNotFoundError(f"dvs_gesture: there is no file of labels {str(path)!r}")
    try:
        with open(path, newline="", encoding="ascii") as file:
            rows = [row for row in csv.reader(file) if row]
        if not rows or [name.strip() for name in rows[0]] != LABEL_COLUMNS:
            raise ValueError(f"its first line is {rows[0] if rows else ''!r}")
        found = [(int(label), int(start), int(end)) for label, start, end in rows[1:]]
    except (ValueError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{str(path)!r} holds no lines {','.join(LABEL_COLUMNS)} of whole numbers: {error}") from error
    for row in found:
        if not 1 <= row[0] <= len(GESTURES) or not 0 <= row[1] <= row[2]:
            raise ValueError(f"{str(path)!r} is corrupt: class {row[0]} from {row[1]} to {row[2]} us")
    return found


def _listed(path: Path, n: int | None) -> list[str]:
    """The names of recordings in a list."""
    if not path.is_file():
        raise FileNotFoundError(f"dvs_gesture: there is no list {str(path)!r}")
    names = [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    for name in names:
        if not re.fullmatch(r"[\w.-]+\.aedat", name):
            raise ValueError(f"{str(path)!r} is corrupt: {name!r} is no name of a recording")
    if n is not None and n > len(names):
        raise ValueError(f"{str(path)!r} lists {len(names)} recordings, {n} are asked for")
    return names[:n]


def _person(name: str) -> str:
    """The part of a recording's name that says who it is, such as user01 of user01_lab.aedat."""
    return name.partition("_")[0]


def _recordings(base: Path) -> Path:
    """The folder with the lists, which an archive is unpacked into if need be."""
    for folder in (base, base / "DvsGesture"):
        if (folder / "trials_to_train.txt").is_file():
            return folder
    archive = base / "DvsGesture.tar.gz"
    if not archive.is_file():
        raise FileNotFoundError(
            f"dvs_gesture: {str(base)!r} holds neither trials_to_train.txt nor DvsGesture.tar.gz, nor the gestures cut "
            f"out, ibmGestureTrain and ibmGestureTest: {DVS_GESTURE.by_hand}"
        )
    with unpacking(archive), tarfile.open(archive) as box:
        box.extractall(base, filter="data")
    if not (base / "DvsGesture" / "trials_to_train.txt").is_file():
        raise ValueError(f"{str(archive)!r} holds no DvsGesture/trials_to_train.txt")
    return base / "DvsGesture"
