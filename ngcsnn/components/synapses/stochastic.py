"""All-to-all transmission in which every single synapse may fail."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.synapses.release import released
from ngcsnn.components.synapses.synapse import Synapse, synaptic_bias, synaptic_weights, weight_bounds
from ngcsnn.graph import checks, hyper, param


class StochasticSynapse(Synapse):
    """Transmits events, or graded values, through synapses that each release with a probability of their own.

        outputs[j] = sum over i of r[i, j] inputs[i] weights[i, j] + bias[j],    r = 1 with `probability`, else 0,
        drawn for each synapse, step and sample; for the first moments of events the same without bias
        (one without an event, which moves the event of the step before, by its mean)

    The mean is that of a dense synapse with weights * probability. A step draws batch * n_pre * n_post numbers from
    the context; where all synapses of a unit fail together, StochasticRelease in front of any synapse is cheaper. The
    derivative of r is that of its mean. Learning rules see what units emit. Shapes: weights and probability
    (n_pre, n_post), bias (n_post,). Source: del Castillo & Katz 1954, J. Physiol. 124:560.
    """

    shape = hyper(kind=tuple, check=checks.two_sizes, doc="(n_pre, n_post)")
    weights = synaptic_weights("shape")
    bias = synaptic_bias(lambda c: c.shape[1:])
    probability = param(
        0.5, shape="shape", check=checks.fraction, bounds=(0.0, 1.0), doc="that a synapse releases at an event"
    )
    w_min, w_max = weight_bounds()

    @property
    def sizes(self) -> tuple[int, int]:
        return self.shape

    def incoming(self, units: Any) -> Any:
        return units[None, :]

    def transmit(self, m: Any, weights: Any) -> Any:
        """Without failures."""
        return m @ weights

    @property
    def draws(self) -> bool:
        return True

    def advance(self) -> None:
        m0, m1 = self.inputs.moments()
        weights, probability = self.effective_weights(), self.probability.get()
        chosen = released(self, probability, (m0.shape[0], *self.shape)) * weights
        value = jnp.einsum("ri,rij->rj", m0, chosen)
        if m1 is None:
            self.emit(value, None)
            return
        now = m0 != 0
        moment = jnp.einsum("ri,rij->rj", jnp.where(now, m1, 0.0), chosen)
        self.emit(value, moment + jnp.where(now, 0.0, m1) @ (probability * weights))
