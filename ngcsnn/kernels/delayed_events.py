"""Events through synapses with delays: each is added to the step in which it arrives, synapse by synapse."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.components.synapses.delays import waits
from ngcsnn.kernels.events import Events

AT_ONCE = 2**20  # (event, synapse) pairs that are scattered at a time


def project_delayed(events: Events, weights: Any, delays: Any, dt: float, rule: Any) -> tuple[Any, Any]:
    """(m0, m1) of what arrives, each (T, batch, n_post); weights and delays (n_units, n_post), delays in ms.

    rule: the credit rule. Where spikes have times within the step, an event arrives at its own time, in the step that
    holds it; else whole steps later, the delay rounded. m1 is None where the rule keeps no times. Differentiable in
    weights and, through the times, in delays.
    """
    n_post = weights.shape[1]
    empty = jnp.zeros((events.n_steps, events.batch, n_post), weights.dtype)
    size = max(1, min(events.step.shape[1], AT_ONCE // max(1, events.batch * n_post)))
    fill = -events.step.shape[1] % size
    delay = waits(delays, dt, rule.within_step)

    def blocks(a: Any, value: Any = 0) -> Any:
        a = jnp.pad(a, ((0, 0), (0, fill)), constant_values=value)
        return jnp.moveaxis(a.reshape(events.batch, -1, size), 1, 0)

    @jax.checkpoint
    def some(total: Any, part: Any) -> Any:
        step, unit, offset = part
        real = (unit < events.n_units)[..., None]
        at = jnp.minimum(unit, events.n_units - 1)
        w, here = jnp.where(real, weights[at], 0), jax.tree.map(lambda a: a[at], delay)  # (batch, size, n_post)
        if rule.within_step:
            late = here.late(offset[..., None])
            moment = offset[..., None] + here.rest - dt * late
        else:
            late, moment = False, here.rest
        row = step[..., None] + (here.steps + late).astype(step.dtype)
        place = row, jnp.arange(events.batch)[:, None, None], jnp.arange(n_post)
        return tuple(t.at[place].add(v, mode="drop") for t, v in zip(total, (w, w * moment), strict=True)), None

    offset = jnp.zeros(events.step.shape, weights.dtype) if events.offset is None else events.offset
    parts = blocks(events.step), blocks(events.unit, events.n_units), blocks(offset)
    (m0, m1), _ = lax.scan(some, (empty, empty), parts)
    return m0, m1 if rule.timed else None
