"""Double-exponential filter: each event rises with one time constant and falls with another."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.traces.arrival import arrived
from ngcsnn.graph import Component, GraphError, checks, hyper, input_, output, param, state


def largest(rise: Any, fall: Any) -> Any:
    """The largest value of exp(-t / fall) - exp(-t / rise), at t = ln(fall / rise) fall rise / (fall - rise)."""
    ratio = rise / fall
    return ratio ** (rise / (fall - rise)) - ratio ** (fall / (fall - rise))


def check_order(component: Any) -> None:
    """Raise unless `tau_rise` is below `tau_decay`."""
    rise, fall = (np.asarray(tau.get()) for tau in (component.tau_rise, component.tau_decay))
    if np.any(rise >= fall):
        kind = type(component).__name__
        raise GraphError(
            f"{kind} '{component.name}': `tau_rise` must be below `tau_decay` (in ms), got {rise} and {fall}; "
            f"where they are equal, use {kind.replace('DoubleExponential', 'Alpha')}"
        )


class DoubleExponentialFilter(Component):
    """Events filtered by a difference of exponentials, exactly; reads the events of the same step.

        k(t) = (exp(-t / tau_decay) - exp(-t / tau_rise)) / N,    tau_rise < tau_decay

    norm "peak": N makes the largest value 1, at t = ln(tau_decay / tau_rise) tau_decay tau_rise / (tau_decay -
    tau_rise). norm "area": N = tau_decay - tau_rise, of integral 1 (per ms). Shapes (batch, n_units).
    """

    stage = "trace"

    n_units = hyper(kind=int, check=checks.positive, doc="number of filters")
    tau_rise = param(
        2.0,
        shape="n_units",
        unit="ms",
        check=checks.positive,
        bounds=(0.05, float("inf")),
        doc="time constant of the rise",
    )
    tau_decay = param(
        10.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="time constant of the fall",
    )  # fmt: skip
    norm = hyper("peak", kind=str, check=checks.one_of("peak", "area"), doc="peak or area")
    inputs = input_(shape="n_units", timed=True, doc="events of the step")
    slow = state(shape="n_units", doc="the falling part")
    fast = state(shape="n_units", doc="the rising part")
    outputs = output(shape="n_units", doc="the filtered events at the step's end")

    def setup(self) -> None:
        check_order(self)

    def advance(self) -> None:
        rise, fall, dt = self.tau_rise.get(), self.tau_decay.get(), self.context.dt
        scale = largest(rise, fall) if self.norm == "peak" else fall - rise
        parts = []
        for part, tau in ((self.slow, fall), (self.fast, rise)):
            new = arrived(self.inputs, lambda age, tau=tau: jnp.exp(-age / tau), -1.0 / tau)
            part.set(part.get() * jnp.exp(-dt / tau) + new)
            parts.append(part.get())
        self.outputs.set((parts[0] - parts[1]) / scale)
