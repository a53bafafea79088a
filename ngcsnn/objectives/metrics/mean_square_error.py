"""The mean square error, as a metric beside another loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.graph import GraphError
from ngcsnn.objectives.metrics.metric import Metric


@dataclass(frozen=True)
class MeanSquareErrorMetric(Metric, kind="mean_square_error"):
    """mean (y - target)^2 over units, and over time where the readout keeps it; targets are values shaped as y."""

    def check(self, target: np.ndarray, n_units: int, where: str) -> None:
        if target.ndim not in (2, 3):
            raise GraphError(
                f"metric '{self.kind}' needs values for each unit; the targets of '{where}' are {target.dtype} "
                f"{target.shape}"
            )

    def each(self, y: Any, target: Any) -> Any:
        y = jnp.asarray(y)
        return jnp.square(y - target.astype(y.dtype)).mean(axis=tuple(range(1, y.ndim)))

    def figure(self, total: np.ndarray, n_samples: int) -> Any:
        return float(total) / n_samples
