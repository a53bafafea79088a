"""EventProp with spikes on the step's end.

The offset has value 0 and the tangent of a time shift, dtau = -dh / (dh/dt): the gradient of the continuous-time
network, reached as dt -> 0 (first order). Source: Wunderlich & Pehle 2021 (doi:10.1038/s41598-021-91786-z).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.credit.counted import counted
from ngcsnn.credit.guard import FLOOR, count
from ngcsnn.credit.rule import Crossing
from ngcsnn.graph import decide


@jax.custom_jvp
def time_shift(h: Any, slope: Any) -> Any:
    """Zero, with the tangent of the time at which h crosses zero with this slope: -dh / slope."""
    return jnp.zeros_like(h)


@time_shift.defjvp
def _time_shift_jvp(primals: tuple[Any, Any], tangents: tuple[Any, Any]) -> tuple[Any, Any]:
    h, slope = primals
    return jnp.zeros_like(h), -tangents[0] / slope


@dataclass(frozen=True)
class Grid:
    """Spikes on the grid, as GeNN and NEST place them. floor: of the crossing slope, in units of h per ms."""

    floor: float = FLOOR
    within_step = False
    timed = True
    orders = False

    def cross(self, cell: Any, x: Any, j: Any) -> Crossing:
        h, slope, _ = cell.crossing_terms(x, j)
        spiked = decide((h > 0) & cell.may_spike(x))
        at_crossing = lax.stop_gradient(jnp.where(spiked, jnp.maximum(slope, self.floor), 1.0))
        tau = time_shift(jnp.where(spiked, h, 0.0), at_crossing)
        restarted = cell.restart_on_grid(x, j, tau)
        x = type(x)(*(o if n is o else jnp.where(spiked, n, o) for n, o in zip(restarted, x, strict=True)))
        guarded = count(spiked & (slope < self.floor))
        return Crossing(x, spiked.astype(h.dtype), tau, guarded, counted(h, spiked))
