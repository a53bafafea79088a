"""Exponential receptors: open at once, close exponentially."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.synapses.receptor import Receptor, on_arrival, time_constant


class ExponentialReceptor(Receptor):
    """A receptor that an event opens at once, and that closes exponentially.

        dg/dt = -g / tau,   and at an event of weight w   g += w (norm "peak") or w / tau (norm "area")

    What it puts out, its other arguments and sources: see `Receptor`.
    """

    tau = time_constant(5.0, "time constant of the fall")

    def follow(self, m0: Any, m1: Any) -> tuple[Any, Any, Any]:
        tau, dt = self.tau.get(), self.context.dt
        scale = 1.0 if self.norm == "peak" else 1.0 / tau
        left = jnp.exp(-dt / tau)
        g = left * self.g.get() + scale * on_arrival(m0, m1, lambda age: jnp.exp(-age / tau), dt)
        return g, g * tau * (1.0 - left), scale * tau * (1.0 - left)
