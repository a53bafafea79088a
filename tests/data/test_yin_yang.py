"""Yin-Yang: equal to the published samples, its regions, its encoding."""

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest

from ngcsnn.data.yin_yang import encode_yin_yang, which_class, yin_yang, yin_yang_events

PUBLISHED = {"train": (5000, 42), "validation": (1000, 41), "test": (1000, 40)}
# sha256 of the published arrays' bytes (float64 samples, int64 labels; little-endian).
DIGESTS = {
    "train": (
        "f5a4054d56f2a058f8250fba7ff9720458e1625db7af78a295e45701745b2228",
        "534d12acda4f9dbc7208a99d3646115a4aa7d74ca31d6d23f822079a568559b7",
    ),
    "validation": (
        "5eac358bdf2122763dce3703a79f3005e56e46a4db25ec329a07333d0f7b8093",
        "5a4c2f605814a620f514c1091f10441ce562cd81e902ce701b3cf94ae7576f7d",
    ),
    "test": (
        "7bab3ed668ed4992679cff6339fe21bfe7d0c921ddc6187eaa3bc6ef34b888d7",
        "daa0f8f4e3b37b1ddec2afee22f09afb768f0e575f3f568e7469f1ebc6af73c1",
    ),
}


@pytest.mark.parametrize("part", PUBLISHED)
def test_first_samples_equal_the_published_ones(part):
    with open(Path(__file__).parent / "published_yin_yang.csv", newline="") as file:
        rows = [row for row in csv.DictReader(line for line in file if line[0] != "#") if row["set"] == part]
    ours = yin_yang(50, PUBLISHED[part][1])
    published = [[float(row[key]) for key in ("x", "y", "x_flipped", "y_flipped")] for row in rows]
    np.testing.assert_array_equal(ours.samples, published)  # to the bit
    np.testing.assert_array_equal(ours.labels, [int(row["label"]) for row in rows])


@pytest.mark.parametrize("part", PUBLISHED)
def test_all_samples_have_the_digest_of_the_published_ones(part):
    ours = yin_yang(*PUBLISHED[part])
    digests = tuple(hashlib.sha256(a.tobytes()).hexdigest() for a in (ours.samples, ours.labels.astype("<i8")))
    assert digests == DIGESTS[part]


@pytest.mark.parametrize("part", PUBLISHED)
def test_all_samples_equal_the_published_files(part, shared):
    folder = shared / "data" / "yin-yang"
    if not folder.is_dir():
        pytest.skip(f"needs the published samples; there is no folder {folder}")
    ours = yin_yang(*PUBLISHED[part])
    np.testing.assert_array_equal(ours.samples, np.load(folder / f"{part}_samples.npy"))
    np.testing.assert_array_equal(ours.labels, np.load(folder / f"{part}_labels.npy"))


def test_global_random_state_is_neither_read_nor_changed():
    np.random.seed(3)
    before = np.random.get_state()[1].copy()  # pyright: ignore[reportIndexIssue, reportAttributeAccessIssue, reportArgumentType]
    first = yin_yang(20, 1)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # pyright: ignore[reportIndexIssue, reportArgumentType]
    np.random.seed(4)
    np.testing.assert_array_equal(yin_yang(20, 1).samples, first.samples)
    assert not np.array_equal(yin_yang(20, 2).samples, first.samples)


def test_regions():
    x = np.array([0.25, 0.75, 0.25, 0.75, 0.5, 0.5, 0.01, 0.25])
    y = np.array([0.50, 0.50, 0.65, 0.35, 0.9, 0.1, 0.01, 0.35])
    np.testing.assert_array_equal(which_class(x, y), [2, 2, 1, 0, 1, 0, -1, 1])
    assert which_class(0.75, 0.65) == 0  # the right lobe reaches into the upper half
    assert which_class(np.nan, 0.5) == -1
    assert which_class(x[:, None], y).shape == (8, 8)
    assert which_class(0.5, 0.5).dtype == np.int32


