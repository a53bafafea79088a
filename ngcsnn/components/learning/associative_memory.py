"""One-shot storage in a dense associative memory: each unit's weights become one sample."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.components.learning.rule import LearningRule
from ngcsnn.graph import GraphError, output, state


class AssociativeMemoryRule(LearningRule):
    """Writes samples into the units of a modern Hopfield network, one unit after the other, the oldest again when full.

        w_ik <- pre_i,   k the next unit

    What is stored is found again in one step or a few, from a part of it or with noise, by

        x <- softmax(beta x W) W^T

    a circuit of three: `w` (from the pattern to the memories), a RateCell with instant=True and nonlinearity "softmax"
    fed `beta * w.outputs`, and a TransposedSynapse of `w` back. It holds exponentially many patterns in the number of
    their units, where HopfieldRule holds 0.138 n. The samples of a batch take one unit each; those whose modulator is
    <= 0 are not stored. `slots` is 1 at the unit of each sample. `reduce` does not apply. Memories that should
    move towards what is retrieved badly learn by a HebbianRule: `pre` x - what comes back, `post` the softmax. Source:
    Ramsauer et al. 2021, ICLR (arXiv:2008.02217).
    """

    unread = ("post",)

    following = state(shape=(), batched=False, dtype="int32", keep=True, doc="number of the unit that is next")
    slots = output(shape=lambda c: c.target.sizes[1:], doc="1 for the unit that takes the sample, 0 for the others")

    def setup(self) -> None:
        super().setup()
        if self.reduce != "mean":
            raise GraphError(f"AssociativeMemoryRule '{self.name}' gives every sample a unit: `reduce` does not apply")
        self.target.incoming(jnp.ones(self.target.sizes[1], bool))  # raises where weights are shared

    def advance(self) -> None:
        size, n = self.context.batch_size, self.target.sizes[1]
        if size > n:
            raise GraphError(
                f"AssociativeMemoryRule '{self.name}': {size} samples do not fit into {n} units at once; make the "
                f"batch smaller or '{self.target.name}' larger"
            )
        stored = (self.modulator.get()[:, 0] > 0).astype(jnp.int32)
        number = (self.following.get() + jnp.cumsum(stored) - 1) % n
        self.slots.set(jax.nn.one_hot(number, n) * stored[:, None])
        self.following.set((self.following.get() + jnp.sum(stored)) % n)

    def change(self) -> Any:
        w, slots = self.target, self.slots.get()
        written = w.outer(self.pre.get(), slots)
        return written - jnp.where(w.incoming(jnp.any(slots > 0, 0)), w.effective_weights(), 0.0)
