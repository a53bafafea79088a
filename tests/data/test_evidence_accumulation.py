"""Evidence accumulation: when which population fires, labels, options, errors."""

from __future__ import annotations

import numpy as np
import pytest

from ngcsnn.data import evidence_accumulation, load_dataset

SURE = {"rate": 1000.0, "noise_rate": 0.0, "n_units": 4}  # every active unit fires in every step


def test_cues_delay_and_recall_come_when_they_should():
    trials = evidence_accumulation(5, 0, **SURE)
    spikes = trials.events.to_dense(2250, 1.0)
    assert trials.events.t_end == 2250.0
    for trial in range(5):
        want = np.zeros((2250, 4))
        for i, side in enumerate(trials.cues[trial]):
            want[150 * i + 50 : 150 * (i + 1), side] = 1
        want[2100:, 2] = 1
        np.testing.assert_array_equal(spikes[trial], want)


def test_the_label_is_the_side_with_more_cues():
    trials = evidence_accumulation(400, 1, rate=1.0, noise_rate=1.0, n_units=4)
    np.testing.assert_array_equal(trials.labels, trials.cues.sum(axis=1) > 3)
    assert trials.labels.dtype == np.int32
    assert 0.4 < trials.labels.mean() < 0.6
    more = np.where(trials.labels == 1, trials.cues.sum(axis=1), 7 - trials.cues.sum(axis=1))
    assert abs(more.mean() - 5.04) < 0.15  # max(k, 7 - k) for k cues of chance 0.7
    assert np.all(evidence_accumulation(50, 1, p_minority=0.0, **SURE).cues.std(axis=1) == 0)


def test_rates():
    events = evidence_accumulation(20, 2).events
    spikes = events.to_dense(2250, 1.0).reshape(20, 2250, 4, 10).mean(axis=(0, 3))
    assert abs(spikes[:, 3].mean() - 0.010) < 0.001
    assert abs(spikes[2100:, 2].mean() - 0.040) < 0.006 and not spikes[:2100, 2].any()
    assert abs(spikes[:1050, :2].sum() / 700 - 0.040) < 0.004


def test_a_random_delay_keeps_the_end_and_moves_the_cues():
    trials = evidence_accumulation(30, 3, n_cues=3, delay=(500.0, 1500.0), **SURE)
    spikes = trials.events.to_dense(2100, 1.0)
    last = 2100 - 150
    gaps = last - 1 - np.array([np.nonzero(s[:, :2].any(axis=1))[0].max() for s in spikes])
    assert gaps.min() >= 499 and gaps.max() <= 1501 and np.ptp(gaps) > 500
    assert np.all(spikes[:, last:, 2] == 1) and np.all(spikes[:, :, :2].sum(axis=(1, 2)) == 300)


def test_steps_of_another_length():
    trials = evidence_accumulation(2, 0, dt=0.5, **{**SURE, "rate": 2000.0})
    spikes = trials.events.to_dense(4500, 0.5)
    assert np.all(spikes[:, 4200:, 2] == 1) and spikes[:, :, :2].sum() == 2 * 7 * 200


def test_by_name_and_splits_differ():
    data = load_dataset("evidence_accumulation", {"train": 6, "test": 5, "validation": 4, "seed": 7})
    assert (data.n_classes, data.n_units, data.class_names) == (2, 40, ("left", "right"))
    assert data.validation is not None
    assert [len(s.labels) for s in (data.train, data.test, data.validation)] == [6, 5, 4]
    assert data.train.events == evidence_accumulation(6, 21).events
    assert data.train.events[:4] != data.validation.events != data.test.events[:4]
    assert load_dataset("evidence_accumulation", {"train": 2, "test": 1}).validation is None


def test_every_option_acts():
    base = load_dataset("evidence_accumulation", {"train": 3, "test": 1}).train.events
    for option in (
        {"seed": 1},
        {"n_cues": 5},
        {"cue": 90.0},
        {"spacing": 40.0},
        {"delay": 900.0},
        {"delay": [500.0, 1050.0]},
        {"recall": 100.0},
        {"rate": 20.0},
        {"noise_rate": 5.0},
        {"n_units": 8},
        {"p_minority": 0.0},
        {"dt": 0.5},
    ):
        assert load_dataset("evidence_accumulation", {"train": 3, "test": 1, **option}).train.events != base


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_cues": 4}, "`n_cues` must be odd, so that one side has more cues, got 4"),
        ({"n_units": 6}, "`n_units` must be a multiple of 4"),
        ({"delay": (3.0, 2.0)}, r"`delay` must be \(shortest, longest\), got \(3, 2\) ms"),
        ({"delay": (3.0,)}, "`delay` must be a time in ms or a pair"),
        ({"cue": 0.0}, "`cue` must be a finite number > 0 ms"),
        ({"p_minority": 0.6}, "`p_minority` must be from 0 to 0.5, got 0.6"),
        ({"rate": 1500.0}, "must be at most 1 / dt = 1000 Hz"),
    ],
    ids=str,
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        evidence_accumulation(2, 0, **options)
