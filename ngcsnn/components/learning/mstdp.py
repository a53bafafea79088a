"""Reward-modulated spike-timing dependent plasticity."""

from __future__ import annotations

from collections.abc import Sequence

from ngcsnn.components.learning.pair_stdp import PairSTDP
from ngcsnn.components.learning.rule import Term
from ngcsnn.graph import checks, hyper


class MSTDP(PairSTDP):
    """Pairs of spikes move the weight in the direction that a reward gives them.

        dw = rate reward (what PairSTDP says of the pairs that end in this step)

    The reward is `modulator` (batch, 1), that of the step in which the later spike of a pair falls: told between
    `advance` and `evolve` it is the reward for these very spikes. A reward that comes through cells is a step late or
    more, and is better met by the eligibility of `MSTDPET`. Source: Florian 2007, Neural Comput. 19:1468.
    """

    rate = hyper(1.0, kind=float, check=checks.finite, doc="learning rate")

    def terms(self) -> Sequence[Term]:
        return [term._replace(post=self.rate * term.post) for term in super().terms()]
