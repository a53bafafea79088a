"""Transmission delays: an event sent at t arrives at t + d.

A delay is split into whole steps, for which an event waits in a line, and a rest, which moves its offset. Where spikes
have times within the step, d = k dt + f with f in [0, dt): an event of offset tau arrives k steps later where
tau + f <= 0, else k + 1 steps later with offset tau + f - dt. Where they sit on the step's end, k is d / dt rounded,
and f = d - k dt counts with value 0 and derivative 1: the gradient that EventProp has on the grid. Without times
(surrogate gradients) a delay has no derivative.
"""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.graph import GraphError, checks, hyper, param

ROUND_OFF = 1e-6  # steps: a delay this close below a whole number of steps counts as that number


def synaptic_delays(shape: Any) -> Any:
    """Declare `delays`, one for every weight."""
    text = "transmission delays; none by default. Training keeps them within [0, max_delay]"
    return param(None, shape=shape, unit="ms", fill=True, check=checks.non_negative, doc=text)


def longest_delay() -> Any:
    """Declare `max_delay`."""
    return hyper(None, kind=(float, type(None)), unit="ms", check=checks.non_negative,
                 doc="longest delay that training may reach; by default the longest of `delays`")  # fmt: skip


def longest(synapse: Any) -> float:
    """`max_delay` of a synapse in ms, checked against its delays."""
    given = np.asarray(synapse.context.live[synapse.name]["delays"])
    most = float(given.max(initial=0.0))
    if synapse.max_delay is None:
        return most
    if most > synapse.max_delay * (1 + 1e-6):
        raise GraphError(
            f"{type(synapse).__name__} '{synapse.name}': `delays` reach {most:g} ms, `max_delay` is "
            f"{synapse.max_delay:g} ms"
        )
    return float(synapse.max_delay)


def line_length(max_delay: float, dt: float) -> int:
    """How many past steps a line has to hold: one more than the whole steps of the longest delay, or none for none."""
    return math.ceil(max_delay / dt - ROUND_OFF) + 1 if max_delay > 0 else 0


def whole_and_rest(delays: Any, dt: float, length: int, rule: Any) -> tuple[Any, Any]:
    """(whole steps, int32; the rest in ms, with the derivative of the delay) under this credit rule."""
    still = lax.stop_gradient(delays)
    steps = jnp.floor(still / dt + ROUND_OFF) if rule.within_step else jnp.round(still / dt)
    steps = jnp.clip(steps, 0, length)
    rest = delays - steps.astype(delays.dtype) * dt if rule.within_step else delays - still
    return steps.astype(jnp.int32), rest


def arrive(value: Any, moment: Any, rest: Any, dt: float) -> tuple[Any, Any]:
    """(value, moment) of what arrives now, of events (rows, 2, *shape) sent k and k + 1 steps ago."""
    late = moment + value * rest
    over = lax.stop_gradient(late * value) > 0  # arrives one step later than the whole steps of its delay say
    now, before = ~over[:, 0], over[:, 1]
    arrived = jnp.where(now, value[:, 0], 0) + jnp.where(before, value[:, 1], 0)
    return arrived, jnp.where(now, late[:, 0], 0) + jnp.where(before, late[:, 1] - dt * value[:, 1], 0)
