"""The base of encoders that emit one spike per unit and trial, at a time that the input tells."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp

from ngcsnn.components.encoders.emission import emit
from ngcsnn.graph import Component, checks, hyper, input_, output, state


class OneSpikeEncoder(Component):
    """Base of latency codes: reads `inputs` in the first step of a trial and emits at `latency(inputs)`.

    A subclass defines `latency(x)`, in ms after the trial's start; infinite: never. A time in (n dt, (n + 1) dt] falls
    into step n, with its exact offset; 0 into step 0. Gradients pass through the times. Shapes (batch, n_units).
    """

    stage: ClassVar[str] = "source"

    n_units = hyper(kind=int, check=checks.positive, doc="number of units")
    inputs = input_(shape="n_units", doc="intensities, 0 to 1, read in the first step of a trial")
    due = state(shape="n_units", unit="ms", doc="spike time after the trial's start")
    age = state(shape=(), batched=False, dtype="int32", doc="steps since the trial's start")
    s = output(shape="n_units", timed=True, doc="spikes emitted during the step (0 or 1)")

    def latency(self, x: Any) -> Any:
        """The time of the spike, in ms after the trial's start."""
        raise TypeError(f"{type(self).__name__} must define latency(x)")

    def advance(self) -> None:
        dt, n = self.context.dt, self.age.get()
        starts = n == 0
        due = jnp.where(starts, jnp.maximum(self.latency(self.inputs.get()), 0.0), self.due.get())
        end = (n + 1).astype(due.dtype) * dt
        hit = (due <= end) & ((due > n.astype(due.dtype) * dt) | starts)
        self.due.set(due)
        self.age.set(n + 1)
        emit(self.s, hit, jnp.where(hit, due, end) - end)
