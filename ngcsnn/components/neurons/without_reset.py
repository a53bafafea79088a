"""Cells whose spike is part of their flow: it is seen when the threshold is crossed, and changes nothing."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.graph import decide, state


class WithoutReset(SpikingCell):
    """Base of spiking cells without reset and without refractory time.

    A spike is an upward crossing: a cell that is above its threshold does not spike again before it was below. The way
    back below is seen at the ends of steps.
    """

    clamped: ClassVar[tuple[str, ...]] = ()

    refract_time: Any = None
    above = state(shape="n_units", doc="1 while above threshold since the last spike")

    def may_spike(self, x: Any) -> Any:
        return self.above.get() <= 0

    def reset_map(self, x: Any) -> Any:
        return x

    def restart(self, x: Any, j: Any, tau: Any) -> Any:
        return x

    def restart_on_grid(self, x: Any, j: Any, tau: Any) -> Any:
        return x

    def advance(self) -> None:
        super().advance()
        still = decide(self.threshold(self.read()) > 0)
        self.above.set(jnp.where(self.s.get() > 0, 1.0, self.above.get() * still))
