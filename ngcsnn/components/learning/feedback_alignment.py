"""Broadcast feedback alignment: the error of the output reaches every layer through fixed random weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.components.learning.rate_rule import RateRule
from ngcsnn.components.learning.rule import Term
from ngcsnn.components.neurons.graded.nonlinearities import NONLINEARITIES
from ngcsnn.credit import SurrogateFunction, resolve_surrogate
from ngcsnn.graph import GraphError, UnknownNameError, checks, hyper, input_


class FeedbackAlignmentRule(RateRule):
    """Descends the error that a fixed random matrix broadcasts to the postsynaptic units.

        dw_ij = rate pre_i slope(a_j) post_j,    and db_j = rate slope(a_j) post_j for the biases

    post: the error of the output (target minus output) sent through a static synapse, one that no rule is wired to,
    from the output straight to these units: `error.dmu >> broadcast.inputs; broadcast.outputs >> rule.post`. a,
    `potential`: what the slope is taken at: with the name of a nonlinearity, that of a RateCell's `z`; with a surrogate
    function, the distance of a spiking cell from its threshold (`cell.v - 1.0 >> rule.potential`). Without `slope` it
    is 1. With the transpose of the forward weights in place of the random ones it is backpropagation for one hidden
    layer; with random ones the forward weights come to agree with them. A change per step, or with `tau` of continuous
    time. Sources: Samadi, Lillicrap & Tweed 2017, Neural Comput. 29:578; Lillicrap et al. 2016, Nat. Commun. 7:13276;
    Nokland 2016 (arXiv:1609.01596).
    """

    biased = True

    rate = hyper(1.0, kind=float, check=checks.finite, doc="learning rate")
    slope = hyper(
        None, kind=(str, dict, type(None)),
        doc=f"a nonlinearity ({', '.join(NONLINEARITIES)}), or a surrogate function by name or with its fields; 1 by "
        "default",
    )  # fmt: skip

    def setup(self) -> None:
        super().setup()
        self._slope: Callable[[Any], Any] | None = None
        if self.slope is not None:
            self._slope = self._resolved()
            doc = "what the slope is taken at"
            self.declare("potential", input_(shape=self.target.sizes[1:], doc=doc))

    def _resolved(self) -> Callable[[Any], Any]:
        if isinstance(self.slope, str) and self.slope in NONLINEARITIES:
            f = NONLINEARITIES[self.slope]
            return lambda a: jax.vjp(f, a)[1](jnp.ones_like(a))[0]
        try:
            given = dict(self.slope) if not isinstance(self.slope, str) else self.slope
            found: SurrogateFunction = resolve_surrogate(given)
        except (GraphError, ValueError, TypeError) as error:
            text = (
                f"FeedbackAlignmentRule '{self.name}': `slope` is no nonlinearity ({', '.join(NONLINEARITIES)}), and "
            )
            kind = UnknownNameError if isinstance(self.slope, str) else GraphError
            raise kind(f"{text}as a surrogate function: {error}") from None
        return found.psi

    def terms(self) -> Sequence[Term]:
        error = self.post.get()
        if self._slope is not None:
            error = error * self._slope(self.potential.get())
        return [Term(self.pre.get(), self.share * self.rate * error)]
