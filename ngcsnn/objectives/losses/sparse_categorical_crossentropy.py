"""Cross-entropy between a softmax of y and class labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.graph import ShapeError
from ngcsnn.objectives.base import Loss
from ngcsnn.objectives.cross_entropy import softmax_cross_entropy
from ngcsnn.objectives.targets import check_labels


@dataclass(frozen=True)
class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy of class labels, of one value per trial or at every step.

        L = -log softmax(y / temperature)[label],    dL/dy_k = (softmax(y / temperature)_k - [k = label]) / temperature
        trajectories (batch, T, n):  L = (1 / T) sum_t -log softmax(y(t) / temperature)[label],   T steps

    Args: temperature, in the unit of y, > 0, default 1.
    Shapes: y (batch, n) or (batch, T, n), target (batch,) integers in [0, n); loss (batch,). A silent output (all y
    equal) costs log n.
    Metrics: accuracy, 1 where the largest y (of trajectories: the largest mean of y over time) is the label's, else 0;
    equal values count for the lowest index, and a sample whose y holds NaN counts 0.
    Errors: a target that is not one integer in [0, n) for each sample; an output of fewer than two units.

    The gradients of others, from the true one: mlGeNN's EventProp divides it by tau_m of the output for `avg_var`,
    `avg_var_exp_weight` and per-timestep cross-entropy (`var` here), by tau_m and the number of steps for `sum_var` and
    `max_var`; it gives the temperature to the gradient only, never to the softmax. genn_eventprop divides by tau_m for
    `sum`, `sum_weigh_*` (here `avg_var*`) and `avg_xentropy` (here `var`), by the trial's length in ms for `max`.
    """

    keeps_time: ClassVar[bool] = True
    temperature: float = 1.0

    def __post_init__(self) -> None:
        self.set_number("temperature", low=0.0, exclusive=True, unit="(in the unit of y)")

    def __call__(self, y: Any, target: Any) -> Any:
        y, target = self._arrays(y, target)
        if y.ndim == 2:
            return softmax_cross_entropy(y, target, self.temperature)
        every = jnp.broadcast_to(target[:, None], y.shape[:2])
        return softmax_cross_entropy(y, every, self.temperature).mean(axis=1)

    def metrics(self, y: Any, target: Any) -> dict[str, Any]:
        y, target = self._arrays(y, target)
        y = y if y.ndim == 2 else y.mean(axis=1)
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
        if y.ndim not in (2, 3) or target.shape != y.shape[:1]:
            raise ShapeError(
                f"loss '{self.kind}' needs y of shape (batch, n) or (batch, T, n) and a target of shape (batch,), "
                f"got {y.shape} and {target.shape}"
            )
        return y, target
