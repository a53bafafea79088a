"""Splits by class, by speaker and by seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ngcsnn.data import Dataset, DatasetOptionError, EventData, Split, Splitting, balanced, leave_one_out, stratified

LABELS = np.repeat([0, 1, 2], [40, 20, 7])


def made(labels: np.ndarray = LABELS, groups: Any = True) -> Dataset:
    """Sample i has its only event at (i + 1) ms."""

    def split(labels: np.ndarray) -> Split:
        events = EventData.from_lists([([i + 1.0], [0]) for i in range(len(labels))], 2)
        return Split(
            events,
            labels.astype(np.int32),
            np.array(["ann", "bob", "cy"])[np.arange(len(labels)) % 3] if groups else None,
        )

    raw = {"train": np.arange(len(labels)), "test": np.arange(len(labels[::9]))}
    return Dataset("made", split(labels), split(labels[::9]), 3, 2, class_names=("a", "b", "c"), raw=raw)


def test_every_class_gives_the_same_share() -> None:
    train, held = stratified(LABELS, 0.25, 3)
    assert np.bincount(LABELS[held]).tolist() == [10, 5, 2] and len(held) == round(0.25 * 67)
    assert np.array_equal(np.sort(np.concatenate([train, held])), np.arange(67))
    assert np.array_equal(stratified(LABELS, 0.25, 3)[1], held)
    assert not np.array_equal(stratified(LABELS, 0.25, 4)[1], held)
    with pytest.raises(ValueError, match="leaves a part empty"):
        stratified(LABELS, 0.001, 0)
    with pytest.raises(ValueError, match="leaves a part empty"):
        stratified(LABELS, 1.0, 0)


def test_rounding_is_shared_out() -> None:
    labels = np.repeat(np.arange(10), 3)
    held = stratified(labels, 0.5, 0)[1]
    assert len(held) == 15 and set(np.bincount(labels[held])) == {1, 2}


def test_each_group_is_left_out_once() -> None:
    groups = np.array(["b", "a", "b", "c", "a"])
    folds = list(leave_one_out(groups))
    assert [f.group for f in folds] == ["a", "b", "c"]
    assert [f.held.tolist() for f in folds] == [[1, 4], [0, 2], [3]]
    assert all(np.array_equal(np.sort(np.concatenate([f.train, f.held])), np.arange(5)) for f in folds)
    with pytest.raises(ValueError, match="needs two groups"):
        leave_one_out(["a", "a"])
    with pytest.raises(ValueError, match="have no groups"):
        leave_one_out(None)


def test_balance() -> None:
    chosen = balanced(LABELS, 0)
    assert np.bincount(LABELS[chosen]).tolist() == [7, 7, 7] and np.all(np.diff(chosen) > 0)
    assert not np.array_equal(chosen, balanced(LABELS, 1))


def test_a_data_set_is_split_as_asked() -> None:
    out: Any = Splitting(classes=[2, 0], validation=0.2, balance=True, seed=5)(made())
    assert (out.n_classes, out.class_names) == (2, ("c", "a"))
    assert np.bincount(out.validation.labels).tolist() == [1, 8]
    assert np.bincount(out.train.labels).tolist() == [6, 6] and set(out.test.labels) == {0, 1}
    for part in ("train", "validation"):
        split: Any = getattr(out, part)
        sample = split.events.times.astype(int) - 1
        np.testing.assert_array_equal(out.raw[part], sample)
        np.testing.assert_array_equal(np.array([2, 0])[split.labels], LABELS[sample])
        np.testing.assert_array_equal(split.groups, np.array(["ann", "bob", "cy"])[sample % 3])


def test_a_speaker_is_left_out() -> None:
    out: Any = Splitting(leave_out="bob")(made())
    assert set(out.validation.groups) == {"bob"} and set(out.train.groups) == {"ann", "cy"}
    assert len(out.test.labels) == len(made().test.labels)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"leave_out": "bbo"}, r"no samples of `leave_out` 'bbo' \(did you mean `bob`\?\). Known: ann, bob, cy"),
        ({"classes": [0, 3]}, "has classes 0 to 2, `classes` names 3"),
        ({"classes": [0, 0]}, "names one twice"),
        ({"classes": 2}, "must be a list of classes"),
        ({"validation": 0.1, "leave_out": "bob"}, "not both"),
        ({"validation": 1.5}, "a fraction between 0 and 1"),
        ({"balance": 1}, "`balance` must be true or false"),
        ({"seed": -1}, "`seed`"),
    ],
    ids=["group", "class", "twice", "list", "both", "fraction", "balance", "seed"],
)
def test_bad_options(options: dict[str, Any], says: str) -> None:
    with pytest.raises((ValueError, TypeError), match=says):
        Splitting(**options)(made())


def test_what_a_data_set_lacks() -> None:
    with pytest.raises(DatasetOptionError, match="does not say whom to `leave_out`") as error:
        Splitting(leave_out="bob")(made(groups=False))
    assert error.value.option == "leave_out"
    with pytest.raises(DatasetOptionError, match="has no classes, which `balance` needs"):
        Splitting(balance=True)(made()._replace(n_classes=None))
    with pytest.raises(DatasetOptionError, match="has a validation split already"):
        Splitting(validation=0.1)(made()._replace(validation=made().test))
