"""Mean membrane potential with a weight that falls from one to zero around a point of the trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.objectives.readouts.time_integral import TimeIntegral


@dataclass(frozen=True)
class AvgVarSigmoidWeight(TimeIntegral):
    """Mean of the membrane potential over the trial, weighted by a sigmoid of time.

        y = (1 / T) int_0^T w(t / T) v dt,   w(x) = 1 / (1 + exp((x - centre) / width)),   N steps from n dt on:
        exact:  y = mean over n of  w_n v_mean(n),   w_n = N int w dx from n / N to (n + 1) / N
                                                         = N width (softplus((centre - n / N) / width)
                                                                    - softplus((centre - (n + 1) / N) / width))
        steps:  y = mean over n of  w(n / N) v(n),   the weight of a step's start on the potential at its end

    Args: centre, where the weight is one half, and width > 0, both as fractions of the trial, default 0.5 and 0.2.
    integral, "exact" (default, second order in dt) or "steps".
    Shapes: recorded (T, batch, n) -> y (batch, n), in the unit of v.
    genn_eventprop's `sum_weigh_sigmoid` (centre 0.5, width 0.2): under cross-entropy its gradient is the one of
    "steps" divided by tau_m.
    Source: Nowotny, Turner and Knight 2022, arXiv:2212.01232.
    """

    centre: float = 0.5
    width: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        self.set_number("centre", low=-np.inf, unit="(of the trial)")
        self.set_number("width", low=0.0, exclusive=True, unit="(of the trial)")

    def reduce(self, v: Any, dt: Any) -> Any:
        n_steps = v.shape[0]
        z = (self.centre - np.arange(n_steps + 1) / n_steps) / self.width
        if self.exact:  # in float64 on the host: the difference of two steps' ends would lose digits in float32
            weights = -np.diff(np.logaddexp(0.0, z)) * self.width * n_steps
        else:
            weights = np.exp(-np.logaddexp(0.0, -z[:-1]))
        return (jnp.asarray(weights, v.dtype)[:, None, None] * v).mean(axis=0)
