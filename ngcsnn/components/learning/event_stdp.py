"""Spike-timing dependent plasticity that asks at postsynaptic spikes only who spiked shortly before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.learning.rule import Term
from ngcsnn.components.learning.spike_rule import SpikeRule
from ngcsnn.graph import GraphError, checks, hyper, state


class EventSTDP(SpikeRule):
    """A postsynaptic spike strengthens the synapses from units that spiked within a window before it, weakens others.

        at a spike of post:  dw_ij = rate A_plus (w_max - (1 + decay) w_ij)   if pre i spiked less than `window` ago,
                             dw_ij = -rate A_minus (1 + decay) w_ij           else

    w_max is the synapse's. Weights come to rest at w_max p_i / (1 + decay) for A_plus = A_minus, p_i the share of
    postsynaptic spikes that followed one of i. Which pairs lie within the window is told at the step's end, of the
    postsynaptic spike, and a presynaptic one of the same step counts as before it. Source: Tavanaei, Masquelier & Maida
    2018, Neural Netw. 105:294.
    """

    rate = hyper(0.01, kind=float, check=checks.finite, doc="learning rate")
    A_plus = hyper(1.0, kind=float, check=checks.finite, doc="of growth")
    A_minus = hyper(1.0, kind=float, check=checks.finite, doc="of loss")
    decay = hyper(0.01, kind=float, check=checks.non_negative, doc="further share of the weight that a spike takes off")
    window = hyper(5.0, kind=float, unit="ms", check=checks.positive, doc="before a postsynaptic spike")
    age = state(shape=lambda c: c.target.sizes[:1], init=np.inf, unit="ms", doc="since the last presynaptic spike")

    def setup(self) -> None:
        super().setup()
        if not np.all(np.isfinite(self.target.bounds("weights")[1])):
            kind = type(self.target).__name__
            raise GraphError(f"EventSTDP '{self.name}' needs a largest weight: give {kind} '{self.synapse}' a `w_max`")

    def advance(self) -> None:
        super().advance()
        m0, m1 = self.pre.moments()
        some = m0 != 0
        now = 0.0 if m1 is None else -jnp.where(some, m1, 0.0) / jnp.where(some, m0, 1.0)
        self.age.set(jnp.where(some, now, self.age.get() + self.context.dt))

    def terms(self) -> Sequence[Term]:
        post = self.rate * self.post.get()
        recent = (self.age.get() < self.window).astype(post.dtype)
        high, kept = self.target.bounds("weights")[1], 1.0 + self.decay

        def room(w: Any) -> Any:
            return high - kept * w

        return [
            Term(recent, self.A_plus * post, room, events="post"),
            Term(1.0 - recent, -self.A_minus * post, lambda w: kept * w, events="post"),
        ]
