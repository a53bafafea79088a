"""What a metric is. A new one is a frozen dataclass below this class, in a file of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np

from ngcsnn.graph import GraphError
from ngcsnn.objectives.described import Described


@dataclass(frozen=True)
class Metric(Described, ABC, abstract=True):
    """A figure of an output, added up over the samples.

    of_spikes: it is one of the spikes of every spiking cell instead, (n,) for its units, summed over samples and steps.
    """

    noun: ClassVar[str] = "metric"
    family: ClassVar[dict[str, type[Any]]] = {}
    of_spikes: ClassVar[bool] = False

    @property
    def label(self) -> str:
        """Under which name it stands in a record."""
        return self.kind

    def check(self, target: np.ndarray, n_units: int, where: str) -> None:
        """Raise `GraphError` where it has no meaning for these targets (n_samples, ...) of the output `where`."""

    def each(self, y: Any, target: Any) -> Any:
        """Of every sample, (batch, ...); y (batch, n) or (batch, T, n), larger values for likelier classes."""
        raise TypeError(f"metric '{self.kind}' is not one of outputs")

    @abstractmethod
    def figure(self, total: np.ndarray, n_samples: int) -> Any:
        """Plain numbers from the sum over `n_samples` samples."""


@dataclass(frozen=True)
class LabelMetric(Metric, ABC, abstract=True):
    """One of class labels: y is averaged over time where the readout keeps it."""

    def check(self, target: np.ndarray, n_units: int, where: str) -> None:
        if target.ndim != 1 or not np.issubdtype(target.dtype, np.integer):
            raise GraphError(
                f"metric '{self.kind}' needs class labels, one for each sample; the targets of '{where}' are "
                f"{target.dtype} {target.shape}"
            )

    def each(self, y: Any, target: Any) -> Any:
        y = jnp.asarray(y)
        return self.of_scores(y if y.ndim == 2 else y.mean(axis=1), target)

    @abstractmethod
    def of_scores(self, scores: Any, label: Any) -> Any:
        """The same from scores (batch, n) and labels (batch,)."""


def found(scores: Any) -> Any:
    """The likeliest class of each sample, the lowest of equals."""
    return scores.argmax(axis=-1)
