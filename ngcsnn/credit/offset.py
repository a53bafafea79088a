"""When, within the step, did the threshold function reach zero?

Known at the step's end: h > 0, h' and h''. Both forms are third order in the step and agree to second order at h'' = 0:
    h'' < 0   the root of the parabola, -2 h / (h' + sqrt(h'^2 - 2 h h'')), valid past the peak too (h' < 0)
    h'' >= 0  Halley's step, -2 h / (2 h' - h h'' / h'), exact for h = (a + b t) / (c + d t): the runaway of quadratic
              and exponential cells, whose parabola may not reach zero at all
The tangent is that of a crossing time, dtau = -(dh + tau dh' + tau^2 dh'' / 2) / g, with g the slope at the crossing:
the derivative of the first form, and of the second in h (in h' and h'' up to third order).
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ngcsnn.credit.guard import count


class _Root(NamedTuple):
    tau: Any
    g: Any
    reached: Any
    guarded: Any


def crossing_offset(h: Any, slope: Any, bend: Any, spiked: Any, floor: float, earliest: float) -> tuple[Any, Any]:
    """(offset of the crossing from the step's end in ms, <= 0, and 0 where not `spiked`; how often the guard acted).

    The guard acts where the slope at the crossing is below `floor`, which then takes its place in value and tangent,
    and where the crossing would lie before `earliest` (ms, < 0), which is then the offset, without tangent.
    """
    guarded = _root(h, slope, bend, spiked, floor, earliest).guarded
    return _offset(h, slope, bend, spiked, floor, earliest), count(guarded)


@partial(jax.custom_jvp, nondiff_argnums=(4, 5))
def _offset(h: Any, slope: Any, bend: Any, spiked: Any, floor: float, earliest: float) -> Any:
    return _root(h, slope, bend, spiked, floor, earliest).tau


@_offset.defjvp
def _offset_jvp(floor: float, earliest: float, primals: Any, tangents: Any) -> tuple[Any, Any]:
    h, slope, bend, spiked = primals
    tau, g, reached, _ = _root(h, slope, bend, spiked, floor, earliest)
    dh, dslope, dbend, _ = tangents
    return tau, jnp.where(reached, -1.0 / g, 0.0) * (dh + tau * (dslope + 0.5 * tau * dbend))


def _root(h: Any, slope: Any, bend: Any, spiked: Any, floor: float, earliest: float) -> _Root:
    concave = bend < 0
    square = jnp.where(concave, slope * slope - 2.0 * h * bend, jnp.maximum(slope, 0.0) ** 2)
    low = spiked & (square < floor * floor)
    g = jnp.sqrt(jnp.where(spiked, jnp.maximum(square, floor * floor), 1.0))
    halley = 2.0 * g - h * bend / g
    below = jnp.where(concave, slope + g, halley)
    reached = spiked & (-2.0 * h > earliest * below)
    tau = jnp.where(reached, -2.0 * h / jnp.where(reached, below, 1.0), jnp.where(spiked, earliest, 0.0))
    return _Root(tau, jnp.where(concave, g, halley * halley / (4.0 * g)), reached, low | (spiked & ~reached))
