"""Spike-timing dependent plasticity whose changes shrink exponentially with the weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.learning.rule import LearningRule, Term
from ngcsnn.graph import GraphError, checks, hyper, input_


class ExponentialSTDP(LearningRule):
    """Growth by exp(-beta w): strong weights grow less, and come to rest at what they say of their inputs.

        at a spike of post:  dw_ij = A_plus (exp(-beta w_ij) pre_trace_i - trace_target loss(w_ij))
        at a spike of pre:   dw_ij = -A_minus exp(-beta w_ij) post_trace_j
        loss "exponential": exp(-beta (w_max - w_ij)), w_max the synapse's;   loss "constant": 1

    With loss "constant", beta 1 and a presynaptic trace that is 1 for a short while after a spike, else 0, this is the
    rule of Nessler et al., A_plus = eta c and trace_target = 1 / c: weights come to rest at log(c p_i), p_i the share
    of postsynaptic spikes that unit i spiked before: a mixture model learnt by expectation maximisation. With
    "exponential" it is that of Querlioz et al. as Diehl & Cook use it. Traces and steps as in `TraceSTDP`.
    Sources: Nessler, Pfeiffer, Buesing & Maass 2013, PLoS Comput. Biol. 9:e1003037; Querlioz et al. 2013, IEEE Trans.
    Nanotechnol. 12:288.
    """

    A_plus = hyper(0.01, kind=float, check=checks.finite, doc="growth at a spike of post, for a trace of 1")
    A_minus = hyper(0.0, kind=float, check=checks.finite, doc="loss at a spike of pre, for a trace of 1")
    beta = hyper(1.0, kind=float, check=checks.non_negative, doc="how fast changes shrink with the weight")
    trace_target = hyper(0.0, kind=float, check=checks.finite, doc="what is taken off the presynaptic trace")
    loss = hyper(
        "exponential", kind=str, check=checks.one_of("exponential", "constant"),
        doc="how the loss at a spike of post depends on the weight: exponential or constant",
    )  # fmt: skip
    pre_trace = input_(shape=lambda c: c.target.sizes[:1], doc="trace of the presynaptic spikes")
    post_trace = input_(shape=lambda c: c.target.sizes[1:], doc="trace of the postsynaptic spikes")

    def setup(self) -> None:
        super().setup()
        if (
            self.trace_target
            and self.loss == "exponential"
            and not np.all(np.isfinite(self.target.bounds("weights")[1]))
        ):
            raise GraphError(
                f"ExponentialSTDP '{self.name}': loss 'exponential' measures weights by their bound; give "
                f"{type(self.target).__name__} '{self.target.name}' a `w_max`"
            )

    def terms(self) -> Sequence[Term]:
        pre, post = self.pre.get(), self.post.get()
        out = [Term(self.pre_trace.get(), self.A_plus * post, self._shrunk, events="post")]
        if self.trace_target:
            lost = -self.A_plus * self.trace_target * post
            out.append(Term(None, lost, self._loss(), events="post"))
        if self.A_minus:
            out.append(Term(-self.A_minus * pre, self.post_trace.get(), self._shrunk, events="pre"))
        return out

    def _shrunk(self, w: Any) -> Any:
        return jnp.exp(-self.beta * w)

    def _loss(self) -> Callable[[Any], Any] | None:
        if self.loss == "constant":
            return None
        high = self.target.bounds("weights")[1]
        return lambda w: jnp.exp(-self.beta * (high - w))
