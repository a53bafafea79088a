"""EventProp with spikes on the step's end.

The offset has value 0 and the tangent of a time shift, dtau = -dh / (dh/dt): the gradient of the continuous-time
network, reached as dt -> 0 (first order). Source: Wunderlich & Pehle 2021 (doi:10.1038/s41598-021-91786-z).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.credit.counted import counted
from ngcsnn.credit.guard import FLOOR
from ngcsnn.credit.rule import Crossing
from ngcsnn.graph import UnknownNameError, closest, decide

PLACES = ("end", "start")


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
    """Spikes on the grid, as GeNN and NEST place them.

    floor: of the crossing slope, in units of h per ms.
    at: the state of the step by which its spike moves. What spikes, and every value, is the same under both; the
    crossing lies between the two, and both gradients are first order in dt. On recurrent LIF networks "start" came
    about twice as near to the true one as "end", for two more flows a step.
        "end" (default)  the state that h is tested on, at the step's end. Arrivals of the step itself move the spike.
        "start"          dh and the reset are those of the step's start, after its arrivals, and tangents flow on from
                         there; dh/dt takes the currents of the start, before they decay, and the cell's own fields of
                         the end, where h has reached zero. Arrivals of the step itself come too late to move the spike.
                         So do mlGeNN and GeNN, which stamp spikes there and divide by I - V: their gradients.
    Errors: `UnknownNameError` for another `at`.
    """

    floor: float = FLOOR
    at: Literal["end", "start"] = "end"
    within_step = False
    timed = True
    orders = False

    def __post_init__(self) -> None:
        if self.at not in PLACES:
            near = closest(str(self.at), PLACES)
            raise UnknownNameError(f"`at` of Grid must be one of {', '.join(PLACES)}, got {self.at!r}{near}")

    def cross(self, cell: Any, x: Any, j: Any) -> Crossing:
        spiked = decide((cell.threshold(x) > 0) & cell.may_spike(x))
        if self.at == "end":
            h, slope, tau = self._shift(cell, x, j, spiked)
            flown = cell.restart_on_grid(x, j, tau)
        else:
            back = jnp.where(spiked, cell.context.dt, 0.0).astype(x[0].dtype)  # 0: others need not be flown back
            start = _at_start(cell, x, j, back)
            h, slope, tau = self._shift(cell, start, j, spiked)
            flown = cell.after_reset(cell.restart_on_grid(start, j, tau), j, back)
        restarted = type(x)(*map(_moving_as, cell.reset_map(x), flown))
        x = type(x)(*(o if n is o else jnp.where(spiked, n, o) for n, o in zip(restarted, x, strict=True)))
        return Crossing(x, spiked.astype(h.dtype), tau, spiked & (slope < self.floor), counted(h, spiked))

    def _shift(self, cell: Any, x: Any, j: Any, spiked: Any) -> tuple[Any, Any, Any]:
        """(h, dh/dt, the shift of the spike's time) by this state."""
        h, slope, _ = cell.crossing_terms(x, j)
        at_crossing = lax.stop_gradient(jnp.where(spiked, jnp.maximum(slope, self.floor), 1.0))
        return h, slope, time_shift(jnp.where(spiked, h, 0.0), at_crossing)


def _at_start(cell: Any, x: Any, j: Any, back: Any) -> Any:
    """The state `back` ms before `x`, its own fields with the values of `x`."""
    start = cell.flow(x, j, -back)
    return start._replace(**{f: _moving_as(getattr(x, f), getattr(start, f)) for f in cell.fields})


@jax.custom_jvp
def _moving_as(value: Any, other: Any) -> Any:
    """`value` with the tangent of `other`, which need not be computed where no tangent is asked for."""
    return value


@_moving_as.defjvp
def _moving_as_jvp(primals: tuple[Any, Any], tangents: tuple[Any, Any]) -> tuple[Any, Any]:
    return primals[0], tangents[1]
