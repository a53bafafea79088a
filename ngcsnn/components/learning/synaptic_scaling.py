"""Synaptic scaling: all weights of a unit grow or shrink in proportion until it fires at its target rate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from ngcsnn.components.learning.rule import LearningRule, Term
from ngcsnn.components.learning.running_rate import running_rate
from ngcsnn.graph import checks, hyper, state


class SynapticScalingRule(LearningRule):
    """Multiplies the weights that reach a unit by a factor that its rate asks for; their ratios stay.

        tau dw_ij/dt = w_ij (target_rate - r_j) / target_rate
        tau_rate dr_j/dt = -r_j + (spikes of post j, as impulses, in Hz)

    With values in place of spikes (spikes=False) r is their running mean, and target_rate one of them. r is the mean of
    all samples, lasts from trial to trial as the weights do, and starts at target_rate. A step adds dt / tau of the
    change. Units come to rest at their target whatever they are sent. For the fixed sum of weights of Diehl & Cook see
    `normalise` of the synapses. Sources: Turrigiano et al. 1998, Nature 391:892; van Rossum, Bi & Turrigiano 2000,
    J. Neurosci. 20:8812.
    """

    unread = ("pre",)

    target_rate = hyper(5.0, kind=float, unit="Hz", check=checks.positive, doc="of the postsynaptic units")
    tau = hyper(1e5, kind=float, unit="ms", check=checks.positive, doc="time constant of the scaling")
    tau_rate = hyper(1e4, kind=float, unit="ms", check=checks.positive, doc="time constant of the mean rate")
    spikes = hyper(True, kind=bool, doc="whether `post` are spikes, whose rate is told in Hz, or values")

    def setup(self) -> None:
        super().setup()
        shape, start = self.target.sizes[1:], self.target_rate
        self.declare("r", state(shape=shape, init=start, batched=False, keep=True, doc="running mean of the rate"))

    def advance(self) -> None:
        self.r.set(running_rate(self.r.get(), self.post.get(), self.context.dt, self.tau_rate, self.spikes))

    def terms(self) -> Sequence[Term]:
        lack: Any = (self.target_rate - self.r.get()) * (self.context.dt / self.tau / self.target_rate)
        of_each = jnp.broadcast_to(lack, self.post.get().shape)
        return [Term(None, of_each, lambda w: w)]
