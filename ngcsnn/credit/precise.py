"""EventProp with spikes placed inside the step.

h is the cell's threshold function at the step's end. The crossing lies where h + h' tau + h'' tau^2 / 2 = 0, so
    tau = -2 h / (h' + sqrt(h'^2 - 2 h h'')),   third order, and valid past the peak of the membrane (h' < 0, h'' < 0).
The cell restarts from its reset there and flows for -tau. Detection carries no gradient; everything else is ordinary
differentiable code, and the derivative of tau, -dh / (dh/dt at the crossing), is the whole of EventProp.
Source: Wunderlich & Pehle 2021 (doi:10.1038/s41598-021-91786-z); second order in dt.
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
class Precise:
    """Spikes at their exact time within the step. floor: of the crossing slope, in threshold distances per ms."""

    floor: float = FLOOR
    timed = True

    def cross(self, cell: Any, x: Any, j: Any) -> Crossing:
        h, slope, bend = cell.crossing_terms(x, j)
        spiked = decide(lax.stop_gradient(h > 0) & cell.may_spike(x))
        h = jnp.where(spiked, h, 0.0)
        at_crossing, guarded = guarded_root(slope * slope - 2.0 * h * bend, spiked, self.floor)
        denominator = slope + at_crossing
        tau = -2.0 * h / jnp.where(spiked, jnp.maximum(denominator, self.floor), 1.0)
        tau = jnp.maximum(tau, -2.0 * cell.context.dt)  # a detection may be a step late, never more
        restarted = cell.restart(x, j, tau)
        x = type(x)(*(jnp.where(spiked, new, old) for new, old in zip(restarted, x, strict=True)))
        s = spiked.astype(h.dtype)
        return Crossing(x, s, tau, guarded)
