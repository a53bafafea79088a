"""Monitor: records a compartment at a stride, into a ring on the device or to the host."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.graph import Component, GraphError, checks, hyper, input_, output, state


def _sizes(value: Any) -> bool:
    sizes = value if isinstance(value, tuple) else (value,)
    return all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in sizes)


class Monitor(Component):
    """Records what is wired to `inputs` after every `every` steps; `recorded()` gives times and values.

    to "ring": the last `length` records stay on the device, part of the state (saved, reset, batched with it).
    to "host": every record goes to the host's memory as it is made; it costs a transfer each, and is not saved. A
    reset empties both. `outputs` holds the last record. Shapes (batch, *shape). Times are those of the step's end, in
    ms since the trial's start. Where a whole run is recorded, `watch=` of `process.scan` does without a monitor.
    """

    stage = "trace"

    shape = hyper(
        kind=(int, tuple),
        check=checks.Check(_sizes, "one or more positive integers"),
        doc="of what is recorded, per sample",
    )
    every = hyper(1, kind=int, check=checks.positive, doc="steps from one record to the next")
    to = hyper("ring", kind=str, check=checks.one_of("ring", "host"), doc="ring or host")
    length = hyper(
        None,
        kind=(int, type(None)),
        check=checks.positive,
        doc="records that the ring keeps; 1000 unless told otherwise",
    )
    inputs = input_(shape=lambda c: c.sizes, doc="what is recorded")
    age = state(shape=(), batched=False, dtype="int32", doc="steps since the trial's start")
    outputs = output(shape=lambda c: c.sizes, doc="the last record")
    remembers = ("outputs",)

    def setup(self) -> None:
        if self.to == "ring":
            self.n_kept = 1000 if self.length is None else self.length
            self.declare("ring", state(shape=(self.n_kept, *self.sizes), doc="the last records, in a circle"))
        elif self.length is not None:
            raise GraphError(f"Monitor '{self.name}': `length` belongs to a ring, got {self.length} with to='host'")
        self._on_host: dict[int, np.ndarray] = {}

    @property
    def sizes(self) -> tuple[int, ...]:
        """`shape` as a tuple."""
        return self.shape if isinstance(self.shape, tuple) else (self.shape,)

    def advance(self) -> None:
        x, n = self.inputs.get(), self.age.get() + 1
        due = n % self.every == 0
        self.age.set(n)
        self.outputs.set(jnp.where(due, x, self.outputs.get()))
        if self.to == "host":
            lax.cond(due, lambda: jax.debug.callback(self._keep, n, x), lambda: None)
            return
        ring, slot = self.compartments["ring"], (n // self.every - 1) % self.n_kept
        old = ring.get()
        new = jnp.where(due, x, lax.dynamic_index_in_dim(old, slot, 1, keepdims=False))
        ring.set(lax.dynamic_update_index_in_dim(old, new, slot, 1))

    def recorded(self) -> tuple[np.ndarray, np.ndarray]:
        """(times in ms, (k,); values (k, batch, *shape)), the oldest record first."""
        if self.to == "host":
            jax.effects_barrier()
            steps = np.array(sorted(self._on_host), int)
            none = np.zeros((0, self.context.batch_size, *self.sizes), self.context.dtype)
            return steps * self.context.dt, np.stack([self._on_host[n] for n in steps]) if len(steps) else none
        done = int(self.age.get()) // self.every
        numbers = np.arange(max(0, done - self.n_kept), done)
        values = np.asarray(self.compartments["ring"].get())[:, numbers % self.n_kept]
        return (numbers + 1) * self.every * self.context.dt, np.moveaxis(values, 1, 0)

    def reset(self) -> None:
        super().reset()
        self._on_host.clear()

    def _keep(self, n: Any, x: Any) -> None:
        self._on_host[int(n)] = np.asarray(x)
