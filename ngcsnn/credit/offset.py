"""When, within the step, did the threshold function reach zero?

Known at the step's end: h > 0, h' and h''. Both forms are third order in the step and agree to second order at h'' = 0:
    h'' < 0   the root of the parabola, -2 h / (h' + sqrt(h'^2 - 2 h h'')), valid past the peak too (h' < 0)
    h'' >= 0  Halley's step, -2 h / (2 h' - h h'' / h'), exact for h = (a + b t) / (c + d t): the runaway of quadratic
              and exponential cells, whose parabola may not reach zero at all
The tangent is that of a crossing time, dtau = -(dh + tau dh' + tau^2 dh'' / 2) / g, with g the slope at the crossing:
the derivative of the first form, and of the second in h (in h' and h'' up to third order).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


def crossing_offset(
    h: Any, slope: Any, bend: Any, spiked: Any, floor: float, earliest: float,
    keep: Callable[..., Any] = lambda tau, move: move(tau),
) -> tuple[Any, Any]:  # fmt: skip
    """(offset of the crossing from the step's end in ms, <= 0, and 0 where not `spiked`; where the guard acted).

    The guard acts where the slope at the crossing is below `floor`, which then takes its place in value and tangent,
    and where the crossing would lie before `earliest` (ms, < 0), which is then the offset, without tangent.
    keep(tau, move): stores the offsets for the way back, which so needs no root; move gives them their tangent.
    """
    still = lax.stop_gradient
    tau, guarded = _root(still(h), still(slope), still(bend), spiked, floor, earliest)
    return keep(tau, lambda t: _moving(t, h, slope, bend, spiked, floor, earliest)), guarded


@partial(jax.custom_jvp, nondiff_argnums=(5, 6))
def _moving(tau: Any, h: Any, slope: Any, bend: Any, spiked: Any, floor: float, earliest: float) -> Any:
    """`tau`, with the tangent of a crossing time."""
    return tau


@_moving.defjvp
def _moving_jvp(floor: float, earliest: float, primals: Any, tangents: Any) -> tuple[Any, Any]:
    tau, h, slope, bend, spiked = primals
    _, dh, dslope, dbend, _ = tangents
    concave, rising = bend < 0, jnp.maximum(slope, floor)
    reached = spiked & (tau > earliest)
    # concave: g = h' + tau h'', what the root of the parabola has there; else g = h' (1 - h h'' / (2 h'^2))^2
    rest = 1.0 - 0.5 * h * bend / (rising * rising)
    below = jnp.where(concave, jnp.maximum(slope + tau * bend, floor), rising * rest * rest)
    # the division by g comes last on the way back: what it gives XLA's CPU compiler stores, and works out once
    moved = (dh + tau * (dslope + 0.5 * tau * dbend)) / jnp.where(reached, below, 1.0)
    return tau, jnp.where(reached, -moved, 0.0)


def _root(h: Any, slope: Any, bend: Any, spiked: Any, floor: float, earliest: float) -> tuple[Any, Any]:
    """(tau, where the guard acted)."""
    concave, rising = bend < 0, jnp.maximum(slope, floor)
    square = slope * slope - 2.0 * h * bend
    low = jnp.where(concave, square < floor * floor, slope < floor)
    root = jnp.sqrt(jnp.maximum(jnp.where(concave, square, 1.0), floor * floor))
    below = jnp.where(concave, slope + root, 2.0 * rising - h * bend / rising)
    met = spiked & (below > 0)
    tau = -2.0 * h / jnp.where(met, below, 1.0)
    reached = met & (tau > earliest)
    return jnp.where(reached, tau, jnp.where(spiked, earliest, 0.0)), spiked & (low | ~reached)
