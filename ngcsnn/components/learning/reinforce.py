"""REINFORCE: the gradient of the expected reward, from samples of what random units did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ngcsnn.components.learning.eligible import EligibleRule
from ngcsnn.components.learning.rule import Term
from ngcsnn.graph import checks, hyper, input_


class REINFORCERule(EligibleRule):
    """Ascends the expected reward of units whose output is random around what the synapse tells them.

        z_ij <- discount z_ij + pre_i (post_j - expected_j) / variance,    dw_ij = rate (reward - baseline) z_ij

    post: what the units did, `expected` its mean given their input a_j = sum_i w_ij pre_i + b_j. variance 1 where a is
    the natural parameter: units of 0 or 1 with expected = sigmoid(a), one-hot choices with softmax(a); sigma^2 for
    normal ones with expected = a. `modulator` (batch, 1) is the reward minus a baseline, such as the `rpe` of a
    RewardPredictionErrorCell, told in the step or between `advance` and `evolve`. discount 0: rewards are for the step
    alone; 1: for all that was done in the trial; between: less for what is long ago. In expectation dw is rate times
    the gradient of the expected reward (for a trial: of its sum, with discount 1). Biases likewise, with pre 1.
    Memory: (batch, *weights), see `EligibleRule`. Sources: Williams 1992, Mach. Learn. 8:229; Baxter & Bartlett 2001,
    J. Artif. Intell. Res. 15:319 (discount).
    """

    biased = True

    rate = hyper(0.01, kind=float, check=checks.finite, doc="learning rate")
    discount = hyper(0.0, kind=float, check=checks.fraction, doc="share of the eligibility that a step leaves")
    variance = hyper(1.0, kind=float, check=checks.positive, doc="of normal outputs; 1 for binary ones and choices")
    expected = input_(shape=lambda c: c.target.sizes[1:], doc="mean of what the units do")

    @property
    def kept(self) -> float:
        return self.discount

    @property
    def worth(self) -> float:
        return self.rate

    def terms(self) -> Sequence[Term]:
        apart: Any = self.post.get() - self.expected.get()
        return [Term(self.pre.get(), apart / self.variance)]
