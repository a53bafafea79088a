"""The trajectory of the membrane potential."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ngcsnn.objectives.readouts.time_integral import TimeIntegral


@dataclass(frozen=True)
class Var(TimeIntegral):
    """The membrane potential at every step, for losses that compare trajectories.

        exact:  y(n) = mean of v over step n        steps:  y(n) = v at the end of step n

    Args: integral, "exact" (default: a time average of a smooth function of y is second order in dt) or "steps"
    (mlGeNN's numbers).
    Shapes: recorded (T, batch, n) -> y (batch, T, n), in the unit of v.
    """

    keeps_time: ClassVar[bool] = True

    def reduce(self, v: Any, dt: Any) -> Any:
        return v.swapaxes(0, 1)
