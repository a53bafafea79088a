"""Transmission delays: an event sent at t arrives at t + d.

A delay is split into whole steps, for which an event waits in a line, and a rest, which moves its offset. Where spikes
have times within the step, d = k dt + f with f in [0, dt): an event of offset tau arrives k steps later where
tau + f <= 0, else k + 1 steps later with offset tau + f - dt. Where they sit on the step's end, k is d / dt rounded,
and f = d - k dt counts with value 0 and derivative 1: the gradient that EventProp has on the grid. Without times
(surrogate gradients, graded values) k is d / dt rounded too, and a delay has no derivative.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.graph import GraphError, checks, hyper, param

ROUND_OFF = 1e-6  # steps: a time this close above a step's end is on it


class Waits(NamedTuple):
    """Delays on the grid. steps: whole steps (int32). rest: what is left, ms, with the derivative of the delay. slack:
    how far above a step's end (ms) an arrival still counts as on it, for round-off in the delay."""

    steps: Any
    rest: Any
    slack: Any

    def late(self, offset: Any) -> Any:
        """Whether an event of this offset (ms) arrives a step later than `steps` says."""
        return lax.stop_gradient(offset + self.rest) > self.slack


def waits(delays: Any, dt: float, within_step: bool) -> Waits:
    """`delays` (ms) on the grid; within_step: whether arrivals have times within the step."""
    still = lax.stop_gradient(delays)
    ratio = still / dt
    slack = ROUND_OFF + 4 * float(jnp.finfo(delays.dtype).eps) * ratio
    steps = jnp.floor(ratio + slack) if within_step else jnp.round(ratio)
    rest = delays - steps * dt if within_step else delays - still
    return Waits(steps.astype(jnp.int32), rest, slack * dt)


def arrive(value: Any, moment: Any, waits: Waits, dt: float) -> tuple[Any, Any, Any]:
    """(value, moment) of what arrives now, of events (rows, 2, *shape) sent k and k + 1 steps ago; and which of the
    former do."""
    moved = moment + value * waits.rest
    over = lax.stop_gradient(moved * value) > waits.slack * value**2
    now, before = ~over[:, 0], over[:, 1]
    arrived = jnp.where(now, value[:, 0], 0) + jnp.where(before, value[:, 1], 0)
    return arrived, jnp.where(now, moved[:, 0], 0) + jnp.where(before, moved[:, 1] - dt * value[:, 1], 0), now


# --- what a synapse declares, and what is checked ---------------------------------------------------------------------
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
    most = float(np.max(np.asarray(synapse.context.live[synapse.name]["delays"]), initial=0.0))
    if synapse.max_delay is None:
        return most
    if not within(synapse.max_delay).holds(most):
        raise GraphError(
            f"{type(synapse).__name__} '{synapse.name}': `delays` reach {most:g} ms, `max_delay` is "
            f"{synapse.max_delay:g} ms"
        )
    return float(synapse.max_delay)


def within(max_delay: float) -> checks.Check:
    """What delays must satisfy whose line is made for `max_delay`; it has room for the round-off of float32."""
    high = max_delay * (1 + ROUND_OFF)
    return checks.Check(
        lambda d: bool(np.all((np.asarray(d) >= 0) & (np.asarray(d) <= high))),
        f"between 0 and `max_delay` = {max_delay:g}",
    )


def line_length(max_delay: float, dt: float) -> int:
    """How many past steps a line has to hold: one more than the whole steps of the longest delay."""
    return math.ceil(max_delay / dt - ROUND_OFF) + 1
