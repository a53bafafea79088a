"""Limits on the size of a gradient, by value and by norm."""

from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.optim.trees import compute_dtype

PyTree = Any


def global_norm(grads: PyTree) -> jax.Array:
    """Return the Euclidean norm over all leaves together, shape (); 0 for a tree without leaves."""
    squares = [jnp.sum(jnp.square(jnp.asarray(g, compute_dtype(g)))) for g in jax.tree.leaves(grads)]
    return jnp.sqrt(sum(squares[1:], squares[0])) if squares else jnp.zeros(())


def clip_by_value(grads: PyTree, limit: Any) -> PyTree:
    """Limit every entry to [-limit, limit]; shapes and dtypes stay."""

    def clip(g: Any) -> jax.Array:
        bound = jnp.asarray(limit, compute_dtype(g))
        return jnp.clip(jnp.asarray(g, compute_dtype(g)), -bound, bound).astype(jnp.result_type(g))

    return jax.tree.map(clip, grads)


def clip_by_global_norm(grads: PyTree, limit: Any) -> PyTree:
    """Scale all leaves by `min(1, limit / norm)`, norm being `global_norm`; shapes and dtypes stay.

    Source: Pascanu, Mikolov, Bengio, ICML 2013, arXiv:1211.5063.
    """
    norm = global_norm(grads)
    limit = jnp.asarray(limit, norm.dtype)
    scale = jnp.where(norm > limit, limit / norm, jnp.ones_like(norm))

    def rescale(g: Any) -> jax.Array:
        dtype = compute_dtype(g)
        return (jnp.asarray(g, dtype) * scale.astype(dtype)).astype(jnp.result_type(g))

    return jax.tree.map(rescale, grads)
