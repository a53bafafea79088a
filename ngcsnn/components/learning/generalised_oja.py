"""Oja's rule for several units together: the principal subspace, or the principal components in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax.numpy as jnp

from ngcsnn.components.learning.rate_rule import RateRule
from ngcsnn.components.learning.rule import Term
from ngcsnn.graph import GraphError, checks, hyper


class GeneralisedOjaRule(RateRule):
    """The postsynaptic units together find the first principal components of what they are sent.

        symmetric    dw_ij = rate post_j (pre_i - alpha sum_k w_ik post_k)              (Oja 1989: the subspace)
        sequential   dw_ij = rate post_j (pre_i - alpha sum_{k <= j} w_ik post_k)       (Sanger 1989: one by one)

    The sum is what the outputs send back through the same synapse (`Synapse.back`), so the symmetric form works with
    every synapse; the sequential one, the generalised Hebbian algorithm, needs a weight for each pair of units. With
    post_j = sum_i w_ij pre_i the weights become orthogonal, of length 1 / sqrt(alpha). A change per step, or with `tau`
    of continuous time, see `RateRule`. Sources: Oja 1989, Int. J. Neural Syst. 1:61; Sanger 1989, Neural Netw. 2:459.
    """

    rate = hyper(0.01, kind=float, check=checks.finite, doc="learning rate")
    alpha = hyper(1.0, kind=float, check=checks.non_negative, doc="strength of what is taken off")
    order = hyper(
        "symmetric", kind=str, check=checks.one_of("symmetric", "sequential"),
        doc="symmetric: all units alike; sequential: unit j finds component j",
    )  # fmt: skip

    def setup(self) -> None:
        super().setup()
        weights = self.target.weights
        if self.order == "sequential" and weights.shape != self.target.sizes:
            kind = type(self.target).__name__
            raise GraphError(
                f"GeneralisedOjaRule '{self.name}': order 'sequential' needs a weight for each pair of units "
                f"{self.target.sizes}, which {kind} '{self.target.name}' has not; 'symmetric' works with it"
            )

    def terms(self) -> Sequence[Term]:
        """Of the symmetric form."""
        post = self.post.get()
        left = self.pre.get() - self.alpha * self.target.back(post)
        return [Term(left, self.share * self.rate * post)]

    def change(self) -> Any:
        if self.order == "symmetric":
            return super().change()
        post, weights = self.post.get(), self.target.effective_weights()
        mine = self.share * self.rate * post * self.modulator.get()
        count = 1 if self.reduce == "sum" else self.context.batch_size
        before = jnp.triu(post.T @ mine) / count  # (k, j), of which k <= j
        gained = self._product(Term(self.pre.get(), self.share * self.rate * post))
        taken = self.alpha * weights @ before
        return gained - (taken * self.target.mask.get() if "mask" in self.target.compartments else taken)
