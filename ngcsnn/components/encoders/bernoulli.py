"""Bernoulli encoder: in every step a coin for every unit."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.graph import Component, checks, hyper, input_, output


class BernoulliEncoder(Component):
    """Emits 0 or 1 event per unit and step, independently of the past.

        P(s = 1) = x,    or, with `max_rate`,    P(s = 1) = x max_rate dt / 1000,    both cut at 0 and 1

    Events lie at the step's end. The derivative of s is that of its mean (the straight-through estimator of Bengio et
    al. 2013, arXiv:1308.3432). Without `max_rate` the event rate follows dt. Shapes (batch, n_units).
    """

    stage = "source"

    n_units = hyper(kind=int, check=checks.positive, doc="number of units")
    max_rate = hyper(
        None, kind=(float, type(None)), unit="Hz", check=checks.non_negative,
        doc="event rate at input 1; without it inputs are probabilities per step",
    )  # fmt: skip
    inputs = input_(shape="n_units", doc="intensities, 0 to 1")
    s = output(shape="n_units", timed=True, doc="events emitted during the step (0 or 1)")

    @property
    def draws(self) -> bool:
        return True

    def advance(self) -> None:
        scale = 1.0 if self.max_rate is None else self.max_rate * self.context.dt / 1000.0
        p = jnp.clip(self.inputs.get() * scale, 0.0, 1.0)
        drawn = jax.random.uniform(self.context.next_key(), p.shape, p.dtype) < lax.stop_gradient(p)
        self.s.set_moments(drawn + (p - lax.stop_gradient(p)), None)
