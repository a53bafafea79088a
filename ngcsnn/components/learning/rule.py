"""The base of every local learning rule: what it reads, and what it puts out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp

from ngcsnn.graph import Compartment, Component, GraphError, checks, computed, hyper, input_, reference


class Term(NamedTuple):
    """pre_i post_j in every weight w_ij, summed over the batch, times a function of the weights.

    pre (batch, n_pre), post (batch, n_post); None for 1 in every sample and unit (both: a term of the weights alone,
    the same however many places share a weight). factor: from the weights to an array of their shape (None: 1).
    events: "pre" or "post" where that side holds spikes, so that few of its units are not 0; None where neither does.
    """

    pre: Any = None
    post: Any = None
    factor: Callable[[Any], Any] | None = None
    events: str | None = None


class LearningRule(Component):
    """Base of local learning rules: a change of the weights of one synapse from what its two sides do.

        dweights = mean over the batch of  modulator * sum of terms pre_i post_j f(w_ij)

    A subclass states its `terms()`; what a weight of `synapse` makes of them is the synapse's matter (`Synapse.outer`),
    so every rule works with dense, sparse, convolutional and any other weights. One that is no sum of such terms states
    `change()` in their place. dweights is the direction in which weights should move; wire it to the synapse's. The
    synapse is made before the rule. In a step, rules run after cells and traces, and read what they have just emitted.
    A rule that is `biased` moves the synapse's biases too, as weights from a unit that always says 1: `dbias`.
    Shapes: pre (batch, n_pre), post (batch, n_post), modulator (batch, 1), dweights as the weights of the synapse,
    dbias as its biases.
    """

    stage = "rule"
    unread: ClassVar[tuple[str, ...]] = ()  # inputs that say nothing to this rule; a wire to one is refused
    biased: ClassVar[bool] = False  # whether `terms` with 1 in the place of what comes from `pre` make sense for a bias

    synapse = reference(doc="the synapse whose weights the rule moves, or its name")
    reduce = hyper("mean", kind=str, check=checks.one_of("mean", "sum"), doc="over the batch: mean or sum")
    pre = input_(shape=lambda c: c.target.sizes[:1], doc="what the presynaptic units emit")
    post = input_(shape=lambda c: c.target.sizes[1:], doc="what the postsynaptic units emit")
    modulator = input_(shape=(1,), init=1.0, doc="a third factor of each sample, such as a reward")
    dweights = computed(
        "change", shape=lambda c: c.target.weights.shape, batched=False,
        doc="the direction in which the weights should move",
    )  # fmt: skip

    def setup(self) -> None:
        if self.biased and "bias" in self.target.compartments:
            doc = "the direction in which the biases should move"
            shape = self.target.bias.shape
            self.declare("dbias", computed("bias_change", shape=shape, batched=False, doc=doc))

    def connected(self, target: Compartment) -> None:
        super().connected(target)
        if target.name in self.unread:
            raise GraphError(f"{type(self).__name__} '{self.name}' does not read `{target.name}`: leave it unwired")

    @property
    def target(self) -> Any:
        """The synapse itself."""
        found = self.referred("synapse", "transmit", "synapse")
        if "weights" not in found.compartments:
            raise GraphError(f"{type(self).__name__} '{self.name}': `synapse` '{found.name}' has no weights to learn")
        return found

    # --- what a subclass states -----------------------------------------------------------------------------------
    def terms(self) -> Sequence[Term]:
        """The terms of this step, from the values of this step."""
        raise TypeError(f"{type(self).__name__} must define terms(), or change()")

    # --- what holds for all ---------------------------------------------------------------------------------------
    @property
    def by_terms(self) -> bool:
        """Whether the change is the sum of its terms, so that a synapse may take them one by one."""
        return type(self).change is LearningRule.change

    def change(self) -> Any:
        """dweights of this step."""
        weights, total = self.target.weights.get(), 0.0
        for term in self.terms():
            part = self._product(term)
            total = total + (part if term.factor is None else part * term.factor(weights))
        return jnp.broadcast_to(total, weights.shape)

    def bias_change(self) -> Any:
        """dbias of this step."""
        bias, total = self.target.bias.get(), 0.0
        for term in self.terms():
            part = self._reduced(self.target.gather_bias, term)
            total = total + (part if term.factor is None else part * term.factor(bias))
        return jnp.broadcast_to(total, bias.shape)

    def _product(self, term: Term) -> Any:
        """The pairs of one term with its modulator, reduced over the batch."""
        ones = jnp.ones((self.context.batch_size, self.target.sizes[0]), self.context.dtype)
        pre = ones if term.pre is None else term.pre
        return self._reduced(lambda post: self.target.outer(pre, post), term)

    def _reduced(self, gather: Callable[[Any], Any], term: Term) -> Any:
        """What `gather`, a sum over the batch, makes of the postsynaptic side of a term with its modulator."""
        size, third = self.context.batch_size, self.modulator.get()
        count = 1 if self.reduce == "sum" else size
        if term.pre is None and term.post is None:
            return third.sum() / count
        post = jnp.ones((size, self.target.sizes[1]), third.dtype) if term.post is None else term.post
        return gather(post * third) / count
