"""Oja's rule: Hebb's, with the decay that keeps the weights of a unit at length 1."""

from __future__ import annotations

from collections.abc import Sequence

from ngcsnn.components.learning.rate_rule import RateRule
from ngcsnn.components.learning.rule import Term
from ngcsnn.graph import checks, hyper


class OjaRule(RateRule):
    """Each postsynaptic unit for itself finds the first principal component of what it is sent.

        dw_ij = rate (pre_i post_j - alpha post_j^2 w_ij)

    With post_j = sum_i w_ij pre_i, each unit's weights turn to the eigenvector of the largest eigenvalue of the inputs'
    correlations, of length 1 / sqrt(alpha). A change per step, or with `tau` of continuous time, see `RateRule`.
    Source: Oja 1982, J. Math. Biol. 15:267.
    """

    rate = hyper(0.01, kind=float, check=checks.finite, doc="learning rate")
    alpha = hyper(1.0, kind=float, check=checks.non_negative, doc="strength of the decay")

    def terms(self) -> Sequence[Term]:
        post, rate = self.post.get(), self.share * self.rate
        return [
            Term(self.pre.get(), rate * post),
            Term(post=-rate * self.alpha * post * post, factor=lambda w: w),
        ]
