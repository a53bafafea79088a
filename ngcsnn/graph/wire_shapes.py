"""The shape that a wire carries, found without running anything."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.graph.errors import WireError
from ngcsnn.graph.wires import Expression, Readable

_BATCH = 4099  # a batch size that no layer has, so that nothing fits by chance


def per_sample_shape(wire: Readable) -> tuple[int, ...]:
    """The shape a wire carries, without the batch axis; raises WireError where its operands do not fit."""
    try:
        shape = tuple(_spec(wire).shape)
    except (TypeError, ValueError, IndexError, AttributeError) as error:
        ends = ", ".join(f"{c!r} {c.shape}" for c in wire.sources())
        raise WireError(f"{wire!r} does not fit together ({ends}): {str(error).splitlines()[0]}") from None
    if wire.batched and shape[:1] != (_BATCH,):
        raise WireError(f"{wire!r} loses the batch axis: it yields shape {shape} for a batch of {_BATCH}")
    return shape[1:] if wire.batched else shape


def _spec(wire: Readable) -> Any:
    if isinstance(wire, Expression):
        return jax.eval_shape(lambda *values: wire.on_values(list(values)), *(_spec(o) for o in wire.readable()))
    shape: tuple[int, ...] = wire.shape  # type: ignore[attr-defined]
    return jax.ShapeDtypeStruct((_BATCH, *shape) if wire.batched else shape, jnp.float32)
