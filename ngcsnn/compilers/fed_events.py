"""The events of all samples of one source on the device, and those of a batch taken from them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.compilers.batches import NOBODY
from ngcsnn.kernels import Events

AUGMENTATION = 2**30  # folded into the key of a batch, less the number of the input; perturbations count from 0


@jax.tree_util.register_dataclass
@dataclass
class FedEvents:
    """trials: a pytree whose `take(index)` gives (step, unit, offset) of a batch.

    later: steps by which events are late: 1 where an input is fed directly, which holds what acts in its own step, and
    not what is emitted in it. most: an upper bound on the events of a sample in one step.
    """

    trials: Any
    n_units: int = field(metadata={"static": True})
    most: int = field(metadata={"static": True})
    later: int = field(metadata={"static": True})

    def take(self, batch: Any, n_steps: int, timed: bool) -> Events:
        """The events of the samples `batch` (indices; NOBODY has none); offsets where `timed` and not all are zero."""
        step, unit, offset = self.padded(jnp.maximum(batch, 0))
        unit = jnp.where((batch != NOBODY)[:, None], unit, self.n_units)
        return Events(
            step + jnp.asarray(self.later, step.dtype), unit, offset if timed and not self.on_grid else None,
            n_units=self.n_units, n_steps=n_steps, one_each=self.trials.one_each, most=self.most,
        )  # fmt: skip

    def padded(self, index: Any) -> Any:
        """(step, unit, offset), each (batch, K), of the samples `index`."""
        return self.trials.take(index)

    @property
    def on_grid(self) -> bool:
        """Whether every event lies on the end of its step."""
        return getattr(self.trials, "on_grid", False)

    @property
    def augments(self) -> bool:
        """Whether training changes the trials at random (`ngcsnn.data.augment`), or draws them anew."""
        return getattr(self.trials, "changes", False)


def augments(data: dict[str, Any]) -> bool:
    """Whether any of the fed data is changed at random in training."""
    return any(isinstance(value, FedEvents) and value.augments for value in data.values())


def augmented(data: dict[str, Any], key: Any) -> dict[str, Any]:
    """The same data with the changes of one batch of training, drawn with `key`; None: as they are."""
    if key is None or not augments(data):
        return data
    out = dict(data)
    for number, (name, value) in enumerate(data.items()):
        if isinstance(value, FedEvents) and value.augments:
            trials = value.trials.with_key(jax.random.fold_in(key, AUGMENTATION - number))
            out[name] = replace(value, trials=trials, most=getattr(trials, "most", value.n_units))
    return out


def learned_from(data: dict[str, Any], samples: Any) -> dict[str, Any]:
    """The same data for learning from `samples` alone: augmentation takes nothing from the others."""
    return {
        name: replace(value, trials=value.trials.among(samples))
        if isinstance(value, FedEvents) and value.augments
        else value
        for name, value in data.items()
    }
