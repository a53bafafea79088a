"""The base of losses on the times of first spikes: whose is the first, and who was silent."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass, field, replace
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from ngcsnn.graph import GraphError, ShapeError
from ngcsnn.objectives.base import Loss, Readout
from ngcsnn.objectives.targets import check_labels

SLACK = 1e-5  # of the trial: rounding of its last step's end


@dataclass(frozen=True)
class SpikeTimeLoss(Loss, abstract=True):
    """Base of losses that compare first spike times with a class label; y (batch, n) in ms, label (batch,).

    A unit is silent where its y lies beyond the end of the trial, as `first_spike_time` gives it.
    trial: the trial's length in ms; a compiler fills it in.
    Metrics: accuracy, 1 where the label's unit spiked and was the first (equal times count for the lowest index), else
    0: a trial in which no output spiked is wrong.
    """

    trial: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.trial is not None:
            self.set_number("trial", low=0.0, exclusive=True, unit="ms")

    @abstractmethod
    def cost(self, t: Any, label: Any, silent: Any) -> Any:
        """The loss (batch,) from times t (batch, n), labels (batch,) and which units were silent (batch, n)."""

    @classmethod
    def takes(cls, readout: Readout | type[Readout]) -> bool:
        return readout.gives_times and not readout.keeps_time

    def fitted(self, duration: float) -> SpikeTimeLoss:
        if self.trial is not None and not math.isclose(self.trial, duration, rel_tol=1e-6):
            raise GraphError(
                f"`trial` of loss '{self.kind}' is {self.trial:g} ms, but a trial lasts {duration:g} ms; leave it out"
            )
        return self if self.trial is not None else replace(self, trial=float(duration))

    def __call__(self, y: Any, target: Any) -> Any:
        return self.cost(*self._arrays(y, target))

    def metrics(self, y: Any, target: Any) -> dict[str, Any]:
        t, label, silent = self._arrays(y, target)
        right = (t.argmin(axis=-1) == label) & ~of_label(silent, label) & ~jnp.isnan(t).any(axis=-1)
        return {"accuracy": right.astype(t.dtype)}

    def check_target(
        self, target: ArrayLike, n_samples: int, n_units: int, n_steps: int | None, where: str
    ) -> np.ndarray:
        if n_units < 2:
            raise ValueError(f"loss '{self.kind}' needs an output of at least 2 units, '{where}' has {n_units}")
        return check_labels(target, n_samples, n_units, where)

    @property
    def duration(self) -> float:
        if self.trial is None:
            raise GraphError(f"loss {self!r} needs `trial`, the length of a trial in ms, where no compiler fills it in")
        return self.trial

    def _arrays(self, y: Any, target: Any) -> tuple[Any, Any, Any]:
        y, target = jnp.asarray(y), jnp.asarray(target)
        if y.ndim != 2 or target.shape != y.shape[:1]:
            raise ShapeError(
                f"loss '{self.kind}' needs y of shape (batch, n) and a target of shape (batch,), "
                f"got {y.shape} and {target.shape}"
            )
        return y, target, y > self.duration * (1.0 + SLACK)


def of_label(values: Any, label: Any) -> Any:
    """What `values` (batch, n) hold for the label's unit of each sample, (batch,)."""
    return jnp.take_along_axis(values, label[:, None], axis=-1)[:, 0]
