"""Which class is taken for which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.nn
import numpy as np

from ngcsnn.objectives.metrics.metric import LabelMetric, found


@dataclass(frozen=True)
class ConfusionMatrix(LabelMetric):
    """Numbers of samples, rows: the label; columns: the class with the largest score. A list of lists in a record."""

    def of_scores(self, scores: Any, label: Any) -> Any:
        n = scores.shape[-1]
        true, said = (jax.nn.one_hot(k, n, dtype=scores.dtype) for k in (label, found(scores)))
        return true[:, :, None] * said[:, None, :]

    def figure(self, total: np.ndarray, n_samples: int) -> Any:
        return np.rint(total).astype(int).tolist()
