"""Alpha receptors: open and close smoothly, with one time constant."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp

from ngcsnn.components.synapses.receptor import Receptor, on_arrival, time_constant
from ngcsnn.graph import state


class AlphaReceptor(Receptor):
    """A receptor whose opening is an alpha function of the time since an event.

        k(t) = t / tau exp(1 - t / tau)    norm "peak": 1 at t = tau
        k(t) = t / tau^2 exp(-t / tau)     norm "area": of integral 1 (per ms)

    tau dg/dt = h - g, tau dh/dt = -h, and an event raises h. What it puts out, its other arguments and sources: see
    `Receptor`; Rall 1967, J. Neurophysiol. 30:1138.
    """

    tau = time_constant(5.0, "time to the peak")
    drive = state(shape="n_units", doc="h, the decaying drive, at the step's start")

    def follow(self, m0: Any, m1: Any) -> tuple[Any, Any, Any]:
        tau, dt = self.tau.get(), self.context.dt
        scale = math.e if self.norm == "peak" else 1.0 / tau
        left, h = jnp.exp(-dt / tau), self.drive.get()
        grown = on_arrival(m0, m1, lambda age: age / tau * jnp.exp(-age / tau), dt)
        g = left * (self.g.get() + dt / tau * h) + scale * grown
        h = left * h + scale * on_arrival(m0, m1, lambda age: jnp.exp(-age / tau), dt)
        self.drive.set(h)
        rising = tau * (1.0 - left - dt / tau * left)
        return g, g * tau * (1.0 - left) + h * rising, scale * rising
