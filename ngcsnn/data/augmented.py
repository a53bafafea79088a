"""Data whose samples are changed at random each time they are shown in training, and never in evaluation."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from ngcsnn.data.augmentation import FEWEST, Augmentation
from ngcsnn.data.augmented_on_device import AugmentedOnDevice
from ngcsnn.data.blending import partners
from ngcsnn.data.labels import check_labels
from ngcsnn.data.sample_index import sample_index
from ngcsnn.data.trial_data import TrialData, TrialOnDevice

_ROWS = 512  # samples whose spikes are counted at once


@dataclass(frozen=True, eq=False, repr=False)
class AugmentedData:
    """Trials and what is done to them in training; made by `augment`. Fed wherever trials are.

    Training draws the changes on the device, inside the compiled epoch, from its seed: fresh ones in every batch of
    every epoch. `evaluate`, `predict`, `simulate`, `loss_and_grads` and validation see the trials as they are.
    """

    trials: TrialData
    augmentation: Augmentation
    labels: np.ndarray | None = None

    @property
    def n_units(self) -> int:
        """Number of input units."""
        return self.trials.n_units

    def __len__(self) -> int:
        return len(self.trials)

    def select(self, samples: Any) -> AugmentedData:
        """Return the given samples, in the given order: an int, a slice, an array of ints or a bool mask."""
        index = sample_index(samples, len(self))
        labels = None if self.labels is None else self.labels[index]
        return AugmentedData(self.trials[index], self.augmentation, labels)

    __getitem__ = select

    def to_device(self, n_steps: int, dt: float, dtype: DTypeLike = np.float32) -> AugmentedOnDevice:
        """Put the trials on the device; arguments and errors are those of their own `to_device`."""
        trials = self.trials.to_device(n_steps, dt, dtype)
        how = self.augmentation
        if how.normalise_spikes == FEWEST:
            fewest = fewest_spikes(trials, len(self))
            if fewest == 0:
                raise ValueError("`normalise_spikes` is 'fewest', but some sample has no spike at all; give a number")
            how = replace(how, normalise_spikes=fewest)
        members = classes = None
        if how.blend is not None and self.labels is not None:
            members, classes = (jnp.asarray(a) for a in partners(self.labels, np.arange(len(self))))
        labels = None if self.labels is None else jnp.asarray(self.labels)
        return AugmentedOnDevice(trials, labels, members, classes, how, n_steps, dt)

    def __repr__(self) -> str:
        return f"AugmentedData({self.trials!r}, {self.augmentation.describe()})"


def augment(trials: TrialData, labels: ArrayLike | None = None, **how: Any) -> AugmentedData:
    """Return trials that training changes at random: `augment(events, labels, channel_shift=40, blend=(0.5, 0.5))`.

    Args:
        trials: an `EventData`, `LatencyCode` or other container of trials.
        labels: class of each sample, (n_samples,) int; needed by `blend`.
        how: arguments of `Augmentation`.
    Raises: ValueError or TypeError naming the argument; for an `image_shape` that is not that of the units.
    """
    if isinstance(trials, AugmentedData):
        raise TypeError("these trials are augmented already; give all arguments at once")
    if not isinstance(trials, TrialData):
        raise TypeError(f"`trials` must be a container of trials such as EventData, got {type(trials).__name__}")
    asked = Augmentation(**how)
    if asked.image_shape is not None and math.prod(asked.image_shape) != trials.n_units:
        raise ValueError(f"`image_shape` {asked.image_shape} does not make {trials.n_units} units")
    if asked.blend is not None and labels is None:
        raise ValueError("`blend` needs `labels`: it takes samples of one class")
    checked = None if labels is None else check_labels(labels, len(trials))
    return AugmentedData(trials, asked, checked)


def fewest_spikes(trials: TrialOnDevice, n_samples: int) -> int:
    """The number of spikes in the sample that has least."""
    count = jax.jit(lambda t, i: jnp.sum(t.take(i).unit < t.n_units, axis=1))
    parts = [np.arange(k, min(k + _ROWS, n_samples)) for k in range(0, n_samples, _ROWS)]
    return min(int(count(trials, part).min()) for part in parts)
