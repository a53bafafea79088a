"""Mean membrane potential of a trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ngcsnn.objectives.readouts.time_integral import TimeIntegral


@dataclass(frozen=True)
class AvgVar(TimeIntegral):
    """Mean of the membrane potential over the trial.

        y = (1 / T) int_0^T v dt           exact: mean over steps of v_mean; steps: mean over steps of v

    Args: integral, "exact" (default, second order in dt) or "steps" (mlGeNN's numbers).
    Shapes: recorded (T, batch, n) -> y (batch, n), in the unit of v.
    """

    def reduce(self, v: Any, dt: Any) -> Any:
        return v.mean(axis=0)
