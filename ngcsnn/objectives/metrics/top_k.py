"""The share of samples whose label is among the k largest scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.graph import GraphError
from ngcsnn.objectives.metrics.metric import LabelMetric


@dataclass(frozen=True)
class TopK(LabelMetric):
    """top_k = mean [fewer than k classes have a larger score than the label]; of equal scores the lower class is ahead.

    Args: k, a whole number >= 1 (default 5), below the number of classes. It stands in records as "top_5".
    """

    k: int = 5

    def __post_init__(self) -> None:
        if isinstance(self.k, bool) or not isinstance(self.k, int) or self.k < 1:
            raise ValueError(f"`k` of TopK must be a whole number >= 1, got {self.k!r}")

    @property
    def label(self) -> str:
        return f"top_{self.k}"

    def check(self, target: np.ndarray, n_units: int, where: str) -> None:
        super().check(target, n_units, where)
        if self.k >= n_units:
            raise GraphError(f"metric 'top_k': `k` must be below the {n_units} classes of '{where}', got {self.k}")

    def of_scores(self, scores: Any, label: Any) -> Any:
        own = jnp.take_along_axis(scores, label[:, None], axis=-1)
        lower = jnp.arange(scores.shape[-1]) < label[:, None]
        ahead = jnp.sum((scores > own) | ((scores == own) & lower), axis=-1)
        return ((ahead < self.k) & ~jnp.isnan(scores).any(axis=-1)).astype(scores.dtype)

    def figure(self, total: np.ndarray, n_samples: int) -> Any:
        return float(total) / n_samples
