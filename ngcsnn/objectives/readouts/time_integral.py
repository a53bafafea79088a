"""The base of readouts that integrate the membrane potential over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ngcsnn.graph import Component, UnknownNameError, closest
from ngcsnn.objectives.base import Readout

METHODS = ("exact", "steps")


@dataclass(frozen=True)
class TimeIntegral(Readout, abstract=True):
    """Base of readouts of a time integral of v.

    integral: "exact" (default) records `v_mean`, the mean of v over each step, and is second order in dt; "steps"
    records `v` at the steps' ends and sums it plainly as mlGeNN does, first order in dt.
    """

    integral: Literal["exact", "steps"] = field(default="exact", kw_only=True)

    def __post_init__(self) -> None:
        if self.integral not in METHODS:
            raise UnknownNameError(
                f"`integral` of {type(self).__name__} must be one of {', '.join(METHODS)}, got {self.integral!r}"
                f"{closest(str(self.integral), METHODS)}"
            )

    @property
    def exact(self) -> bool:
        return self.integral == "exact"

    @property
    def reads(self) -> str | tuple[str, ...]:
        return "v_mean" if self.exact else "v"

    def instead(self, cell: Component, name: str) -> str:
        if name == "v_mean" and "v" in cell.compartments:
            return "use integral='steps', which sums `v` at the steps' ends, or an output cell with `v_mean` (LICell)"
        return super().instead(cell, name)
