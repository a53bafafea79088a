"""Whether jax can hold the number type of a context at this moment."""

from __future__ import annotations

import jax

from ngcsnn.graph import Context, GraphError


def check_precision(context: Context) -> None:
    """Raise where a float64 context is used while jax works in float32: it would lose digits without a word."""
    if jax.dtypes.canonicalize_dtype(context.dtype) != context.dtype:
        raise GraphError(
            f"context '{context.name}' is {context.dtype}: it needs jax.config.update('jax_enable_x64', True), or "
            "`with jax.enable_x64(True):` around this call as around its making"
        )
