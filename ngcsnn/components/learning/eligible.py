"""The base of three-factor rules: what pairs would change waits in an eligibility until a modulator tells its worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.components.learning.rule import LearningRule, Term
from ngcsnn.graph import state


class EligibleRule(LearningRule):
    """Base of rules whose terms enter an eligibility z of each synapse and sample, which a modulator m turns to change.

        z <- kept z + (the terms of this step),     dweights = mean over the batch of  worth m z

    Put it before a rule that states terms: `class MSTDPET(EligibleRule, PairSTDP)`. A subclass states `kept`, the share
    of z that a step leaves, and `worth`, what a modulator of 1 held for a step makes of z at the step's end. The
    modulator of a step meets the pairs of that step, so a reward may be told between `advance` and `evolve`. A rule
    that is `biased` keeps an eligibility of the biases too. Memory: z has the shape (batch, *weights).
    """

    def setup(self) -> None:
        super().setup()
        doc = "z at the step's end, of each synapse and sample"
        self.declare("eligibility", state(shape=self.target.weights.shape, doc=doc))
        if "dbias" in self.compartments:
            self.declare("bias_eligibility", state(shape=self.target.bias.shape, doc="the same of the biases"))

    @property
    def kept(self) -> Any:
        """The share of the eligibility that a step leaves."""
        raise TypeError(f"{type(self).__name__} must define kept")

    @property
    def worth(self) -> Any:
        """What a modulator of 1, held for a step, makes of an eligibility of 1."""
        raise TypeError(f"{type(self).__name__} must define worth")

    def advance(self) -> None:
        super().advance()
        terms, target = self.terms(), self.target
        self._collect(self.eligibility, terms, target.weights.get(), target.outer)
        if "dbias" in self.compartments:
            self._collect(self.bias_eligibility, terms, target.bias.get(), lambda pre, post: target.gather_bias(post))

    def _collect(self, z: Any, terms: Sequence[Term], parameter: Any, gather: Callable[[Any, Any], Any]) -> None:
        """One step of the eligibility `z` of the weights, or the biases."""
        new: Any = 0.0
        for term in terms:
            sides = zip(term[:2], self.target.sizes, strict=True)
            size, kind = self.context.batch_size, parameter.dtype
            pre, post = (jnp.ones((size, n), kind) if side is None else side for side, n in sides)
            each: Any = 1.0
            if term.pre is not None or term.post is not None:
                each = jax.vmap(lambda p, q: gather(p[None], q[None]))(pre, post)
            new = new + (each if term.factor is None else each * term.factor(parameter))
        z.set(self.kept * z.get() + new)

    def change(self) -> Any:
        return self.credited(self.eligibility.get(), self.modulator.get())

    def bias_change(self) -> Any:
        return self.credited(self.bias_eligibility.get(), self.modulator.get())

    def credited(self, z: Any, third: Any) -> Any:
        """What a third factor (batch, 1) makes of an eligibility (batch, ...), over the batch."""
        each = self.worth * z * third.reshape(-1, *(1,) * (z.ndim - 1))
        return each.sum(0) if self.reduce == "sum" else each.mean(0)