def test_radii_matter_and_the_sign_is_symmetric():
    assert which_class(0.25, 0.65, r_small=0.2) == 2
    np.testing.assert_array_equal(
        which_class(np.array([2.5, 7.5]), np.array([6.5, 3.5]), r_small=1.0, r_big=5.0), [1, 0]
    )
    x, y = np.random.default_rng(0).random((2, 2000))
    here, turned = which_class(x, y), which_class(1 - x, 1 - y)  # half a turn swaps yin and yang
    np.testing.assert_array_equal(turned, np.array([1, 0, 2, -1])[here])


def test_labels_are_the_classes_of_the_samples_for_any_radii():
    for radii in ({}, {"r_small": 0.15}, {"r_small": 0.1, "r_big": 0.4}):
        points = yin_yang(300, 7, **radii)
        np.testing.assert_array_equal(which_class(points.samples[:, 0], points.samples[:, 1], **radii), points.labels)
        np.testing.assert_array_equal(points.samples[:, 2:], 1 - points.samples[:, :2])
        assert np.bincount(points.labels).min() > 70  # classes are balanced, not proportional to their areas


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0, 1), ValueError, "`size` must be an integer >= 1, got 0"),
        ((10.0, 1), TypeError, "`size` must be an integer"),
        ((10, -1), ValueError, "`seed` must be an integer from 0 to 4294967295, got -1"),
        ((10, None), TypeError, "`seed` must be an integer"),
        ((10, 1, 0.25), ValueError, "`r_small` must be from r_big / 100 to below r_big / 2"),
        ((10, 1, 1e-4), ValueError, "`r_small` must be from"),
        ((10, 1, 0.0), ValueError, "`r_small` must be a finite number > 0, got 0.0"),
        ((10, 1, 0.1, np.inf), ValueError, "`r_big` must be a finite number > 0, got inf"),
    ],
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        yin_yang(*arguments)


def test_encoding_is_bias_then_the_four_values():
    events = encode_yin_yang([[0.5, 0.25, 0.5, 0.75]])
    assert (events.n_units, events.t_end) == (5, 30.0)
    times = dict(zip(events.units.tolist(), events.times.tolist(), strict=True))
    assert times == pytest.approx({0: 2.0, 1: 12.4, 2: 7.2, 3: 12.4, 4: 17.6})
    # value (30 - 4) 0.8 + 2, as in the published comparisons with a trial of 30 ms
    samples = yin_yang(100, 0).samples
    expected = np.sort(np.pad(samples, ((0, 0), (1, 0))) * 26.0 * 0.8 + 2.0, axis=1)
    np.testing.assert_allclose(encode_yin_yang(samples).times.reshape(100, 5), expected, rtol=1e-14)


def test_encoding_times_are_options():
    events = encode_yin_yang([[0.0, 1.0, 1.0, 0.0]], t_early=1.0, t_late=5.0, t_end=None)
    np.testing.assert_array_equal(events.times, [1.0, 1.0, 1.0, 5.0, 5.0])
    np.testing.assert_array_equal(events.units, [0, 1, 4, 2, 3])
    assert events.t_end is None
    with pytest.raises(ValueError, match="lies after the end of the trial, `t_end` = 4 ms"):
        encode_yin_yang([[0.0, 1.0, 1.0, 0.0]], t_early=1.0, t_late=5.0, t_end=4.0)
    with pytest.raises(ValueError, match=r"shape \(size, 4\)"):
        encode_yin_yang([[0.0, 1.0]])


def test_events_are_the_encoded_samples():
    events, labels = yin_yang_events(30, 5, t_late=20.0, r_small=0.12)
    points = yin_yang(30, 5, r_small=0.12)
    assert events == encode_yin_yang(points.samples, t_late=20.0)
    np.testing.assert_array_equal(labels, points.labels)
