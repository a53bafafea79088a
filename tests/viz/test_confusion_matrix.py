"""Confusion matrices."""

from typing import Any

import numpy as np
import pytest

from ngcsnn.viz import confusion_counts, confusion_matrix

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

LABELS = np.array([0, 0, 0, 1, 1, 2])
ANSWERS = np.array([0, 0, 1, 1, 2, 2])


def test_rows_are_truth_and_columns_answers(check_picture: Any) -> None:
    ax = confusion_matrix(LABELS, ANSWERS, class_names=["yin", "yang", "dot"])
    shown = np.asarray(ax.images[0].get_array()) ** 2
    assert shown == pytest.approx(np.array([[2 / 3, 1 / 3, 0], [0, 0.5, 0.5], [0, 0, 1]]))
    numbers = {(t.get_position()[1], t.get_position()[0]): t.get_text() for t in ax.texts}
    assert numbers == {(0, 0): "2", (0, 1): "1", (1, 1): "1", (1, 2): "1", (2, 2): "1"}
    assert ax.get_title(loc="left") == "test accuracy 0.667  (4 of 6)"
    assert [t.get_text() for t in ax.get_yticklabels()] == ["yin", "yang", "dot"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("answered", "true class")
    check_picture(ax)


def test_what_was_counted_already() -> None:
    one, other = confusion_matrix(LABELS, ANSWERS), confusion_counts([[2, 1, 0], [0, 1, 1], [0, 0, 1]])
    assert np.array_equal(np.asarray(one.images[0].get_array()), np.asarray(other.images[0].get_array()))
    assert one.get_title(loc="left") == other.get_title(loc="left")
    for counts, message in (([[1, 2]], "shape"), ([[-1]], ">= 0"), ([[0]], "at least one")):
        with pytest.raises(ValueError, match=message):
            confusion_counts(counts)


def test_many_classes_have_a_scale_and_no_numbers(check_picture: Any) -> None:
    labels = np.arange(70) % 35
    ax = confusion_matrix(labels, labels, n_classes=36)
    image: Any = ax.images[0]
    assert not ax.texts and image.get_array().shape == (36, 36)
    assert [t.get_text() for t in image.colorbar.ax.get_yticklabels()][-1] == "100 %"
    check_picture(ax)
    check_picture(confusion_matrix(np.arange(20), np.arange(20), class_names=[f"a long name {i}" for i in range(20)]))


def test_what_is_refused() -> None:
    cases: Any = (
        (([0, 1], [0]), "equally many, got 2 and 1"), (([], []), "n >= 1"), (([-1], [0]), ">= 0, got -1"),
        ((LABELS, ANSWERS, None, ["a"]), "must name 3 classes, got 1"),
    )  # fmt: skip
    for given, message in cases:
        with pytest.raises(ValueError, match=message):
            confusion_matrix(*given)
    with pytest.raises(ValueError, match="below n_classes = 2, got 2"):
        confusion_matrix(LABELS, ANSWERS, n_classes=2)
    with pytest.raises(TypeError, match="class indices"):
        confusion_matrix([0.5], [1])
