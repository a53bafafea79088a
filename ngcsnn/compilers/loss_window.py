"""A loss at every step of a window of the trial, as sum or mean over its steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ngcsnn.graph import GraphError
from ngcsnn.objectives import Loss, Readout


@dataclass(frozen=True)
class LossWindow(Loss, abstract=True):
    """`inner`, a mean over steps, of the steps from `start` on; times `factor`, and times their number where `summed`.

    Metrics are those of the window. Targets that are trajectories cover the whole trial.
    """

    inner: Loss
    start: int = 0
    summed: bool = False
    factor: float = 1.0

    def __call__(self, y: Any, target: Any) -> Any:
        y, target = self._cut(y, target)
        return self.inner(y, target) * (self.factor * (y.shape[1] if self.summed else 1))

    def metrics(self, y: Any, target: Any) -> dict[str, Any]:
        return self.inner.metrics(*self._cut(y, target))

    def _cut(self, y: Any, target: Any) -> tuple[Any, Any]:
        return y[:, self.start :], target[:, self.start :] if target.ndim == y.ndim else target

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
