"""The label's unit should spike before the others, and early: the published form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from ngcsnn.graph import GraphError
from ngcsnn.objectives.losses.first_spike import FirstSpike

LARGEST = 60.0  # exponent that float32 holds, with room for the factors around it


@dataclass(frozen=True)
class FirstSpikeExp(FirstSpike):
    """`FirstSpike` with a cost of late spikes that grows exponentially from the trial's start.

        L = -log softmax(-t / temperature)[y] + ttfs_alpha late(t_y),    y the label, t in ms
        late(t) = exp(t / tau_1) - 1  for t <= T,   its tangent at T beyond,   T the trial's length

    Silent units, shapes, metrics: as `FirstSpike`; a silent label costs at least ttfs_alpha (exp(T / tau_1) - 1).
    Args: temperature, ms, > 0, default 0.5. ttfs_alpha, >= 0, default 0.003. tau_1, ms, > 0, default 6.4. trial, ms,
    filled in by a compiler.
    Errors: a trial of more than 60 tau_1, whose exponential a float cannot hold.
    Source: Wunderlich & Pehle 2021 (doi:10.1038/s41598-021-91786-z), with its values for the Yin-Yang task.
    """

    temperature: float = 0.5
    ttfs_alpha: float = 0.003
    tau_1: float = 6.4

    def __post_init__(self) -> None:
        super().__post_init__()
        self.set_number("tau_1", low=0.0, exclusive=True, unit="ms")
        if self.trial is not None and self.ttfs_alpha > 0 and self.trial > LARGEST * self.tau_1:
            raise GraphError(
                f"`tau_1` of loss '{self.kind}' is {self.tau_1:g} ms for trials of {self.trial:g} ms: exp(T / tau_1) "
                f"is more than a float holds; it must be at least {self.trial / LARGEST:.3g} ms"
            )

    def late(self, t: Any) -> Any:
        end = self.duration
        at = jnp.exp(jnp.minimum(t, end) / self.tau_1)
        return at - 1.0 + at * jnp.maximum(t - end, 0.0) / self.tau_1
