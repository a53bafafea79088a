"""One parameter of a synapse that learns: its optimiser's memory, and the changes that wait."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.core import Tracer

from ngcsnn.graph import state
from ngcsnn.optim import SGD


class Learner:
    """Moves the parameter `name` of a synapse by its optimiser; what it remembers are compartments of the synapse."""

    def __init__(self, synapse: Any, name: str, optimiser: Any):
        self.synapse, self.name, self.optimiser = synapse, name, optimiser

    def declare(self) -> None:
        """Make the compartments: the leaves of the optimiser's state and, where changes wait, their sum."""
        synapse, value = self.synapse, self.synapse.compartments[self.name].get()
        for i, leaf in enumerate(jax.tree.leaves(self.optimiser.init({self.name: value}))):
            kept: Any = state(shape=leaf.shape, batched=False, keep=True, dtype=str(leaf.dtype), doc="of the optimiser")
            synapse.declare(f"{self.name}_memory_{i}", kept)
            synapse.context.live[synapse.name][f"{self.name}_memory_{i}"] = jnp.array(leaf)
        if synapse.update is not None:
            doc = f"sum of the changes of the {self.name} that wait"
            synapse.declare(f"{self.name}_collected", state(shape=value.shape, batched=False, doc=doc))
            waiting = state(shape=(), batched=False, dtype="int32", doc="steps that it is of")
            synapse.declare(f"{self.name}_waiting", waiting)

    def move(self, change: Any) -> None:
        """One step of the optimiser along `change`."""
        self._put(self._moved(self._held(), change))

    def collect(self, change: Any) -> None:
        """Add to what waits; with `update` k, move by it after each k-th time."""
        due_after = self.synapse.update
        total = self.collected.get() + change
        steps = self.waiting.get() + 1
        due = steps == due_after if isinstance(due_after, int) else False
        if isinstance(due, Tracer):
            self._put(lax.cond(due, lambda held: self._moved(held, total), list, self._held()))
        elif due:
            self.move(total)
        self.collected.set(jnp.where(due, 0.0, total))
        self.waiting.set(jnp.where(due, 0, steps))

    def settle(self) -> None:
        """Move by what waits."""
        self.move(self.collected.get())
        self.collected.set(0.0)
        self.waiting.set(0)

    def count_step(self) -> None:
        """Note in the memory that a step was made elsewhere."""
        nothing = jnp.zeros((), self.synapse.context.dtype)
        held, _ = self.optimiser.step(self._unpacked(self._held()[1:]), {self.name: nothing}, {self.name: nothing})
        for c, value in zip(self._compartments()[1:], jax.tree.leaves(held), strict=True):
            c.set(value)

    @property
    def step_size(self) -> Any:
        """What multiplies every change, where that is all the optimiser does to it; else None."""
        own = self.optimiser
        if not isinstance(own, SGD) or own.batch_size != 1 or self.synapse.update is not None:
            return None
        if any(part is not None for part in (own.clamp, own.weight_decay, own.clip_norm, own.clip_value)):
            return None
        return own.get_hyper(self._unpacked(self._held()[1:]))["eta"]

    @property
    def collected(self) -> Any:
        return self.synapse.compartments[f"{self.name}_collected"]

    @property
    def waiting(self) -> Any:
        return self.synapse.compartments[f"{self.name}_waiting"]

    def _compartments(self) -> list[Any]:
        """The parameter, then the memory."""
        own = self.synapse.compartments
        return [own[self.name], *(c for key, c in own.items() if key.startswith(f"{self.name}_memory_"))]

    def _held(self) -> list[Any]:
        return [c.get() for c in self._compartments()]

    def _put(self, values: list[Any]) -> None:
        for c, value in zip(self._compartments(), values, strict=True):
            c.set(value)

    def _unpacked(self, memory: list[Any]) -> Any:
        """The optimiser's state from its leaves."""
        value = self.synapse.compartments[self.name].get()
        return jax.tree.unflatten(jax.tree.structure(jax.eval_shape(self.optimiser.init, {self.name: value})), memory)

    def _moved(self, held: list[Any], change: Any) -> list[Any]:
        value, *memory = held
        state, new = self.optimiser.step(self._unpacked(memory), {self.name: value}, {self.name: -change})
        return [self.synapse.within(self.name, new[self.name]), *jax.tree.leaves(state)]
