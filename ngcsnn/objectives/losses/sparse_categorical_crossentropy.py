"""Cross-entropy between a softmax of y and class labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import ArrayLike

from ngcsnn.graph import ShapeError
from ngcsnn.objectives.base import Loss
from ngcsnn.objectives.targets import check_labels


@dataclass(frozen=True)
class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy of class labels.

        L = -log softmax(y / temperature)[label],    dL/dy_k = (softmax(y / temperature)_k - [k = label]) / temperature

    Args: temperature, in the unit of y, > 0, default 1.
    Shapes: y (batch, n), target (batch,) integers in [0, n); loss (batch,). A silent output (all y equal) costs log n.
    Metrics: accuracy, 1 where the largest y is the label's, else 0; equal values count for the lowest index, and a
    sample whose y holds NaN counts 0.
    Errors: a target that is not one integer in [0, n) for each sample; an output of fewer than two units.
    mlGeNN's EventProp: its gradient is this one divided by tau_m of the output (temperature 1, `avg_var`), by tau_m
    and the number of steps for `sum_var`; it gives the temperature to the gradient only, never to the softmax.
    """

    temperature: float = 1.0

    def __post_init__(self) -> None:
        self.set_number("temperature", low=0.0, exclusive=True, unit="(in the unit of y)")

    def __call__(self, y: Any, target: Any) -> Any:
        y, target = self._arrays(y, target)
        # the maximum is taken off before the division: no overflow, and no rounding of what all units share
        z = (y - lax.stop_gradient(y.max(axis=-1, keepdims=True))) / self.temperature
        return jnp.log(jnp.exp(z).sum(axis=-1)) - _pick(z, target)

    def metrics(self, y: Any, target: Any) -> dict[str, Any]:
        y, target = self._arrays(y, target)
        right = (y.argmax(axis=-1) == target) & ~jnp.isnan(y).any(axis=-1)
        return {"accuracy": right.astype(y.dtype)}

    def check_target(
        self, target: ArrayLike, n_samples: int, n_units: int, n_steps: int | None, where: str
    ) -> np.ndarray:
        if n_units < 2:
            raise ValueError(f"loss '{self.kind}' needs an output of at least 2 units, '{where}' has {n_units}")
        return check_labels(target, n_samples, n_units, where)

    def _arrays(self, y: Any, target: Any) -> tuple[Any, Any]:
        y, target = jnp.asarray(y), jnp.asarray(target)
        if y.ndim != 2 or target.shape != y.shape[:1]:
            raise ShapeError(
                f"loss '{self.kind}' needs y of shape (batch, n) and a target of shape (batch,), "
                f"got {y.shape} and {target.shape}"
            )
        return y, target


def _pick(z: Any, target: Any) -> Any:
    return jnp.take_along_axis(z, target[:, None], axis=-1)[:, 0]
