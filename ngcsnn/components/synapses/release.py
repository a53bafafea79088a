"""Stochastic release by presynaptic units: an event reaches all synapses of a unit, or none."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.graph import Component, checks, hyper, input_, output, param, state


def released(component: Any, probability: Any, shape: tuple[int, ...]) -> Any:
    """1 where a release succeeds, else 0, independently; its derivative is that of its mean (straight-through)."""
    fixed = lax.stop_gradient(probability)
    drawn = jax.random.uniform(component.context.next_key(), shape, fixed.dtype) < fixed
    return drawn + (probability - fixed)


class StochasticRelease(Component):
    """Lets the events of each unit through with a probability, in front of any synapse.

        outputs = r inputs,    r = 1 with `probability`, else 0, drawn for each unit, step and sample

    `cell.s >> release.inputs; release.outputs >> w.inputs`. All synapses of a unit release together; for failures of
    each synapse on its own see StochasticSynapse. First moments go along; one without an event belongs to the
    event of the step before and shares its fate. The derivative of r is that of its mean. The random numbers are the
    context's. Shapes (batch, n_units). Source: del Castillo & Katz 1954, J. Physiol. 124:560.
    """

    stage = "synapse"

    n_units = hyper(kind=int, check=checks.positive, doc="number of units")
    probability = param(
        0.5, shape="n_units", check=checks.fraction, bounds=(0.0, 1.0), doc="that an event is let through"
    )
    inputs = input_(shape="n_units", timed=True, doc="events or values of the presynaptic units")
    let = state(shape="n_units", doc="r of the last step")
    outputs = output(shape="n_units", timed=True, doc="what is let through")

    @property
    def draws(self) -> bool:
        return True

    def advance(self) -> None:
        m0, m1 = self.inputs.moments()
        r, before = released(self, self.probability.get(), m0.shape), self.let.get()
        self.let.set(r)
        self.outputs.set_moments(r * m0, None if m1 is None else jnp.where(m0 != 0, r, before) * m1)
