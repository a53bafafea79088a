"""What a synapse does with the changes that learning rules propose: an optimiser applies them, within its bounds."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.components.synapses.bounds import BoundedWeights
from ngcsnn.components.synapses.few_changes import few_changes
from ngcsnn.components.synapses.learner import Learner
from ngcsnn.graph import Compartment, GraphError, hyper, input_
from ngcsnn.graph.checks import Check
from ngcsnn.optim import SGD, DeepR, GradientOptimiser, describe, from_description

LEARNS = {"weights": "dweights", "bias": "dbias"}  # parameter: the input that says where it should move

_updates = Check(lambda u: u == "trial" or (isinstance(u, int) and u >= 1), "steps >= 1 or 'trial'")
_positive = Check(lambda x: x > 0, "> 0")


class PlasticSynapse(BoundedWeights):
    """Base of what has weights, and perhaps a bias, that learning rules may move.

        rule.dweights >> synapse.dweights,     w <- bounded(optimiser step along dweights)

    dweights is the direction in which weights should move; the optimiser, which descends, is given its negative: this
    is the one place that negates. `evolve` applies the change in every step, the sum over k steps after each k-th
    (update k), or collects it until `settle`, at the end of a trial, applies the sum (update "trial"). Where
    transmission takes time, rules see what units emit, not what arrives: the delays lie behind the synapse.
    """

    optim = hyper(
        None, kind=object,
        doc="what turns changes into steps: a name, {name: {argument: value}}, an ngcsnn.optim object or an optax one; "
        "by default changes are added as they are",
    )  # fmt: skip
    update = hyper(
        None, kind=(str, int, type(None)), check=_updates,
        doc="steps after which changes act, or trial, for when `settle` is called; by default in every step",
    )  # fmt: skip
    total = hyper(
        None, kind=(float, type(None)), check=_positive,
        doc="what `normalise` scales the sum of absolute weights to that reach a unit",
    )  # fmt: skip

    def setup(self) -> None:
        super().setup()
        label = f"{type(self).__name__} '{self.name}'"
        for parameter, change in LEARNS.items():
            if parameter in self.compartments:
                doc = f"the direction in which the {parameter} should move"
                shape = self.compartments[parameter].shape
                self.declare(change, input_(shape=shape, batched=False, stored=False, doc=doc))
        given = [k for k in PlasticSynapse.declarations if self.arguments[k] is not None]
        if given and "weights" not in self.compartments:
            raise GraphError(f"{label}: `{given[0]}` without weights says nothing")
        try:
            self._optimiser: Any = SGD(eta=1.0) if self.optim is None else from_description(self.optim)
        except (ValueError, TypeError) as error:
            raise type(error)(f"{label}: `optim`: {error}") from None
        if isinstance(self.optim, DeepR | GradientOptimiser):
            self.arguments["optim"] = describe(self.optim)  # plain data, for YAML

    def connected(self, target: Compartment) -> None:
        super().connected(target)
        for name, change in LEARNS.items():
            if target.name == change:
                Learner(self, name, self._optimiser).declare()

    # --- what rules ask -------------------------------------------------------------------------------------------
    def outer(self, pre: Any, post: Any) -> Any:
        """What pre (batch, n_pre) and post (batch, n_post) make together in each weight, summed over the batch.

        pre_i post_j in a matrix; where weights are shared, the sum over all places where they act: in every case the
        transpose of `transmit` with respect to the weights.
        """
        weights = self.weights.get()
        _, back = jax.vjp(lambda w: self.transmit(pre.astype(w.dtype), w), weights)
        (change,) = back(post.astype(weights.dtype))
        return change * self.mask.get() if "mask" in self.compartments else change

    def back(self, post: Any) -> Any:
        """post (batch, n_post) sent back through the weights (batch, n_pre): the transpose of `transmit`."""
        nothing = jnp.zeros((post.shape[0], self.sizes[0]), post.dtype)
        (out,) = jax.vjp(lambda m: self.transmit(m, self.effective_weights()), nothing)[1](post)
        return out

    def gather_bias(self, post: Any) -> Any:
        """What post (batch, n_post) makes in each bias, summed over the batch: the transpose of `spread_bias`."""
        bias = self.bias.get()
        (change,) = jax.vjp(self.spread_bias, bias)[1](post.sum(0).astype(bias.dtype))
        return change

    @property
    def by_rows(self) -> bool:
        """Whether the weights are a matrix as it acts, whose rows are read and moved one by one where units spike."""
        return False

    # --- learning -------------------------------------------------------------------------------------------------
    @property
    def learning(self) -> list[Learner]:
        """Who moves the parameters whose change a wire says."""
        wired = [
            name for name, d in LEARNS.items() if d in self.compartments and self.compartments[d].source is not None
        ]
        return [Learner(self, name, self._optimiser) for name in wired]

    @property
    def learns(self) -> bool:
        return bool(self.learning)

    def evolve(self) -> None:
        """Apply, or collect, what the rules propose in this step."""
        for learner in self._learners():
            few = few_changes(self, learner) if learner.name == "weights" else None
            if few is not None:
                self.weights.set(few)
                learner.count_step()
                continue
            change = self.compartments[LEARNS[learner.name]].get()
            if self.update is None:
                learner.move(change)
            else:
                learner.collect(change)

    def settle(self) -> None:
        """Apply what was collected in a trial (update "trial")."""
        if self.update != "trial":
            label = f"{type(self).__name__} '{self.name}'"
            raise GraphError(f"{label}: `settle` belongs to `update` 'trial', not {self.update!r}")
        for learner in self._learners():
            learner.settle()

    def _learners(self) -> list[Learner]:
        if not self.learns:
            raise GraphError(
                f"{type(self).__name__} '{self.name}' learns nothing: wire rule.dweights >> {self.name}.dweights"
            )
        return self.learning

    def normalise(self) -> None:
        """Scale the weights so that their absolute values sum to `total` for each postsynaptic unit."""
        label = f"{type(self).__name__} '{self.name}'"
        if self.total is None:
            raise GraphError(f"{label}: `normalise` needs `total`")
        self.incoming(np.ones(self.sizes[1], bool))  # raises where weights are shared
        weights = self.effective_weights()
        one = jnp.ones((1, self.sizes[0]), weights.dtype)
        sums = self.transmit(one, jnp.abs(weights))
        self.weights.set(weights * self.outer(one, jnp.where(sums > 0, self.total / sums, 1.0)))
