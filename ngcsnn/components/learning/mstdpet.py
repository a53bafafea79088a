"""Reward-modulated spike-timing dependent plasticity with an eligibility trace: reward may come later."""

from __future__ import annotations

import math

from ngcsnn.components.learning.eligible import EligibleRule
from ngcsnn.components.learning.pair_stdp import PairSTDP
from ngcsnn.graph import checks, hyper


class MSTDPET(EligibleRule, PairSTDP):
    """What pairs of spikes would change decays in an eligibility, and a reward makes it happen.

        tau_e dz/dt = -z + (what PairSTDP says of the pairs, as impulses),     dw/dt = rate reward z

    `eligibility` is tau_e z, which rises by what a pair says. The reward, `modulator` (batch, 1), is held over the dt
    that follow the end of its step, exactly integrated: so a constant reward of 1 in the end makes `rate` times the
    change of PairSTDP, whatever dt and tau_e. Memory: (batch, *weights), see `EligibleRule`. Source: Florian 2007,
    Neural Comput. 19:1468.
    """

    rate = hyper(1.0, kind=float, check=checks.finite, doc="learning rate")
    tau_e = hyper(25.0, kind=float, unit="ms", check=checks.positive, doc="time constant of the eligibility")

    @property
    def kept(self) -> float:
        return math.exp(-self.context.dt / self.tau_e)

    @property
    def worth(self) -> float:
        return self.rate * -math.expm1(-self.context.dt / self.tau_e)
