"""The base of competitive rules: units whose weights are prototypes, and which of them is nearest."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.components.learning.rule import LearningRule
from ngcsnn.graph import GraphError, checks, hyper, output, state


class CompetitiveRule(LearningRule):
    """Base of rules by which units compete for samples: the weights that lead to a unit are its prototype.

        d_j^2 = sum_i (pre_i - w_ij)^2 over the synapses that reach unit j;    the winner has the smallest

    The learning rate falls as rate exp(-t / tau_rate), t the time since the first step. Works with every synapse whose
    weights are its matrix, masked, sparse and shared ones too. `winners` is 1 at the winner of each sample.
    """

    unread = ("post",)

    rate = hyper(0.3, kind=float, check=checks.fraction, doc="learning rate at the start")
    tau_rate = hyper(
        None,
        kind=(float, type(None)),
        unit="ms",
        check=checks.positive,
        doc="by which the rate falls; never by default",
    )
    age = state(shape=(), batched=False, dtype="int32", keep=True, doc="steps so far")
    winners = output(shape=lambda c: c.target.sizes[1:], doc="1 for the unit that wins, 0 for the others")

    def setup(self) -> None:
        super().setup()
        if not self.target.own_weights:
            raise GraphError(
                f"{type(self).__name__} '{self.name}': the weights of {type(self.target).__name__} "
                f"'{self.target.name}' are no prototypes: they are factors of its matrix"
            )

    def advance(self) -> None:
        self.age.set(self.age.get() + 1)
        self.winners.set(self.won())

    def faded(self, tau: float | None) -> Any:
        """What is left of 1 by this step, the first one whole."""
        if tau is None:
            return 1.0
        steps = jnp.maximum(self.age.get() - 1, 0).astype(self.context.dtype)
        return jnp.exp(-steps * (self.context.dt / tau))

    def distances(self) -> Any:
        """The squared distance of each sample to each prototype (batch, n_post)."""
        w, x = self.target, self.pre.get()
        weights = w.effective_weights()
        there = jnp.ones_like(weights) * (w.mask.get() if "mask" in w.compartments else 1.0)
        ones = jnp.ones((1, x.shape[1]), x.dtype)
        return w.transmit(x * x, there) - 2.0 * w.transmit(x, weights) + w.transmit(ones, weights * weights)

    def won(self) -> Any:
        """1 at the nearest unit, 0 elsewhere (batch, n_post)."""
        d = self.distances()
        return jax.nn.one_hot(jnp.argmin(d, 1), d.shape[1], dtype=d.dtype)
