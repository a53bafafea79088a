"""Time-to-first-spike encoder: latencies that fill a given duration."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from ngcsnn.components.encoders.one_spike import OneSpikeEncoder
from ngcsnn.graph import GraphError, checks, hyper


class TTFSEncoder(OneSpikeEncoder):
    """One spike per unit and trial: input 1 at time 0, the weakest input at `duration`.

        exponential   t = duration (exp(-x) - exp(-1)) / (1 - exp(-1)),    weakest input 0
        logarithmic   t = duration ln(x) / ln(x_min),                      weakest input x_min; weaker ones count as it

    Inputs below `threshold` never spike; those above 1 count as 1. Shapes (batch, n_units).
    """

    duration = hyper(unit="ms", check=checks.positive, doc="time of the last spike")
    mode = hyper(
        "exponential", kind=str, check=checks.one_of("exponential", "logarithmic"), doc="exponential or logarithmic"
    )
    x_min = hyper(
        None, kind=(float, type(None)), check=checks.positive,
        doc="weakest input of the logarithmic code, < 1; 0.01 unless told otherwise",
    )  # fmt: skip
    threshold = hyper(0.0, check=checks.non_negative, doc="inputs below it never spike")

    def setup(self) -> None:
        if self.mode == "exponential" and self.x_min is not None:
            raise GraphError(f"TTFSEncoder '{self.name}': `x_min` belongs to mode 'logarithmic', got {self.x_min}")
        if self.x_min is not None and self.x_min >= 1.0:
            raise GraphError(f"TTFSEncoder '{self.name}': `x_min` must be < 1, got {self.x_min}")

    def latency(self, x: Any) -> Any:
        if self.mode == "exponential":
            last = math.exp(-1.0)
            share = (jnp.exp(-jnp.clip(x, 0.0, 1.0)) - last) / (1.0 - last)
        else:
            weakest = 0.01 if self.x_min is None else self.x_min
            share = jnp.log(jnp.clip(x, weakest, 1.0)) / math.log(weakest)
        return jnp.where(x >= self.threshold, self.duration * share, jnp.inf)
