"""Every other unit should spike a set time after the label's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.objectives.losses.spike_time import SpikeTimeLoss, of_label


@dataclass(frozen=True)
class RelativeMeanSquareError(SpikeTimeLoss):
    """Square error of first spike times relative to the label's.

        L = (1 / 2) sum_{k != y} e_k^2,    e_k = t_k - t_y - delta,    y the label, t in ms
        dL/dt_k = e_k,    dL/dt_y = -sum_{k != y} e_k
        hinge = True:  e_k = min(0, t_k - t_y - delta), so that a unit may come later than delta after the label

    Summed over the other units, as published (no mean, in spite of the name). A unit that never spiked is later than
    any time: its error is always the one of `hinge`. So a label that is delta ahead of the trial's end has no cost from
    silent units, and is not drawn towards it. A silent label counts with `first_spike_time`'s value for it: the
    gradient moves the others later; it lifts the label where the readout has a `lift`. All outputs silent: (n - 1)
    delta^2 / 2, without `lift`, and no gradient.

    Args: delta, ms, >= 0. hinge, default False: as published. trial, ms, filled in by a compiler.
    Shapes: y (batch, n) times in ms, target (batch,) integers in [0, n); loss (batch,), ms^2.
    Metrics: accuracy; a silent label is wrong.
    mlGeNN's gradient is this one times the batch size (it never divides by it); it counts silent units as if they
    had spiked at 0 ms, and leaves out what a spike's own reset passes on to later ones.
    Source: the loss of that name in mlGeNN 2.3 (Knight & Nowotny), which defines it by its gradient.
    """

    delta: float
    hinge: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.set_number("delta", low=0.0, unit="ms")
        if not isinstance(self.hinge, bool):
            raise TypeError(f"`hinge` of {type(self).__name__} must be True or False, got {self.hinge!r}")

    def cost(self, t: Any, label: Any, silent: Any) -> Any:
        error = t - of_label(t, label)[:, None] - self.delta
        one_sided = jnp.ones_like(silent) if self.hinge else silent
        error = jnp.where(one_sided, jnp.minimum(error, 0.0), error)
        others = 1.0 - jax.nn.one_hot(label, t.shape[-1], dtype=t.dtype)
        return 0.5 * (others * jnp.square(error)).sum(axis=-1)
