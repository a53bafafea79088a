"""Mean membrane potential with a weight that falls linearly to zero over the trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.objectives.readouts.time_integral import TimeIntegral


@dataclass(frozen=True)
class AvgVarLinearWeight(TimeIntegral):
    """Mean of the membrane potential over the trial, with a weight that falls from 1 at its start to 0 at its end.

        y = (1 / T) int_0^T (1 - t / T) v dt,   N steps n = 0, 1, ... from n dt to (n + 1) dt:
        exact:  y = mean over n of  (1 - (n + 1/2) / N) v_mean(n),   the mean of the weight over each step
        steps:  y = mean over n of  (1 - n / N) v(n),   the weight of a step's start on the potential at its end

    Args: integral, "exact" (default, second order in dt) or "steps".
    Shapes: recorded (T, batch, n) -> y (batch, n), in the unit of v.
    genn_eventprop's `sum_weigh_linear`: under cross-entropy its gradient is the one of "steps" divided by tau_m.
    Source: Nowotny, Turner and Knight 2022, arXiv:2212.01232.
    """

    def reduce(self, v: Any, dt: Any) -> Any:
        n_steps = v.shape[0]
        at = np.arange(n_steps) + (0.5 if self.exact else 0.0)
        weights = jnp.asarray(1.0 - at / n_steps, v.dtype)
        return (weights[:, None, None] * v).mean(axis=0)
