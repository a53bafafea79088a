"""Bounds and masks: where parameters may be after an update."""

import math
import numbers
from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.optim.trees import map_matched

PyTree = Any
Bounds = tuple[float | None, float | None]


def check_bounds(bounds: Any, name: str = "clamp") -> Bounds:
    """Return `bounds` as a pair `(w_min, w_max)`; either may be None (open).

    Errors: `TypeError` if it is not a pair of numbers, `ValueError` if w_min > w_max, for NaN, or if both are open.
    """
    pair = tuple(bounds) if isinstance(bounds, list | tuple) else ()
    if len(pair) != 2 or any(isinstance(b, bool) or not (b is None or isinstance(b, numbers.Real)) for b in pair):
        raise TypeError(f"`{name}` must be a pair (w_min, w_max) of numbers, None for an open side, got {bounds!r}")
    low, high = (None if b is None else float(b) for b in pair)
    if low is None and high is None:
        raise ValueError(f"`{name}` = (None, None) bounds nothing; leave it out, or give w_min or w_max")
    if any(b is not None and math.isnan(b) for b in (low, high)) or (
        low is not None and high is not None and low > high
    ):
        raise ValueError(f"`{name}` must have w_min <= w_max, got ({low}, {high})")
    return low, high


def clamp_params(params: PyTree, bounds: Bounds, mask: PyTree = None) -> PyTree:
    """Put every entry into [w_min, w_max]: `w <- min(max(w, w_min), w_max)`; entries outside the mask are 0.

    Arguments: `bounds` `(w_min, w_max)`, None for an open side; `mask` as in `apply_mask` (an absent synapse stays
    absent even where 0 is out of bounds).
    Returns the tree with shapes and dtypes as given.
    Errors: those of `check_bounds` and `apply_mask`.
    """
    low, high = check_bounds(bounds, "bounds")

    def clamp(w: Any) -> jax.Array:
        return jnp.clip(jnp.asarray(w), low, high).astype(jnp.result_type(w))

    return apply_mask(jax.tree.map(clamp, params), mask)


def apply_mask(params: PyTree, mask: PyTree = None) -> PyTree:
    """Set to 0 every entry whose mask is 0 or False: `w <- w [mask != 0]`.

    Arguments: `mask`, None (everything stays), or a tree with the leaves and shapes of `params`.
    Returns the tree with shapes and dtypes as given.
    Errors: `ValueError` naming a leaf of `mask` that is missing or has another shape.
    """
    if mask is None:
        return params

    def hold(w: Any, m: Any) -> tuple[jax.Array]:
        return (jnp.where(jnp.asarray(m) != 0, w, 0).astype(jnp.result_type(w)),)

    (masked,) = map_matched(hold, 1, params, name="params", mask=mask)
    return masked
