"""Alpha filter: each event becomes a smooth bump."""

from __future__ import annotations

import math

import jax.numpy as jnp

from ngcsnn.components.traces.arrival import arrived
from ngcsnn.graph import Component, checks, hyper, input_, output, param, state


class AlphaFilter(Component):
    """Events filtered by an alpha function, exactly; reads the events of the same step.

        k(t) = (t / tau) exp(1 - t / tau)     norm "peak": 1 at t = tau
        k(t) = t / tau^2 exp(-t / tau)        norm "area": of integral 1 (per ms)

    tau dg/dt = h - g, tau dh/dt = -h, and an event raises h. Shapes (batch, n_units). Rall 1967, J. Neurophysiol.
    30:1138.
    """

    stage = "trace"

    n_units = hyper(kind=int, check=checks.positive, doc="number of filters")
    tau = param(
        5.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")), doc="time to the peak"
    )
    norm = hyper("peak", kind=str, check=checks.one_of("peak", "area"), doc="peak or area")
    inputs = input_(shape="n_units", timed=True, doc="events of the step")
    drive = state(shape="n_units", doc="h, the decaying drive")
    outputs = output(shape="n_units", doc="g, the filtered events at the step's end")
    remembers = ("outputs",)

    def advance(self) -> None:
        tau, dt = self.tau.get(), self.context.dt
        scale = math.e if self.norm == "peak" else 1.0 / tau
        left, h = jnp.exp(-dt / tau), self.drive.get()
        raised = arrived(self.inputs, lambda age: jnp.exp(-age / tau), -1.0 / tau)
        grown = arrived(self.inputs, lambda age: age / tau * jnp.exp(-age / tau), 1.0 / tau)
        self.outputs.set(left * (self.outputs.get() + dt / tau * h) + scale * grown)
        self.drive.set(left * h + scale * raised)
