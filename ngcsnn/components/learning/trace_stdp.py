"""Spike-timing dependent plasticity by traces that other components keep."""

from __future__ import annotations

from collections.abc import Sequence

from ngcsnn.components.learning.rule import LearningRule, Term
from ngcsnn.components.learning.weight_dependence import check_bounds, exponent, room_above, room_below
from ngcsnn.graph import checks, hyper, input_


class TraceSTDP(LearningRule):
    """At a spike of one side the weight moves by the trace of the other side, as it stands at the step's end.

        at a spike of post:  dw_ij = A_plus (pre_trace_i - trace_target) ((w_max - w_ij) / (w_max - w_min))^mu_plus
        at a spike of pre:   dw_ij = -A_minus post_trace_j ((w_ij - w_min) / (w_max - w_min))^mu_minus

    Wire a `Trace` of each side, or whatever stands for its recent activity; a side without wire takes no part. A
    `trace_target` above 0 weakens what was silent before a spike. w_min and w_max are the synapse's bounds. A trace
    holds the spikes of its step, so a pair within one step counts as one of either order, and times are those of the
    steps (first order in dt); `PairSTDP` is exact in them. Sources: Morrison, Diesmann & Gerstner 2008, Biol. Cybern.
    98:459; Diehl & Cook 2015, Front. Comput. Neurosci. 9:99 (target).
    """

    A_plus = hyper(0.01, kind=float, check=checks.finite, doc="growth at a spike of post, for a trace of 1")
    A_minus = hyper(0.0, kind=float, check=checks.finite, doc="loss at a spike of pre, for a trace of 1")
    trace_target = hyper(
        0.0, kind=float, check=checks.finite, doc="presynaptic trace at which a spike of post does nothing"
    )
    mu_plus = exponent("growth")
    mu_minus = exponent("loss")
    pre_trace = input_(shape=lambda c: c.target.sizes[:1], doc="trace of the presynaptic spikes")
    post_trace = input_(shape=lambda c: c.target.sizes[1:], doc="trace of the postsynaptic spikes")

    def setup(self) -> None:
        super().setup()
        check_bounds(self, "mu_plus", "mu_minus")

    def terms(self) -> Sequence[Term]:
        pre, post = self.pre.get(), self.post.get()
        seen = self.pre_trace.get() - self.trace_target
        out = [Term(seen, self.A_plus * post, room_above(self, "mu_plus"), events="post")]
        if self.A_minus:
            heard = self.post_trace.get()
            out.append(Term(-self.A_minus * pre, heard, room_below(self, "mu_minus"), events="pre"))
        return out
