"""The grazing guard: keeps dh/dt away from zero where a spike's time is divided by it."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

FLOOR = 1e-3  # smallest crossing slope taken at face value, in units of the threshold function per ms


def count(acted: Any) -> Any:
    """How many entries are True, as int32 without gradient."""
    return jnp.sum(lax.stop_gradient(acted), dtype=jnp.int32)
