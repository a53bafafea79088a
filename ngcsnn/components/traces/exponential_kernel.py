"""Exponential kernel over a window: events older than the window are forgotten."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.traces.arrival import arrived
from ngcsnn.graph import Component, GraphError, checks, hyper, input_, output, param, state


class ExponentialKernel(Component):
    """Sum of exponentials of the ages of recent events; reads the events of the same step.

        x(t) = sum over events with t - t_k < window of s_k exp(-(t - t_k) / tau)

    The window is counted in whole steps of arrival. An endless window is a `Trace`. Shapes (batch, n_units).
    """

    stage = "trace"

    n_units = hyper(kind=int, check=checks.positive, doc="number of kernels")
    tau = param(
        20.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")), doc="time constant"
    )
    window = hyper(20.0, unit="ms", check=checks.positive, doc="age at which an event is forgotten")
    inputs = input_(shape="n_units", timed=True, doc="events of the step")
    recent = state(shape=lambda c: (c.n_steps, c.n_units), doc="what each recent step contributes, the last one first")
    outputs = output(shape="n_units", doc="the sum at the step's end")

    def setup(self) -> None:
        if abs(self.n_steps * self.context.dt - self.window) > 1e-6 * self.window or self.n_steps < 1:
            raise GraphError(
                f"ExponentialKernel '{self.name}': `window` must be a whole number of steps of {self.context.dt} ms, "
                f"got {self.window} ms"
            )

    @property
    def n_steps(self) -> int:
        """Steps in the window."""
        return round(self.window / self.context.dt)

    def kernel(self, age: Any) -> Any:
        return jnp.exp(-age / self.tau.get())

    def advance(self) -> None:
        new = arrived(self.inputs, self.kernel, -1.0 / self.tau.get())
        older = self.recent.get()[:, :-1] * self.kernel(jnp.full_like(new, self.context.dt))[:, None]
        recent = jnp.concatenate([new[:, None], older], 1)
        self.recent.set(recent)
        self.outputs.set(recent.sum(1))
