"""Spikes as regularisers count them, where a rule gives a spike's size no derivative.

EventProp moves spikes in time and never makes or removes one, so the derivative of a spike count is 0 almost
everywhere. What regularises counts there is the straight-through derivative at the spikes alone,

    dc = sum over the spikes of dh        h the threshold function of the state before the reset

a surrogate of height 1 at spikes and 0 elsewhere. Under it a penalty strength / 2 (c - target)^2 adds
strength (c - target) dh/dv to the gradient by v at each spike, which is what mlGeNN and genn_eventprop add there (to
their adjoint, so with other factors: see `SpikeCountRegulariser`). A cell that is silent gets nothing from it.
Source: Nowotny, Turner & Knight 2022 (arXiv:2212.01232).
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp


@jax.custom_jvp
def counted(h: Any, spiked: Any) -> Any:
    """`spiked` as a number, with the tangent dh at the spikes."""
    return spiked.astype(h.dtype)


@counted.defjvp
def _counted_jvp(primals: Any, tangents: Any) -> tuple[Any, Any]:
    h, spiked = primals
    return spiked.astype(h.dtype), jnp.where(spiked, tangents[0], 0.0)
