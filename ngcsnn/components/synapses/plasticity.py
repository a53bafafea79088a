"""What a synapse does with the changes that learning rules propose: an optimiser applies them, within its bounds."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer

from ngcsnn.components.synapses.bounds import BoundedWeights
from ngcsnn.components.synapses.few_changes import few_changes
from ngcsnn.graph import Compartment, GraphError, hyper, input_, state
from ngcsnn.graph.checks import Check
from ngcsnn.optim import SGD, GradientOptimiser, describe, from_description

LEARNS = {"weights": "dweights", "bias": "dbias"}  # parameter: the input that says where it should move
IN_PARTS = "{}_collected"

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
        if isinstance(self.optim, GradientOptimiser):
            self.arguments["optim"] = describe(self.optim)  # plain data, for YAML

    def connected(self, target: Compartment) -> None:
        super().connected(target)
        for name, change in LEARNS.items():
            if target.name == change:
                self._declare_memory(name)

    def _declare_memory(self, name: str) -> None:
        """The optimiser's state for one parameter, and what is collected, as compartments."""
        value = self.compartments[name].get()
        leaves = jax.tree.leaves(self._optimiser.init({name: value}))
        for i, leaf in enumerate(leaves):
            kept: Any = state(shape=leaf.shape, batched=False, keep=True, dtype=str(leaf.dtype), doc="of the optimiser")
            self.declare(_memory(name, i), kept)
            self.context.live[self.name][_memory(name, i)] = jnp.array(leaf)
        if self.update is not None:
            doc = f"sum of the changes of the {name} that wait"
            self.declare(IN_PARTS.format(name), state(shape=value.shape, batched=False, doc=doc))
            self.declare(f"{name}_waiting", state(shape=(), batched=False, dtype="int32", doc="steps that it is of"))

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
    def learning(self) -> list[str]:
        """The parameters that a wire moves."""
        return [
            name for name, d in LEARNS.items() if d in self.compartments and self.compartments[d].source is not None
        ]

    @property
    def learns(self) -> bool:
        return bool(self.learning)

    def evolve(self) -> None:
        """Apply, or collect, what the rules propose in this step."""
        self._check_learning()
        for name in self.learning:
            found = few_changes(self) if name == "weights" else None
            if found is not None:
                self.weights.set(found)
                self._count_step(name)
                continue
            change = self.compartments[LEARNS[name]].get()
            if self.update is None:
                self._move(name, change)
            else:
                self._collect(name, change)

    def settle(self) -> None:
        """Apply what was collected in a trial (update "trial")."""
        self._check_learning()
        if self.update != "trial":
            label = f"{type(self).__name__} '{self.name}'"
            raise GraphError(f"{label}: `settle` belongs to `update` 'trial', not {self.update!r}")
        for name in self.learning:
            self._move(name, self.compartments[IN_PARTS.format(name)].get())
            self._waiting(name, 0.0, 0)

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

    def _check_learning(self) -> None:
        if not self.learning:
            raise GraphError(
                f"{type(self).__name__} '{self.name}' learns nothing: wire rule.dweights >> {self.name}.dweights"
            )

    def _collect(self, name: str, change: Any) -> None:
        total = self.compartments[IN_PARTS.format(name)].get() + change
        steps = self.compartments[f"{name}_waiting"].get() + 1
        self._waiting(name, total, steps)
        if self.update == "trial":
            return
        memory = [self.compartments[key] for key in (name, *self._memories(name))]

        def apply(values: list[Any]) -> list[Any]:
            return self._moved(name, values[0], values[1:], total)

        old, due = [c.get() for c in memory], steps == self.update
        new = lax.cond(due, apply, list, old) if isinstance(due, Tracer) else apply(old) if due else old
        for c, value in zip(memory, new, strict=True):
            c.set(value)
        self._waiting(name, jnp.where(due, 0.0, total), jnp.where(due, 0, steps))

    def _waiting(self, name: str, total: Any, steps: Any) -> None:
        self.compartments[IN_PARTS.format(name)].set(total)
        self.compartments[f"{name}_waiting"].set(steps)

    def _move(self, name: str, change: Any) -> None:
        memory = [self.compartments[key] for key in self._memories(name)]
        new = self._moved(name, self.compartments[name].get(), [c.get() for c in memory], change)
        for c, value in zip((self.compartments[name], *memory), new, strict=True):
            c.set(value)

    def _count_step(self, name: str) -> None:
        """Note in the optimiser's memory that a step was made elsewhere."""
        memory = [self.compartments[key] for key in self._memories(name)]
        nothing = jnp.zeros((), self.context.dtype)
        for c, value in zip(memory, self._moved("", nothing, [c.get() for c in memory], nothing)[1:], strict=True):
            c.set(value)

    @property
    def step_size(self) -> Any:
        """What multiplies every change, where that is all the optimiser does to it; else None."""
        own = self._optimiser
        plain = isinstance(own, SGD) and own.batch_size == 1 and (own.clamp, own.weight_decay) == (None, None)
        if self.update is not None or not plain or (own.clip_norm, own.clip_value) != (None, None):
            return None
        memory = [self.compartments[key].get() for key in self._memories("weights")]
        return own.get_hyper(jax.tree.unflatten(self._form("weights"), memory))["eta"]

    def _form(self, name: str) -> Any:
        """How the optimiser's memory is put together."""
        value = self.compartments[name].get() if name else jnp.zeros((), self.context.dtype)
        return jax.tree.structure(jax.eval_shape(lambda: self._optimiser.init({name: value})))

    def _memories(self, name: str) -> list[str]:
        return [key for key in self.compartments if key.startswith(f"{name}_memory_")]

    def _moved(self, name: str, value: Any, memory: list[Any], change: Any) -> list[Any]:
        """[new value, *new memory] after one step along `change`."""
        held, new = self._optimiser.step(jax.tree.unflatten(self._form(name), memory), {name: value}, {name: -change})
        return [self.within(name, new[name]) if name else new[name], *jax.tree.leaves(held)]


def _memory(name: str, i: int) -> str:
    return f"{name}_memory_{i}"
