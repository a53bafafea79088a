"""How an encoder puts out events: their number, and where in the step they lie."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from ngcsnn.credit import resolve
from ngcsnn.graph import Compartment


def emit(s: Compartment, sizes: Any, moments: Any) -> None:
    """Write events and their first moments (ms; None: they lie at the step's end).

    Where the rule of the run keeps spikes on the grid, moments have value zero there too, and only their derivative.
    """
    rule = resolve(s.component.context.crossing)
    if moments is not None and not rule.within_step:
        moments = moments - lax.stop_gradient(moments)
    s.set_moments(sizes, moments if rule.timed else None)


def level_crossings(before: Any, after: Any, dt: Any) -> tuple[Any, Any]:
    """(number, first moment) of the times at which a straight line from `before` to `after` crosses 1, 2, 3, ...

    before: its value at the step's start, below 1. The number has no derivative, the times have. Level k is crossed at
    the fraction (k - before) / (after - before) of the step; offsets are from the step's end, in ms.
    """
    n = lax.stop_gradient(jnp.maximum(jnp.floor(after), 0.0))
    rise = jnp.where(n > 0, after - before, 1.0)
    return n, dt * ((0.5 * n * (n + 1.0) - n * before) / rise - n)
