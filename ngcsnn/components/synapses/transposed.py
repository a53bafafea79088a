"""Transmission back through the weights of another synapse."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.components.synapses.synapse import Synapse
from ngcsnn.graph import Compartment, GraphError, input_, reference


class TransposedSynapse(Synapse):
    """Transmits events, or graded values, the other way through the weights of another synapse.

        outputs = inputs @ W^T,   W the matrix that the other synapse is; for the first moments of events the same

    It has no weights of its own: those of the other synapse are wired to it, `w.weights >> back.tied`, so gradients of
    either way add up in them. The feedback of predictive coding, of autoencoders and Boltzmann machines with tied
    weights, and of associative memories. Shapes: inputs (batch, n_post), outputs (batch, n_pre) of the other one, which
    is made before.
    """

    synapse = reference(doc="the synapse whose weights are used, or its name")
    tied = input_(shape=lambda c: c.target.weights.shape, batched=False, stored=False, doc="its weights, by a wire")

    @property
    def target(self) -> Any:
        """The other synapse itself."""
        found = self.referred("synapse", "transmit", "synapse")
        if "weights" not in found.compartments:
            raise GraphError(f"{type(self).__name__} '{self.name}': `synapse` '{found.name}' has no weights to share")
        return found

    @property
    def sizes(self) -> tuple[int, int]:
        n_pre, n_post = self.target.sizes
        return n_post, n_pre

    def connected(self, target: Compartment) -> None:
        super().connected(target)
        source = target.source
        if target.name == "tied" and source is not self.target.weights:
            raise GraphError(
                f"{self.name}.tied takes the weights of '{self.synapse}': wire {self.synapse}.weights >> "
                f"{self.name}.tied, not {source!r}"
            )

    def transmit(self, m: Any, weights: Any) -> Any:
        other, weights = self.target, self._acting()
        nothing = jnp.zeros((m.shape[0], other.sizes[0]), m.dtype)
        return jax.vjp(lambda x: other.transmit(x, weights), nothing)[1](m)[0]

    def self_weights(self, weights: Any) -> Any:
        own = self.target.self_weights(self._acting())
        return jnp.zeros(self.sizes[1], self.context.dtype) if own is None else own

    def _acting(self) -> Any:
        weights = self.tied.get()
        other = self.target
        return weights * other.mask.get() if "mask" in other.compartments else weights
