"""Mean square error, of values or of trajectories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.graph import ShapeError
from ngcsnn.objectives.base import Loss, Readout
from ngcsnn.objectives.targets import check_values


@dataclass(frozen=True)
class MeanSquareError(Loss):
    """Mean square error over units, and over time where the readout keeps it.

        L = (1 / n) sum_k (y_k - target_k)^2                                   values (batch, n)
        L = (1 / (n T)) sum_t sum_k (y_k(t) - target_k(t))^2                   trajectories (batch, T, n), T steps

    No factor 1/2. Shapes: target as y; loss (batch,). On `var` (its mean of v over each step) the loss is second order
    in dt for the time average of (v - target)^2, the target of a step being its mean over that step.
    Metrics: mean_square_error, the same number without what a trainer may add to the loss.
    Errors: a target with NaN, infinity or another shape; it is never spread over time or units.
    On `first_spike_time` the target is a time in ms for each unit, on `spike_count` a number of spikes.
    mlGeNN descends half the square error summed over units, averaged over time and divided by tau_m of the output:
    its gradient is this one times n / (2 tau_m).
    """

    keeps_time: ClassVar[bool] = True

    @classmethod
    def takes(cls, readout: Readout | type[Readout]) -> bool:
        return True

    def __call__(self, y: Any, target: Any) -> Any:
        y, target = jnp.asarray(y), jnp.asarray(target)
        if y.ndim not in (2, 3) or y.shape != target.shape:
            raise ShapeError(
                f"loss '{self.kind}' needs y of shape (batch, n) or (batch, T, n) and a target of the same shape, "
                f"got {y.shape} and {target.shape}"
            )
        return jnp.square(y - target.astype(y.dtype)).mean(axis=tuple(range(1, y.ndim)))

    def metrics(self, y: Any, target: Any) -> dict[str, Any]:
        return {self.kind: self(y, target)}

    def check_target(
        self, target: ArrayLike, n_samples: int, n_units: int, n_steps: int | None, where: str
    ) -> np.ndarray:
        return check_values(target, n_samples, n_units, n_steps, where)
