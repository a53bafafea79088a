"""EventProp with spikes on the step's end.

The offset has value 0 and the tangent of a time shift, dtau = -dh / (dh/dt): the gradient of the continuous-time network,
reached as dt -> 0 (first order). Source: Wunderlich & Pehle 2021 (doi:10.1038/s41598-021-91786-z).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jax import lax

from ngcsnn.credit.guard import FLOOR, guarded_root
from ngcsnn.credit.rule import Crossing
from ngcsnn.graph import decide


@dataclass(frozen=True)
class Grid:
    """Spikes on the grid, as GeNN and NEST place them. floor: of the crossing slope, in threshold distances per ms."""

    floor: float = FLOOR
    timed = True

    def cross(self, cell: Any, x: Any, j: Any) -> Crossing:
        h, slope, _ = cell.crossing_terms(x, j)
        spiked = decide(lax.stop_gradient(h > 0) & cell.may_spike(x))
        at_crossing, guarded = guarded_root(jnp.where(slope > 0, slope * slope, 0.0), spiked, self.floor)
        h = jnp.where(spiked, h, 0.0)
        tau = -(h - lax.stop_gradient(h)) / lax.stop_gradient(at_crossing)
        restarted = cell.restart_on_grid(x, j, tau)
        x = type(x)(*(jnp.where(spiked, new, old) for new, old in zip(restarted, x, strict=True)))
        return Crossing(x, spiked.astype(h.dtype), tau, guarded)
