"""Variable trace: a memory of recent events that decays."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.traces.arrival import arrived
from ngcsnn.graph import Component, GraphError, checks, hyper, input_, output, param


class Trace(Component):
    """A low-pass filter of events; reads the events of the same step and holds its value at the step's end.

        decay   exponential   d(x)/dt = -x / tau, exact: x exp(-t / tau), each event from its own time on
                linear        its Euler step, x max(0, 1 - t / tau)
                step          nothing of x is left after a step
        event   mode "add"    x += amplitude s                     (all events count)
                mode "add" with n_nearest n:  x += s (amplitude - x / n), x right before the event
                mode "set"    x = amplitude                        (the last event counts)

    n_nearest 1 is the same as mode "set". Shapes (batch, n_units). Morrison, Diesmann & Gerstner 2008, Biol. Cybern.
    98:459.
    """

    stage = "trace"

    n_units = hyper(kind=int, check=checks.positive, doc="number of traces")
    tau = param(
        20.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")), doc="time constant"
    )
    amplitude = param(1.0, shape="n_units", check=checks.finite, doc="what an event adds, or sets")
    decay = hyper(
        "exponential", kind=str, check=checks.one_of("exponential", "linear", "step"), doc="exponential, linear or step"
    )
    mode = hyper("add", kind=str, check=checks.one_of("add", "set"), doc="add or set")
    n_nearest = hyper(
        None, kind=(float, type(None)), check=checks.at_least(1.0),
        doc="events that mode add counts, about; all by default",
    )  # fmt: skip
    inputs = input_(shape="n_units", timed=True, doc="events of the step")
    trace = output(shape="n_units", doc="the trace at the step's end")
    remembers = ("trace",)

    def setup(self) -> None:
        if self.mode == "set" and self.n_nearest is not None:
            raise GraphError(f"Trace '{self.name}': `n_nearest` belongs to mode 'add', got {self.n_nearest:g}")

    def kernel(self, age: Any) -> Any:
        """What is left of a trace of 1 after `age` ms."""
        if self.decay == "exponential":
            return jnp.exp(-age / self.tau.get())
        if self.decay == "linear":
            return jnp.maximum(0.0, 1.0 - age / self.tau.get())
        return jnp.ones_like(age)

    def advance(self) -> None:
        before = self.trace.get()
        kept = 0.0 if self.decay == "step" else self.kernel(jnp.full_like(before, self.context.dt))
        old = before * kept
        slope = 0.0 if self.decay == "step" else -1.0 / self.tau.get()
        new = arrived(self.inputs, self.kernel, slope) * self.amplitude.get()
        if self.mode == "set":
            s = self.inputs.get()
            self.trace.set(old * (1.0 - jnp.minimum(s, 1.0)) + new / jnp.maximum(s, 1.0))
        elif self.n_nearest is not None:
            self.trace.set(old * (1.0 - self.inputs.get() / self.n_nearest) + new)
        else:
            self.trace.set(old + new)
