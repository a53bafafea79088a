"""Cross-entropy of a softmax, for the losses that use one."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax


def softmax_cross_entropy(y: Any, target: Any, temperature: float) -> Any:
    """-log softmax(y / temperature)[target] over the last axis; y (..., n), target (...) integers.

    Finite for every finite y: the maximum is taken off before the division, so that nothing overflows and what all
    units share is not rounded away.
    """
    z = (y - lax.stop_gradient(y.max(axis=-1, keepdims=True))) / temperature
    picked = jnp.take_along_axis(z, target[..., None], axis=-1)[..., 0]
    return jnp.log(jnp.exp(z).sum(axis=-1)) - picked
