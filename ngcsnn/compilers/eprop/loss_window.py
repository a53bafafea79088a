"""A loss at every step of a window of the trial, as sum or mean over its steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.graph import GraphError
from ngcsnn.objectives import Loss, Readout


@dataclass(frozen=True)
class LossWindow(Loss, abstract=True):
    """`inner`, a mean over steps, of the steps from `start` on; times `factor`, and times their number where `summed`.

    gate: weights of all steps of the trial in place of `start`; the mean is the weighted one, the sum too. Metrics are
    those of the steps that count. Targets that are trajectories cover the whole trial.
    """

    inner: Loss
    start: int = 0
    summed: bool = False
    factor: float = 1.0
    gate: tuple[float, ...] | None = None

    def __call__(self, y: Any, target: Any) -> Any:
        if self.gate is None:
            y, target = self.counted(y, target)
            return self.inner(y, target) * (self.factor * (y.shape[1] if self.summed else 1))
        along = 1 if target.ndim == y.ndim else None

        def one(y: Any, target: Any) -> Any:
            return self.inner(y[:, None], target if along is None else target[:, None])

        losses = jax.vmap(one, in_axes=(1, along))(y, target)
        here = self.weights(jnp.arange(y.shape[1]), losses.dtype)
        return self.each(y.shape[1]) * (here[:, None] * losses).sum(axis=0)

    def metrics(self, y: Any, target: Any) -> dict[str, Any]:
        return self.inner.metrics(*self.counted(y, target))

    def weights(self, steps: Any, dtype: Any) -> Any:
        """Of the steps with these numbers."""
        return (steps >= self.start).astype(dtype) if self.gate is None else jnp.asarray(self.gate, dtype)[steps]

    def each(self, n_steps: int) -> float:
        """By what the loss of a step is multiplied besides."""
        if self.summed:
            return self.factor
        return self.factor / (n_steps - self.start if self.gate is None else sum(self.gate))

    def n_on(self, n_steps: int) -> int:
        """How many steps count."""
        return n_steps - self.start if self.gate is None else sum(w > 0 for w in self.gate)

    def counted(self, y: Any, target: Any) -> tuple[Any, Any]:
        here: Any = slice(self.start, None) if self.gate is None else np.flatnonzero(self.gate)
        return y[:, here], target[:, here] if target.ndim == y.ndim else target

    def describe(self) -> dict[str, Any]:
        """`inner` alone: the window is the compiler's."""
        return self.inner.describe()

    def check_target(self, target: Any, n_samples: int, n_units: int, n_steps: int | None, where: str) -> Any:
        return self.inner.check_target(target, n_samples, n_units, n_steps, where)

    def fitted(self, duration: float) -> Loss:
        return replace(self, inner=self.inner.fitted(duration))

    def supports(self, readout: Readout) -> None:
        if not readout.keeps_time:
            raise GraphError(
                f"readout '{readout.kind}' gives one value for a trial; a loss at every step needs 'var', the "
                "potential at every step"
            )
        self.inner.supports(readout)
