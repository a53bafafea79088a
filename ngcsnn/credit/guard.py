"""The grazing guard: keeps dh/dt away from zero where a spike's time is divided by it."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

FLOOR = 1e-3  # smallest crossing slope taken at face value, in threshold distances per ms


def guarded_root(square: Any, active: Any, floor: float) -> tuple[Any, Any]:
    """(sqrt of `square`, kept >= floor; how often the floor acted) where `active`; 1 elsewhere, without gradient."""
    low = active & (square < floor * floor)
    safe = jnp.where(active & ~low, square, 1.0)  # sqrt sees no zero, so its derivative stays finite
    root = jnp.where(low, jnp.asarray(floor, square.dtype), jnp.sqrt(safe))
    return root, jnp.sum(lax.stop_gradient(low), dtype=jnp.int32)
