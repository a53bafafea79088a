"""The share of samples whose label has the largest score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.objectives.metrics.metric import LabelMetric, found


@dataclass(frozen=True)
class Accuracy(LabelMetric):
    """accuracy = mean [argmax_k y_k = label]; equal scores count for the lowest class, samples with NaN as wrong."""

    def of_scores(self, scores: Any, label: Any) -> Any:
        return ((found(scores) == label) & ~jnp.isnan(scores).any(axis=-1)).astype(scores.dtype)

    def figure(self, total: np.ndarray, n_samples: int) -> Any:
        return float(total) / n_samples
