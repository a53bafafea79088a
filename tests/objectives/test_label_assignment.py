"""Labels of units that learned without any."""

from __future__ import annotations

import numpy as np
import pytest

from ngcsnn.graph import GraphError
from ngcsnn.objectives import LabelAssignment

# unit 0 answers class 0, units 1 and 2 class 1 (unit 2 also class 2), unit 3 class 2, unit 4 never
ANSWERS = np.array([[4, 0, 0, 0, 0], [2, 1, 0, 0, 0], [0, 6, 3, 0, 0], [0, 1, 2, 1, 0], [0, 0, 2, 5, 0]])
LABELS = np.array([0, 0, 1, 1, 2])


def test_units_stand_for_the_class_they_answer_most():
    found = LabelAssignment(ANSWERS, LABELS)
    np.testing.assert_array_equal(found.labels, [0, 1, 1, 2, -1])
    np.testing.assert_allclose(found.rates[:, 2], [0.0, 2.5, 2.0])
    assert "units of each class: [1, 2, 1], silent: 1" in repr(found)


def test_scores_by_average_do_not_grow_with_the_number_of_units():
    found = LabelAssignment(ANSWERS, LABELS)
    np.testing.assert_allclose(found.scores([[3.0, 2.0, 2.0, 0.0, 9.0]]), [[3.0, 2.0, 0.0]])
    assert found.predict([[3.0, 2.0, 2.0, 0.0, 9.0]]).tolist() == [0]
    assert found.predict(np.zeros((2, 5))).tolist() == [0, 0]


def test_scores_by_proportion_share_a_unit_between_classes():
    found = LabelAssignment(ANSWERS, LABELS)
    scores = found.scores([[0.0, 0.0, 9.0, 0.0, 1.0]], by="proportion")
    np.testing.assert_allclose(scores, [[0.0, 9 * 2.5 / 4.5, 9 * 2.0 / 4.5]])


def test_a_class_without_units_scores_nothing():
    found = LabelAssignment([[1.0, 0.0], [2.0, 0.0]], [0, 1])
    np.testing.assert_allclose(found.scores([[1.0, 5.0]]), [[0.0, 1.0]])


@pytest.mark.parametrize(
    "answers, labels, said",
    [
        ([1.0, 2.0], [0, 1], "must have shape (n_samples, n_units)"),
        ([[-1.0], [1.0]], [0, 1], "finite and >= 0"),
        ([[1.0], [1.0]], [0], "one for each of the 2 samples"),
        ([[1.0], [1.0]], [0.0, 1.0], "whole numbers"),
        ([[1.0], [1.0]], [0, 2], "no sample of class 1"),
        ([[1.0], [1.0]], [-1, 0], "from 0 to 0"),
    ],
)
def test_what_does_not_fit_is_refused(answers, labels, said):
    with pytest.raises(GraphError) as caught:
        LabelAssignment(answers, labels)
    assert said in str(caught.value)


def test_scores_of_other_units_and_ways_are_refused():
    found = LabelAssignment(ANSWERS, LABELS)
    with pytest.raises(GraphError, match="has 2 units, the labels are of 5"):
        found.scores(np.ones((1, 2)))
    with pytest.raises(GraphError, match="average, proportion"):
        found.scores(np.ones((1, 5)), by="vote")
