"""EventProp with spikes placed inside the step.

h is the cell's threshold function at the step's end; `crossing_offset` finds tau <= 0 where it was zero. The cell
restarts from its reset there and flows for -tau. Detection carries no gradient; everything else is ordinary
differentiable code, and the derivative of tau, -dh / (dh/dt at the crossing), is the whole of EventProp.
Source: Wunderlich & Pehle 2021 (doi:10.1038/s41598-021-91786-z); second order in dt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from ngcsnn.credit.counted import counted
from ngcsnn.credit.guard import FLOOR
from ngcsnn.credit.offset import crossing_offset
from ngcsnn.credit.rule import Crossing
from ngcsnn.graph import decide

LATEST = 2.0  # steps: an arrival may have lifted a cell over threshold in the step before; no detection is later


@dataclass(frozen=True)
class Precise:
    """Spikes at their exact time within the step.

    floor: of the crossing slope, in units of h per ms. orders: spikes also move for arrivals of their own step, where
    the cell can tell by how much (see `ngcsnn.components.neurons.coincidence`). Without, such a coincidence
    is missed by the gradient, an error of order 1 that is as rare as dt is short; with it, what is left of the error is
    small and proportional to dt. The loss is second order in dt either way.
    """

    floor: float = FLOOR
    orders: bool = False
    within_step = True
    timed = True

    def cross(self, cell: Any, x: Any, j: Any) -> Crossing:
        h, slope, bend = cell.crossing_terms(x, j)
        s = decide(((h > 0) & cell.may_spike(x)).astype(h.dtype))
        spiked = s > 0
        earliest = -LATEST * cell.context.dt
        tau, guarded = crossing_offset(h, slope, bend, spiked, self.floor, earliest, keep=decide)
        restarted = cell.restart(x, j, tau)
        x = type(x)(*(o if n is o else jnp.where(spiked, n, o) for n, o in zip(restarted, x, strict=True)))
        return Crossing(x, s, tau, guarded, counted(h, spiked))
