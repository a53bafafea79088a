"""Spike-timing dependent plasticity gated by dopamine that outlasts the reward."""

from __future__ import annotations

import math
from typing import Any

from ngcsnn.components.learning.eligible import EligibleRule
from ngcsnn.components.learning.pair_stdp import PairSTDP
from ngcsnn.graph import checks, hyper, input_, state


class DopamineSTDP(EligibleRule, PairSTDP):
    """An eligibility of pairs of spikes, times the concentration of dopamine.

        dc/dt = -c / tau_c + (what PairSTDP says of the pairs, as impulses)
        dp/dt = -p / tau_d + (what is released, as impulses),     dw/dt = rate c (tonic + p)

    `modulator` (batch, 1) is what is released at the end of a step, read in `advance`; p is `dopamine`, c is
    `eligibility`. Their product is integrated exactly over the dt that follow each step: dt says nothing where spikes
    and releases lie on the ends of steps, and next to nothing (their distance to it, relative to tau_c) where not. By
    default the constants of the source, which solves the distal reward problem with them. Memory: (batch, *weights),
    see `EligibleRule`. Source: Izhikevich 2007, Cereb. Cortex 17:2443.
    """

    A_plus = hyper(0.1, kind=float, check=checks.finite, doc="growth by a pair of no distance, post after pre")
    A_minus = hyper(0.15, kind=float, check=checks.finite, doc="loss by a pair of no distance, pre after post")
    rate = hyper(1e-3, kind=float, unit="1/ms", check=checks.finite, doc="learning rate")
    tau_c = hyper(1000.0, kind=float, unit="ms", check=checks.positive, doc="time constant of the eligibility")
    tau_d = hyper(200.0, kind=float, unit="ms", check=checks.positive, doc="time constant of dopamine")
    tonic = hyper(0.0, kind=float, check=checks.finite, doc="dopamine that is always there")
    modulator = input_(shape=(1,), doc="dopamine released at the end of the step")
    dopamine = state(shape=(1,), doc="dopamine above the tonic level, at the step's end")

    @property
    def kept(self) -> float:
        return math.exp(-self.context.dt / self.tau_c)

    @property
    def worth(self) -> float:
        return self.rate

    def advance(self) -> None:
        super().advance()
        decay = math.exp(-self.context.dt / self.tau_d)
        self.dopamine.set(decay * self.dopamine.get() + self.modulator.get())

    def change(self) -> Any:
        slow, both = 1.0 / self.tau_c, 1.0 / self.tau_c + 1.0 / self.tau_d
        lasting, passing = (-math.expm1(-self.context.dt * speed) / speed for speed in (slow, both))
        third = self.tonic * lasting + self.dopamine.get() * passing
        return self.credited(self.eligibility.get(), third)
