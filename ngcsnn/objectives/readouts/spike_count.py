"""How often each output cell spiked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ngcsnn.graph import Component
from ngcsnn.objectives.base import Readout


@dataclass(frozen=True)
class SpikeCount(Readout):
    """Number of spikes of the trial.

        y = sum_n s(n),    dy/ds(n) = 1

    y moves in whole spikes: its true derivative is zero almost everywhere, and EventProp, which is that derivative, has
    nothing to learn from it. It trains with surrogate gradients; to evaluate and predict, every rule will do.
    Shapes: recorded (T, batch, n) -> y (batch, n), in spikes.
    """

    needs_surrogate: ClassVar[bool] = True

    @property
    def reads(self) -> str:
        return "s"

    def reduce(self, v: Any, dt: Any) -> Any:
        return v.sum(axis=0)

    def instead(self, cell: Component, name: str) -> str:
        return "use an output cell that spikes, such as LIFCell"
