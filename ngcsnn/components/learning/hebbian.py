"""Hebb's rule: what is active together grows together."""

from __future__ import annotations

from collections.abc import Sequence

from ngcsnn.components.learning.rate_rule import RateRule
from ngcsnn.components.learning.rule import Term
from ngcsnn.graph import checks, hyper


class HebbianRule(RateRule):
    """Correlation of the two sides, with decay where it is asked for.

        dw_ij = rate pre_i post_j - decay w_ij,    and db_j = rate post_j - decay b_j for the biases

    A change per step; with `tau` (ms) it is one of continuous time, and each step adds dt / tau of it. Works with
    values and with events. Source: Hebb 1949, The Organization of Behavior; Gerstner et al. 2014, Neuronal Dynamics,
    section 19.2.
    """

    biased = True

    rate = hyper(1.0, kind=float, check=checks.finite, doc="of the correlation; negative for the anti-Hebbian rule")
    decay = hyper(0.0, kind=float, check=checks.at_least(0.0), doc="share of each weight that is lost")

    def terms(self) -> Sequence[Term]:
        out = [Term(self.pre.get(), self.share * self.rate * self.post.get())]
        if self.decay:
            out.append(Term(factor=lambda w: -self.share * self.decay * w))
        return out
