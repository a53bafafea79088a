"""Metrics, counted by hand."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.graph import GraphError, UnknownNameError
from ngcsnn.objectives import (
    Accuracy,
    ConfusionMatrix,
    MeanSquareErrorMetric,
    Metric,
    SpikeCounts,
    TopK,
    resolve_metric,
)

Y = jnp.array([[3.0, 1.0, 2.0, 0.0], [1.0, 1.0, 1.0, 1.0], [0.0, 2.0, 5.0, 4.0], [jnp.nan, 9.0, 0.0, 0.0]])
LABEL = jnp.array([2, 1, 2, 1])


def total(metric: Metric, y, target) -> object:
    each = metric.each(y, target)
    return metric.figure(np.asarray(each.sum(axis=0)), len(each))


@pytest.mark.parametrize(
    ("metric", "value"), [(Accuracy(), 0.25), (TopK(k=1), 0.25), (TopK(k=2), 0.75), (TopK(k=3), 0.75)], ids=str
)
def test_shares(metric: Metric, value: float) -> None:
    assert total(metric, Y, LABEL) == value
    over_time = jnp.stack([Y - 7.0, Y + 7.0], axis=1)
    assert total(metric, over_time, LABEL) == value, "trajectories are averaged over time"


def test_confusion_matrix() -> None:
    matrix = total(ConfusionMatrix(), Y[:3], LABEL[:3])
    assert matrix == [[0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 1, 0], [0, 0, 0, 0]], "rows are the labels"


def test_mean_square_error_and_counts() -> None:
    assert total(MeanSquareErrorMetric(), Y[:3], Y[:3] + 2.0) == 4.0
    assert SpikeCounts().figure(np.array([0.0, 3.0]), 7) == [0, 3]


def test_by_name() -> None:
    assert resolve_metric({"top_k": {"k": 3}}) == TopK(3) and TopK(3).label == "top_3"
    assert set(Metric.family) == {"accuracy", "confusion_matrix", "mean_square_error", "spike_counts", "top_k"}
    assert all(resolve_metric(m().describe()) == m() for m in Metric.family.values())
    with pytest.raises(UnknownNameError, match="unknown metric 'acuracy'; did you mean 'accuracy'"):
        resolve_metric("acuracy")
    with pytest.raises(ValueError, match="`k` of TopK must be a whole number >= 1, got 0"):
        TopK(0)


@pytest.mark.parametrize(
    ("metric", "target", "text"),
    [
        (Accuracy(), np.zeros((3, 4)), r"'accuracy' needs class labels.*targets of 'out' are float64 \(3, 4\)"),
        (TopK(k=4), np.zeros(3, int), "`k` must be below the 4 classes of 'out', got 4"),
        (MeanSquareErrorMetric(), np.zeros(3, int), "'mean_square_error' needs values for each unit"),
    ],
    ids=["labels", "k", "values"],
)
def test_targets_that_do_not_fit(metric: Metric, target: np.ndarray, text: str) -> None:
    with pytest.raises(GraphError, match=text):
        metric.check(target, 4, "out")
