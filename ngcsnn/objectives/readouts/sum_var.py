"""Membrane potential summed over a trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ngcsnn.objectives.readouts.time_integral import TimeIntegral


@dataclass(frozen=True)
class SumVar(TimeIntegral):
    """Integral of the membrane potential over the trial.

        exact:  y = int_0^T v dt = dt sum_n v_mean(n)       unit of v times ms; the same y at every dt
        steps:  y = sum_n v(n)                              mlGeNN's: no dt, so y grows as 1 / dt

    Args: integral, "exact" (default, second order in dt) or "steps".
    Shapes: recorded (T, batch, n) -> y (batch, n).
    """

    def reduce(self, v: Any, dt: Any) -> Any:
        total = v.sum(axis=0)
        return total * dt if self.exact else total
