"""Thresholds that hold the activity of a whole layer where it should be."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax


def pulled(cell: Any, thr: Any, pull: Any) -> Any:
    """thr + pull (spikes of the layer in this step - target dt), at least `thr_min`; each sample on its own.

    The spikes carry no credit here: thresholds move far slower than what they are crossed by.
    """
    spikes = lax.stop_gradient(jnp.sum(cell.s.get(), -1, keepdims=True))
    return jnp.maximum(thr + pull * (spikes - cell.target.get() * cell.context.dt), cell.thr_min.get())
