"""Labels for units that have learned without any."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngcsnn.graph import GraphError
from ngcsnn.graph.checks import whole

WAYS = ("average", "proportion")


class LabelAssignment:
    """Each unit stands for the class that it answers most on average; a class is what its units answer most to.

        rate_cj = mean answer of unit j to the labelled samples of class c,    label_j = argmax_c rate_cj
        "average":     y_c = mean of the answers of the units with label c
        "proportion":  y_c = sum_j answer_j rate_cj / sum_k rate_kj

    Args:
        answers: of the labelled samples, such as spike counts, >= 0, (n_samples, n_units).
        labels: (n_samples,) int, from 0.
        n_classes: default: the largest label and one.
    Attributes: rates (n_classes, n_units); labels (n_units,) int, -1 for a unit that never answered.
    Errors: `GraphError` naming the argument and its shape; for a class without a sample.
    Source: Diehl & Cook 2015 (doi:10.3389/fncom.2015.00099), section 2.6 ("average").
    """

    def __init__(self, answers: Any, labels: Any, n_classes: int | None = None):
        answers, labels = _checked(answers), np.asarray(labels)
        if labels.shape != answers.shape[:1] or labels.dtype.kind not in "iu" or labels.size == 0:
            raise GraphError(
                f"`labels` must be whole numbers, one for each of the {len(answers)} samples and at least one, got "
                f"{labels.dtype} of shape {labels.shape}"
            )
        n_classes = int(labels.max()) + 1 if n_classes is None else whole("n_classes", n_classes)
        if labels.min() < 0 or labels.max() >= n_classes:
            raise GraphError(f"`labels` must be from 0 to {n_classes - 1}, got {labels.min()} to {labels.max()}")
        samples = np.bincount(labels, minlength=n_classes)
        if not samples.all():
            raise GraphError(f"`labels`: there is no sample of class {int(np.argmin(samples))}")
        self.rates = np.stack([answers[labels == c].mean(axis=0) for c in range(n_classes)])
        self.labels = np.where(self.rates.any(axis=0), self.rates.argmax(axis=0), -1)

    def scores(self, answers: Any, by: str = "average") -> np.ndarray:
        """y (n_samples, n_classes) for answers (n_samples, n_units); 0 for a class that no unit stands for."""
        answers = _checked(answers)
        if answers.shape[1] != self.rates.shape[1]:
            raise GraphError(f"`answers` has {answers.shape[1]} units, the labels are of {self.rates.shape[1]}")
        if by == "average":
            mine = (self.labels == np.arange(len(self.rates))[:, None]).astype(float)
        elif by == "proportion":
            mine = self.rates / np.where(self.labels < 0, 1.0, self.rates.sum(axis=0))
        else:
            raise GraphError(f"`by` must be one of {', '.join(WAYS)}, got {by!r}")
        total = answers @ mine.T
        return total / np.maximum(mine.sum(axis=1), 1.0) if by == "average" else total

    def predict(self, answers: Any, by: str = "average") -> np.ndarray:
        """The class of each sample, (n_samples,) int: the lowest of equals, 0 where nothing answered."""
        return self.scores(answers, by).argmax(axis=1)

    def __repr__(self) -> str:
        units = np.bincount(self.labels[self.labels >= 0], minlength=len(self.rates))
        return f"LabelAssignment(units of each class: {units.tolist()}, silent: {int((self.labels < 0).sum())})"


def _checked(answers: Any) -> np.ndarray:
    """Answers as float64 of two axes, or an error."""
    found = np.asarray(answers, np.float64)
    if found.ndim != 2:
        raise GraphError(f"`answers` must have shape (n_samples, n_units), got {found.shape}")
    if not (np.isfinite(found).all() and (found >= 0).all()):
        raise GraphError("`answers` must be finite and >= 0")
    return found
