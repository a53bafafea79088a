"""Copies of a list of events, each later by a fixed time, through a weight matrix of its own: a delay line.

    m0[n, b] = sum over the copies c and the events of sample b that arrive in step n of W[c, unit],   m1 with offsets
One copy after another is projected and added up, forward and backward, so that memory does not grow with the copies
(weights and their gradient aside).
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.components.synapses.delays import waits
from ngcsnn.kernels.event_projection import project
from ngcsnn.kernels.events import Events


def project_copies(events: Events, weights: Any, delays: Any, dt: float, rule: Any) -> tuple[Any, Any]:
    """(m0, m1) of what arrives, each (T, batch, n_post); weights (copies, n_units, n_post), delays (copies, ...) in ms.

    delays: known numbers, one for each copy. rule: the credit rule. Where spikes have times within the step, every copy
    of an event arrives at its own time; else whole steps later, the delay rounded. m1 is None where the events carry no
    offsets and need none. Differentiable in weights.
    """
    with jax.ensure_compile_time_eval():
        found = jax.tree.map(np.asarray, waits(jnp.reshape(delays, len(weights)), dt, rule.within_step))
    whole = not rule.within_step or bool(np.all(np.abs(found.rest) <= found.slack))
    if not whole and events.offset is None:
        events = replace(events, offset=jnp.zeros(events.step.shape, weights.dtype))
    return _copies(whole, dt, events, weights, tuple(found))


@partial(jax.custom_vjp, nondiff_argnums=(0, 1))
def _copies(whole: bool, dt: float, events: Events, weights: Any, shifts: Any) -> tuple[Any, Any]:
    def add(total: Any, part: Any) -> tuple[Any, None]:
        matrix, shift = part
        for later in _shifted(whole, dt, events, shift):
            total = jax.tree.map(jnp.add, total, project(later, matrix))
        return total, None

    empty = jnp.zeros((events.n_steps, events.batch, weights.shape[2]), weights.dtype)
    return lax.scan(add, (empty, None if events.offset is None else empty), (weights, shifts))[0]


def _copies_forward(whole: bool, dt: float, events: Events, weights: Any, shifts: Any) -> tuple[Any, Any]:
    return _copies(whole, dt, events, weights, shifts), (events, weights, shifts)


def _copies_backward(whole: bool, dt: float, residuals: Any, cotangents: Any) -> tuple[Any, Any, Any]:
    events, weights, shifts = residuals

    def gradient(part: Any) -> Any:
        matrix, shift = part
        lists = _shifted(whole, dt, events, shift)
        return sum(jax.vjp(partial(project, later), matrix)[1](cotangents)[0] for later in lists)

    return events.no_cotangent(), lax.map(gradient, (weights, shifts)), None


_copies.defvjp(_copies_forward, _copies_backward)


def _shifted(whole: bool, dt: float, events: Events, shift: Any) -> list[Events]:
    """The events this much later, in lists that are sorted by step as theirs is: those that arrive in the step that the
    whole steps of the delay lead to, and those that arrive in the next one."""
    steps, rest, slack = shift
    on_time = replace(events, step=events.step + steps.astype(events.step.dtype))
    if whole:
        return [on_time]
    offset = events.offset + rest
    over = offset > slack
    late = replace(on_time, step=on_time.step + 1, offset=offset - dt)
    return [replace(on_time, offset=offset).without(over), late.without(~over)]
