"""The label's unit should spike before the others, and early."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from ngcsnn.objectives.cross_entropy import softmax_cross_entropy
from ngcsnn.objectives.losses.spike_time import SpikeTimeLoss, of_label


@dataclass(frozen=True)
class FirstSpike(SpikeTimeLoss):
    """Cross-entropy of first spike times, and a cost of late spikes that grows towards the trial's end.

        L = -log softmax(-t / temperature)[y] + ttfs_alpha late(t_y),    y the label, t in ms
        late(t) = 1 / (1.01 T - t)  for t <= T,   its tangent at T beyond,   T the trial's length
        dL/dt_k = ([k = y] - softmax(-t / temperature)_k) / temperature + [k = y] ttfs_alpha late'(t_y)

    Silent units. y of a silent unit is `first_spike_time`'s value for it, beyond T: a silent label costs about
    (T - t_first) / temperature, all outputs silent cost log n, each with the cost of late spikes beside it (at least
    100 ttfs_alpha / T). The gradient is the true one of this number. Since nothing moves the time of a silent unit, it
    acts on those that spiked: they are moved later if the label is silent. With `lift` in the readout it acts on silent
    units too, through their highest potential: then the softmax and the late term, continued along its tangent, lift a
    silent label. (mlGeNN and genn_eventprop add a spike at the trial's end for a silent label, and give it the gradient
    of the late term alone, without the division by the slope that makes a time of a potential.)

    Args: temperature, ms, > 0, default 1.0. ttfs_alpha, ms, >= 0, default 0.01. trial, ms, filled in by a compiler.
    Shapes: y (batch, n) times in ms, target (batch,) integers in [0, n); loss (batch,).
    Metrics: accuracy; a silent label is wrong.
    mlGeNN's and genn_eventprop's gradients carry no stray factor here, but mlGeNN gives the temperature to the gradient
    only, never to the softmax, and genn_eventprop reports the loss of the predicted class instead of the label's.
    Source: Nowotny, Turner and Knight 2022, arXiv:2212.01232; the softmax of times: Goeltz et al. 2021
    (doi:10.1038/s42256-021-00388-x).
    """

    temperature: float = 1.0
    ttfs_alpha: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        self.set_number("temperature", low=0.0, exclusive=True, unit="ms")
        self.set_number("ttfs_alpha", low=0.0, unit="ms")

    def cost(self, t: Any, label: Any, silent: Any) -> Any:
        first = softmax_cross_entropy(-t, label, self.temperature)
        return first + self.ttfs_alpha * self.late(of_label(t, label)) if self.ttfs_alpha > 0 else first

    def late(self, t: Any) -> Any:
        """What a label's spike at `t` costs, before `ttfs_alpha`."""
        end = self.duration
        gap = 1.01 * end - jnp.minimum(t, end)
        return 1.0 / gap + jnp.maximum(t - end, 0.0) / (0.01 * end) ** 2
