"""Storage of patterns in a recurrent network: Hopfield's outer products, and rules that store more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.components.learning.rule import LearningRule, Term
from ngcsnn.graph import GraphError, checks, hyper


class HopfieldRule(LearningRule):
    """Stores patterns of -1 and 1 as fixed points of x <- sign(x W), in a synapse from a population to itself.

        hebbian      dw_ij = x_i x_j / n                                    holds about 0.138 n random patterns
        storkey      dw_ij = (x_i x_j - x_i h_ij - h_ji x_j) / n,           more, correlated ones too; one at a time
                     h_ij = sum_{k != i, j} x_k w_kj
        projection   dw_ij = x_i (x_j - h_j) / n,  h = x W                  up to n, shown again and again

    `pre` and `post` are the pattern; n the number of units. The weight of a unit to itself never moves. With a batch of
    more than one pattern give reduce "sum" (hebbian). A change per step. Sources: Hopfield 1982, PNAS 79:2554; Amit,
    Gutfreund & Sompolinsky 1985, Phys. Rev. Lett. 55:1530 (capacity); Storkey 1997, ICANN; Diederich & Opper 1987,
    Phys. Rev. Lett. 58:949 (projection).
    """

    storage = hyper(
        "hebbian", kind=str, check=checks.one_of("hebbian", "storkey", "projection"),
        doc="hebbian, storkey or projection",
    )  # fmt: skip

    def setup(self) -> None:
        super().setup()
        n_pre, n_post = self.target.sizes
        if n_pre != n_post:
            raise GraphError(
                f"HopfieldRule '{self.name}' stores in a synapse of a population to itself; '{self.target.name}' leads "
                f"from {n_pre} to {n_post} units"
            )
        weights = f"HopfieldRule '{self.name}': the weights of {type(self.target).__name__} '{self.target.name}'"
        if not self.target.own_weights:
            raise GraphError(f"{weights} are factors of its matrix, not those of pairs of units")
        if self._own_weights() is not None and bool(jnp.all(self._own_weights())):
            raise GraphError(f"{weights} all lead from a unit to itself; those never move")

    def terms(self) -> Sequence[Term]:
        pre, post, w, n = self.pre.get(), self.post.get(), self.target, self.target.sizes[0]
        if self.storage == "hebbian":
            return [Term(pre, post / n)]
        field = w.transmit(pre, w.effective_weights())
        if self.storage == "projection":
            return [Term(pre, (post - field) / n)]
        return [
            Term(pre, (post - field) / n),
            Term(w.back(post), -post / n),
            Term(pre * pre, factor=lambda weights: weights / n),
            Term(post=post * post, factor=lambda weights: weights / n),
        ]

    def change(self) -> Any:
        moved, own = super().change(), self._own_weights()
        return moved if own is None else jnp.where(own, 0.0, moved)

    def _own_weights(self) -> Any:
        """Whether each weight leads from a unit to itself; None where none does."""
        weights = self.target.weights.get()
        own = self.target.self_weights(weights)
        if own is None:
            return None
        (itself,) = jax.vjp(self.target.self_weights, weights)[1](jnp.ones_like(own))
        return itself != 0
