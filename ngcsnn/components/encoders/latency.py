"""Latency encoder: the stronger the input, the earlier its one spike."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.encoders.one_spike import OneSpikeEncoder
from ngcsnn.graph import checks, hyper, param


class LatencyEncoder(OneSpikeEncoder):
    """One spike per unit and trial, at a linear or logarithmic latency.

        linear        t = t_first + tau (1 - x)
        logarithmic   t = t_first + tau ln(x / (x - threshold)): when a leaky integrator of input x reaches threshold

    Inputs at or below `threshold` never spike, or do at `t_last` where it is given; no spike is later than that. Inputs
    above 1 count as 1 in the linear code. Shapes (batch, n_units).
    """

    tau = param(20.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")), doc="time scale")
    mode = hyper("logarithmic", kind=str, check=checks.one_of("linear", "logarithmic"), doc="linear or logarithmic")
    threshold = hyper(0.01, check=checks.positive, doc="input that the smallest coded one exceeds")
    t_first = hyper(0.0, unit="ms", check=checks.non_negative, doc="earliest spike time")
    t_last = hyper(
        None, kind=(float, type(None)), unit="ms", check=checks.non_negative, doc="latest spike time; none by default"
    )

    def latency(self, x: Any) -> Any:
        above = x > self.threshold
        safe = jnp.where(above, x, self.threshold + 1.0)
        if self.mode == "linear":
            late = 1.0 - jnp.minimum(safe, 1.0)
        else:
            late = jnp.log(safe / (safe - self.threshold))
        t = jnp.where(above, self.t_first + self.tau.get() * late, jnp.inf)
        return t if self.t_last is None else jnp.minimum(t, self.t_last)
