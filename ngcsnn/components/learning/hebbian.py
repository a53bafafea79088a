"""Hebb's rule: what is active together grows together."""

from __future__ import annotations

from collections.abc import Sequence

from ngcsnn.components.learning.rule import LearningRule, Term
from ngcsnn.graph import checks, hyper


class HebbianRule(LearningRule):
    """Correlation of the two sides, with decay where it is asked for.

        dw_ij = rate pre_i post_j - decay w_ij

    A change per step; with `tau` (ms) it is one of continuous time, and each step adds dt / tau of it. Works with
    values and with events. Source: Hebb 1949, The Organization of Behavior; Gerstner et al. 2014, Neuronal Dynamics,
    section 19.2.
    """

    rate = hyper(1.0, kind=float, check=checks.finite, doc="of the correlation; negative for the anti-Hebbian rule")
    decay = hyper(0.0, kind=float, check=checks.at_least(0.0), doc="share of each weight that is lost")
    tau = hyper(
        None, kind=(float, type(None)), unit="ms", check=checks.positive, doc="time constant; none: change per step"
    )

    def terms(self) -> Sequence[Term]:
        share = 1.0 if self.tau is None else self.context.dt / self.tau
        out = [Term(self.pre.get(), share * self.rate * self.post.get())]
        if self.decay:
            out.append(Term(factor=lambda w: -share * self.decay * w))
        return out
