"""Predictive coding: weights move so that a prediction comes closer to what it predicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ngcsnn.components.learning.rate_rule import RateRule
from ngcsnn.components.learning.rule import Term
from ngcsnn.components.neurons.graded.rate import PRIORS
from ngcsnn.graph import GraphError, checks, hyper


class PredictiveCodingRule(RateRule):
    """Descends the prediction error of the units that a synapse predicts.

        dw_ij = rate r_i e_j - strength p(w_ij),    and db_j = rate e_j - strength p(b_j) for the biases

    r, `pre`: what the predicting units send through the synapse; e, `post`: the error of the predicted ones weighted by
    its precision, as the `dmu` of an error cell. With mu = sum_i r_i w_ij it is the negative gradient of sum (target -
    mu)^2 / (2 variance) + strength * (-log prior of w), p its slope: w (prior gaussian), sign(w) (laplacian), 2 w / (1
    + w^2) (cauchy), 2 w exp(-w^2) (exp). The error may come back over a TransposedSynapse. A change per step, or with
    `tau` of continuous time, see `RateRule`. Sources: Rao & Ballard 1999, Nat. Neurosci. 2:79; Whittington & Bogacz
    2017, Neural Comput. 29:1229.
    """

    biased = True

    rate = hyper(1.0, kind=float, check=checks.finite, doc="learning rate")
    prior = hyper(
        None, kind=(str, type(None)), check=checks.one_of(*PRIORS), doc=f"of the weights: {', '.join(PRIORS)}"
    )
    strength = hyper(None, kind=(float, type(None)), check=checks.positive, doc="of the prior, needed with one")

    def setup(self) -> None:
        super().setup()
        if (self.prior is None) != (self.strength is None):
            raise GraphError(
                f"PredictiveCodingRule '{self.name}': `prior` and `strength` go together, got {self.prior!r} and "
                f"{self.strength!r}"
            )

    def terms(self) -> Sequence[Term]:
        out = [Term(self.pre.get(), self.share * self.rate * self.post.get())]
        if self.prior is not None:
            out.append(Term(factor=self._pull))
        return out

    def _pull(self, weights: Any) -> Any:
        return -self.share * (self.strength or 0.0) * PRIORS[self.prior or ""](weights)
