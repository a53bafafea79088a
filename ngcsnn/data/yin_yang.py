"""The Yin-Yang data set: points in a yin-yang sign, three classes that no linear map of the inputs can tell apart.

L. Kriener, J. Goeltz, M. A. Petrovici, "The Yin-Yang dataset", NICE 2022, doi:10.1145/3517343.3517380.
"""

from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.data.argument_checks import check_int, check_number
from ngcsnn.data.datasets import Dataset, Split, register_dataset
from ngcsnn.data.encoding import latency
from ngcsnn.data.events import EventData

YIN_YANG_CLASSES = ("yin", "yang", "dot")


class YinYangSamples(NamedTuple):
    """Points (size, 4) as x, y, 1 - x, 1 - y, and their classes (size,) int32: 0 yin, 1 yang, 2 dot."""

    samples: np.ndarray
    labels: np.ndarray


def which_class(x: ArrayLike, y: ArrayLike, r_small: float = 0.1, r_big: float = 0.5) -> np.ndarray:
    """Return the class of points: 0 yin, 1 yang, 2 dot, -1 outside the sign.

    The sign is a disc of radius R = r_big around (R, R); the dots are discs of radius r = r_small around (1.5 R, R)
    and (R / 2, R). With d_right and d_left the distances to these two centres, a point in no dot has class 1 if
    r < d_left <= R / 2, or if y > R and d_right > R / 2 (the upper half with the left lobe), else class 0. Numbers
    and names are those of the published data (its code calls the test for class 1 `is_yin`).

    Args:
        x, y: coordinates from 0 to 2 r_big, any shapes that broadcast.
        r_small, r_big: radius of the dots and of the sign.
    Returns: int32 array of the broadcast shape.
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    d_right = np.sqrt((x - 1.5 * r_big) ** 2 + (y - r_big) ** 2)
    d_left = np.sqrt((x - 0.5 * r_big) ** 2 + (y - r_big) ** 2)
    inside = np.sqrt((x - r_big) ** 2 + (y - r_big) ** 2) <= r_big
    dot = (d_right < r_small) | (d_left < r_small)
    # The first term differs from `dot` only where d_right == r_small exactly.
    upper = (
        (d_right <= r_small) | ((d_left > r_small) & (d_left <= 0.5 * r_big)) | ((y > r_big) & (d_right > 0.5 * r_big))
    )
    return np.where(inside, np.where(dot, 2, upper), -1).astype(np.int32)


def yin_yang(size: int, seed: int, r_small: float = 0.1, r_big: float = 0.5) -> YinYangSamples:
    """Draw Yin-Yang points as published: the same seed gives the published samples, to the bit.

    For each sample a class is drawn, then points in the square until one falls into that class. The published sets
    are train (size 5000, seed 42), validation (1000, 41) and test (1000, 40).

    Args:
        size: number of samples.
        seed: seed of the generator, 0 to 2**32 - 1. A shorter set is the start of a longer one of the same seed.
        r_small: radius of the dots, from r_big / 100 (fewer points hit them: time grows as 1 / r_small^2) to r_big / 2.
        r_big: radius of the sign.
    Returns: samples (size, 4) float64 and labels (size,) int32.
    """
    size, seed = check_int("size", size, 1), check_int("seed", seed, 0, 2**32 - 1)
    r_big = check_number("r_big", r_big, low=0.0, exclusive=True)
    r_small = check_number("r_small", r_small, low=0.0, exclusive=True)
    if not r_big / 100 <= r_small < r_big / 2:
        raise ValueError(f"`r_small` must be from r_big / 100 to below r_big / 2 (r_big = {r_big:g}), got {r_small:g}")
    rng = np.random.RandomState(seed)
    points, labels = np.empty((size, 2)), np.empty(size, np.int32)
    # One by one: how many numbers a sample takes from the generator depends on the points themselves.
    for i in range(size):
        goal = rng.randint(3)
        found = -1
        while found != goal:
            point = rng.rand(2) * 2.0 * r_big
            found = which_class(point[0], point[1], r_small, r_big)
        points[i], labels[i] = point, found
    return YinYangSamples(np.concatenate([points, 1.0 - points], axis=1), labels)


def encode_yin_yang(
    samples: ArrayLike, t_early: float = 2.0, t_late: float = 22.8, t_end: float | None = 30.0
) -> EventData:
    """Encode points as one spike per input at its exact time, after a bias spike.

    t = t_early + value (t_late - t_early). Unit 0 is the bias, at t_early; units 1 to 4 are x, y, 1 - x, 1 - y.
    The default times are t = 2 + 0.8 (30 - 4) value ms, for a trial of 30 ms.

    Args:
        samples: values from 0 to 1, (size, 4).
        t_early, t_late: times of the values 0 and 1 in ms.
        t_end: length of the trial in ms, or None.
    Returns: events of 5 units, 5 per sample.
    """
    samples = np.asarray(samples, np.float64)
    if samples.ndim != 2 or samples.shape[1] != 4:
        raise ValueError(f"`samples` must have shape (size, 4) as x, y, 1 - x, 1 - y, got {samples.shape}")
    return latency(np.pad(samples, ((0, 0), (1, 0))), t_early, t_late, t_end=t_end)


def yin_yang_events(
    size: int,
    seed: int,
    t_early: float = 2.0,
    t_late: float = 22.8,
    t_end: float | None = 30.0,
    r_small: float = 0.1,
    r_big: float = 0.5,
) -> tuple[EventData, np.ndarray]:
    """Draw Yin-Yang points and encode them: `yin_yang`, then `encode_yin_yang`, with their arguments.

    Returns: events of 5 units (bias, x, y, 1 - x, 1 - y) and labels (size,) int32.
    """
    points = yin_yang(size, seed, r_small, r_big)
    return encode_yin_yang(points.samples, t_early, t_late, t_end), points.labels


@register_dataset("yin_yang")
def yin_yang_dataset(
    *,
    train: int = 5000,
    test: int = 1000,
    validation: int = 0,
    seed: int = 42,
    test_seed: int = 40,
    validation_seed: int = 41,
    r_small: float = 0.1,
    r_big: float = 0.5,
    t_early: float = 2.0,
    t_late: float = 22.8,
    t_end: float | None = 30.0,
) -> Dataset:
    """Yin-Yang, points of three classes, with the published seeds: `load_dataset("yin_yang", {"train": 5000})`.

    Args:
        train, test, validation: numbers of samples; validation 0 leaves that split out.
        seed, test_seed, validation_seed: seeds of the splits; they must differ.
        r_small, r_big: radii, see `yin_yang`.
        t_early, t_late, t_end: times in ms, see `encode_yin_yang`.
    Returns: data set of 5 units and 3 classes; `raw` holds the points (size, 4).
    """
    encode = partial(encode_yin_yang, t_early=t_early, t_late=t_late, t_end=t_end)
    plan = [
        ("train", check_int("train", train, 1), "seed", seed),
        ("test", check_int("test", test, 1), "test_seed", test_seed),
    ]
    if check_int("validation", validation, 0):
        plan.append(("validation", validation, "validation_seed", validation_seed))
    owner: dict[int, str] = {}
    for _, _, option, value in plan:
        other = owner.setdefault(check_int(option, value, 0, 2**32 - 1), option)
        if other != option:  # equal seeds draw equal points
            raise ValueError(f"`{other}` and `{option}` are both {value}: the two splits would share their samples")
    raw, splits = {}, {}
    for part, size, _, value in plan:
        points = yin_yang(size, value, r_small, r_big)
        raw[part], splits[part] = points.samples, Split(encode(points.samples), points.labels)
    return Dataset("yin_yang", n_classes=3, n_units=5, class_names=YIN_YANG_CLASSES, raw=raw, encode=encode, **splits)
