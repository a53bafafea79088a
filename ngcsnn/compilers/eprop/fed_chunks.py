"""What is fed to a trial, a few steps at a time."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax

from ngcsnn.compilers.batches import NOBODY
from ngcsnn.compilers.fed_events import FedEvents
from ngcsnn.compilers.feeding import Data
from ngcsnn.compilers.plan import Leaf
from ngcsnn.graph import Context
from ngcsnn.kernels import Events


class Rows(NamedTuple):
    """Events by step: unit (T, batch, most); empty slots have a unit of n or more."""

    unit: Any
    n: int


class Samples(NamedTuple):
    """Values (n_samples, T, n), and the samples (batch,) that are taken of them."""

    values: Any
    index: Any

    def chunk(self, first: Any, n_steps: int) -> Any:
        """(n_steps, batch, n) of the steps from `first` (traced) on: no other step is touched."""
        here = lax.dynamic_slice_in_dim(self.values, first, n_steps, axis=1)[self.index]
        return jnp.where((self.index != NOBODY)[:, None, None], here, 0).swapaxes(0, 1)


def by_steps(context: Context, data: Data, index: Any, n_steps: int) -> dict[Leaf, Any]:
    """{leaf: `Rows` or `Samples`} of the samples `index`."""
    out: dict[Leaf, Any] = {}
    for key, value in data.items():
        compartment = context.find(key)
        rows = _rows(value.take(index, n_steps, False)) if isinstance(value, FedEvents) else Samples(value, index)
        out[compartment.component.name, compartment.name] = rows
    return out


def _rows(events: Events) -> Rows:
    if events.one_each:  # in the order of the units: sort by step
        step = jnp.where(events.unit < events.n_units, events.step, events.n_steps)
        order = jnp.argsort(step, axis=1)
        step, unit = (jnp.take_along_axis(a, order, axis=1) for a in (step, events.unit))
        events = Events(
            step, jnp.where(step < events.n_steps, unit, events.n_units), None, events.n_units, events.n_steps,
            one_each=False, most=events.most,
        )  # fmt: skip
    return Rows(events.rows()[0], events.n_units)


def chunk(fed: dict[Leaf, Any], first: Any, n_steps: int, dtype: Any) -> dict[Leaf, Any]:
    """{leaf: (n_steps, batch, n)} of the steps from `first` (traced) on."""
    return {leaf: _chunk(value, first, n_steps, dtype) for leaf, value in fed.items()}


def _chunk(value: Any, first: Any, n_steps: int, dtype: Any) -> Any:
    if isinstance(value, Samples):
        return value.chunk(first, n_steps)
    unit = lax.dynamic_slice_in_dim(value.unit, first, n_steps)
    steps, batch, _ = unit.shape
    at = jnp.arange(steps)[:, None, None], jnp.arange(batch)[:, None], unit  # empty slots lie outside and are dropped
    return jnp.zeros((steps, batch, value.n), dtype).at[at].add(1, mode="drop")
