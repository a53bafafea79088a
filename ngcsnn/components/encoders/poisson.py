"""Poisson encoder: events in continuous time, with a refractory time if wanted."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.components.encoders.emission import emit
from ngcsnn.graph import Component, checks, hyper, input_, output, state

MOST = 1000  # events of a unit in one step, so that a step ends whatever it is fed


class PoissonEncoder(Component):
    """Emits a Poisson process of rate x max_rate, held during the step; each event is followed by `refract_time`.

    Exact in continuous time at any dt: intervals are refract_time plus a time in which the rate integrates to a unit
    exponential number, carried from step to step. Several events of a unit may fall into one step; they add up, with
    their time offsets (at most 1000). Negative rates count as 0, rates are at most 10^12 Hz. The mean rate at constant
    input is r / (1 + r refract_time). The derivative of s is that of its compensator, rate times the time in which the
    unit was free. Shapes (batch, n_units). Cox & Isham, Point Processes (1980).
    """

    stage = "source"

    n_units = hyper(kind=int, check=checks.positive, doc="number of units")
    max_rate = hyper(63.75, unit="Hz", check=checks.non_negative, doc="event rate at input 1")
    refract_time = hyper(0.0, unit="ms", check=checks.non_negative, doc="time after an event without another")
    inputs = input_(shape="n_units", doc="intensities: rate over `max_rate`")
    ahead = state(shape="n_units", doc="integral of the rate still to pass before the next event; 0: not drawn yet")
    resting = state(shape="n_units", unit="ms", doc="refractory time left at the step's end")
    s = output(shape="n_units", timed=True, doc="events emitted during the step (0, 1, 2, ...)")

    @property
    def draws(self) -> bool:
        return True

    def advance(self) -> None:
        x = self.inputs.get()
        rate = jnp.clip(x * (self.max_rate / 1000.0), 0.0, 1e9)
        held, key = lax.stop_gradient(rate), self.context.next_key()
        ahead, resting, (m0, m1), (free0, free1) = _events(
            held, self.ahead.get(), self.resting.get(), key, self.context.dt, self.refract_time
        )
        self.ahead.set(ahead)
        self.resting.set(resting)
        extra = rate - held  # zero, with the derivative of the rate
        emit(self.s, m0 + free0 * extra, m1 + free1 * extra)


@jax.jit
def _events(rate: Any, ahead: Any, resting: Any, key: Any, dt: Any, refract_time: Any) -> tuple[Any, Any, Any, Any]:
    """One step: (`ahead`, `resting` after it, moments of its events, moments of the time in which units were free)."""
    first, key = jax.random.split(key)
    ahead = jnp.where(ahead > 0, ahead, jax.random.exponential(first, rate.shape, rate.dtype))
    zeros = jnp.zeros_like(rate)
    start = _Walk(zeros, ahead, resting, zeros, zeros, zeros, zeros, jnp.ones(rate.shape, bool), 0, key)

    def next_event(w: _Walk) -> _Walk:
        key, own = jax.random.split(w.key)
        begin = jnp.minimum(w.t + w.resting, dt)
        fire = begin + w.ahead / rate  # infinite where the rate is zero
        hit = w.running & (fire < dt)
        end = jnp.where(hit, fire, dt)
        left = jnp.maximum(w.ahead - rate * (dt - begin), jnp.finfo(rate.dtype).tiny)
        drawn = jax.random.exponential(own, rate.shape, rate.dtype)
        moved = _Walk(
            t=end,
            ahead=jnp.where(hit, drawn, left),
            resting=jnp.where(hit, refract_time, w.resting - (begin - w.t)),
            m0=w.m0 + hit,
            m1=w.m1 + jnp.where(hit, fire - dt, 0.0),
            free0=w.free0 + end - begin,
            free1=w.free1 + 0.5 * ((end - dt) ** 2 - (begin - dt) ** 2),
            running=hit,
            n=w.n + 1,
            key=key,
        )
        kept = {f: jnp.where(w.running, getattr(moved, f), getattr(w, f)) for f in _UNITS}
        return moved._replace(**kept)

    w = lax.while_loop(lambda w: jnp.any(w.running) & (w.n < MOST), next_event, start)
    return w.ahead, w.resting, (w.m0, w.m1), (w.free0, w.free1)


class _Walk(NamedTuple):
    """Where every unit is on its way through the step; t: ms since its start."""

    t: Any
    ahead: Any
    resting: Any
    m0: Any
    m1: Any
    free0: Any
    free1: Any
    running: Any
    n: Any
    key: Any


_UNITS = ("t", "ahead", "resting", "m0", "m1", "free0", "free1", "running")
