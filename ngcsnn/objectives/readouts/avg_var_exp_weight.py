"""Mean membrane potential with a weight that decays over the trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from ngcsnn.objectives.readouts.time_integral import TimeIntegral


@dataclass(frozen=True)
class AvgVarExpWeight(TimeIntegral):
    """Mean of the membrane potential over the trial, early times weighted most.

        y = (1 / T) int_0^T exp(-rate t) v dt,   step n = 0, 1, ... lasts from n dt to (n + 1) dt:
        exact:  y = mean over n of  w_n v_mean(n),   w_n = exp(-rate n dt) (1 - exp(-rate dt)) / (rate dt),
                the mean of exp(-rate t) over step n; at rate 0 this is `AvgVar`
        steps:  y = mean over n of  exp(-rate n dt) v(n),   the weight of a step's start on the potential at its end:
                mlGeNN's numbers, exp(rate dt) times what weights at the steps' ends would give

    Args: rate, in 1/ms, >= 0, default None: 1 / T with T the trial's length. integral, "exact" (default, second order
    in dt) or "steps".
    Shapes: recorded (T, batch, n) -> y (batch, n), in the unit of v.
    Source: Nowotny, Turner and Knight 2022, arXiv:2212.01232.
    """

    rate: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rate is not None:
            self.set_number("rate", low=0.0, unit="1/ms")

    def reduce(self, v: Any, dt: Any) -> Any:
        n_steps = v.shape[0]
        x = jnp.asarray(1.0 / n_steps, v.dtype) if self.rate is None else self.rate * dt  # decay over one step
        weights = jnp.exp(-x * jnp.arange(n_steps, dtype=v.dtype))
        if self.exact:
            safe = jnp.where(x > 0, x, 1.0)
            weights = weights * jnp.where(x > 0, -jnp.expm1(-safe) / safe, 1.0)
        return (weights[:, None, None] * v).mean(axis=0)
