"""The events of a batch over a trial, as lists: a trajectory of moments that has not been spread out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


@jax.tree_util.register_dataclass
@dataclass
class Events:
    """step, unit (batch, K) int32; offset (batch, K) in ms, or None where events are on the grid.

    An event whose unit is not below `n_units`, or whose step is not below `n_steps`, is none. one_each: column k holds
    the only event of unit k; else each row is sorted by step, its padding (unit n_units) last. most: an upper bound on
    the events of one sample in one step.
    """

    step: Any
    unit: Any
    offset: Any
    n_units: int = field(metadata={"static": True})
    n_steps: int = field(metadata={"static": True})
    one_each: bool = field(metadata={"static": True})
    most: int = field(metadata={"static": True})

    @property
    def batch(self) -> int:
        return self.step.shape[0]

    def without(self, lost: Any) -> Events:
        """The same list without the events that are `lost` (batch, K); what stays keeps its place."""
        return replace(self, unit=jnp.where(lost & (self.unit < self.n_units), self.n_units + 1, self.unit))

    def dense(self, dtype: Any) -> tuple[Any, Any]:
        """(m0, m1): events of each unit and step, and the sum of their offsets (None without); (T, batch, n_units)."""
        if self.one_each:
            here = jnp.arange(self.n_steps, dtype=self.step.dtype)[:, None, None] == jnp.where(
                self.unit < self.n_units, self.step, -1
            )
            m1 = None if self.offset is None else jnp.where(here, self.offset.astype(dtype), 0)
            return here.astype(dtype), m1
        empty = jnp.zeros((self.n_steps, self.batch, self.n_units), dtype)
        at = (self.step, jnp.arange(self.batch)[:, None], self.unit)  # padding lies outside and is dropped
        m0 = empty.at[at].add(1, mode="drop")
        return m0, None if self.offset is None else empty.at[at].add(self.offset.astype(dtype), mode="drop")

    def runs(self) -> tuple[Any, Any]:
        """(start, size) of the events of each sample and step in the list of all, both (batch, T); not for one each."""
        step = jnp.where(self.unit == self.n_units, self.n_steps, self.step)
        edges = jnp.arange(self.n_steps + 1, dtype=step.dtype)
        start = jax.vmap(lambda s: jnp.searchsorted(s, edges))(step).astype(jnp.int32)
        first = jnp.arange(self.batch, dtype=jnp.int32)[:, None] * step.shape[1]
        return first + start[:, :-1], start[:, 1:] - start[:, :-1]

    def rows(self) -> tuple[Any, Any]:
        """(unit, offset) of the events of each step and sample, (T, batch, most); empty slots have unit n_units."""
        start, size = (a.T[..., None] for a in self.runs())
        slot = jnp.arange(self.most, dtype=jnp.int32)
        at = jnp.where(slot < size, start + slot, 0)
        unit = jnp.where(slot < size, jnp.minimum(self.unit.reshape(-1)[at], self.n_units), self.n_units)
        return unit, None if self.offset is None else jnp.where(unit < self.n_units, self.offset.reshape(-1)[at], 0)

    def no_cotangent(self) -> Events:
        """The cotangent of events: they are data."""

        def none(a: Any) -> Any:
            return jnp.zeros_like(a) if jnp.issubdtype(a.dtype, jnp.inexact) else np.zeros(a.shape, jax.dtypes.float0)

        return jax.tree.map(none, self)
