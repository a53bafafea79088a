"""Double-exponential receptors: open with one time constant, close with another."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.synapses.receptor import Receptor, on_arrival, time_constant
from ngcsnn.components.traces.double_exponential_filter import check_order, largest
from ngcsnn.graph import state


class DoubleExponentialReceptor(Receptor):
    """A receptor that opens with one time constant and closes with another.

        k(t) = (exp(-t / tau_decay) - exp(-t / tau_rise)) / N,    tau_rise < tau_decay

    norm "peak": N makes the largest value 1; norm "area": N = tau_decay - tau_rise, of integral 1 (per ms). What it
    puts out, its other arguments and sources: see `Receptor`.
    """

    tau_rise = time_constant(2.0, "time constant of the rise")
    tau_decay = time_constant(10.0, "time constant of the fall")
    slow = state(shape="n_units", doc="the falling part, at the step's start")
    fast = state(shape="n_units", doc="the rising part, at the step's start")

    def setup(self) -> None:
        super().setup()
        check_order(self)

    def follow(self, m0: Any, m1: Any) -> tuple[Any, Any, Any]:
        rise, fall, dt = self.tau_rise.get(), self.tau_decay.get(), self.context.dt
        parts, charges, of_one = [], [], []
        for part, tau in ((self.slow, fall), (self.fast, rise)):
            left = jnp.exp(-dt / tau)
            new = left * part.get() + on_arrival(m0, m1, lambda age, tau=tau: jnp.exp(-age / tau), dt)
            part.set(new)
            parts.append(new)
            of_one.append(tau * (1.0 - left))
            charges.append(new * of_one[-1])
        scale = largest(rise, fall) if self.norm == "peak" else fall - rise
        g, charge, one = ((first - second) / scale for first, second in (parts, charges, of_one))
        return g, charge, one
