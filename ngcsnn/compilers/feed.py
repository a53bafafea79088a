"""The data of one batch, laid out over the steps of its trials."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.compilers.batches import NOBODY
from ngcsnn.compilers.feeding import Data
from ngcsnn.compilers.plan import Leaf
from ngcsnn.credit import CreditRule, Grid
from ngcsnn.data.events import PaddedEvents
from ngcsnn.graph import Context


def keeps_offsets(rule: CreditRule) -> bool:
    """Whether fed events keep their offsets: on the grid they are put on their step's end, as all spikes are."""
    return rule.timed and not isinstance(rule, Grid)


def feed(context: Context, data: Data, batch: Any, n_steps: int, timed: bool) -> dict[Leaf, Any]:
    """The leaves of a rollout for the samples `batch` (indices; NOBODY is fed nothing): {leaf: (T, batch, n)}.

    Events of one unit and step add up: their number, and where `timed` the sum of their offsets (ms).
    """
    real = batch != NOBODY
    out: dict[Leaf, Any] = {}
    for key, value in data.items():
        compartment = context.find(key)
        leaf = (compartment.component.name, compartment.name)
        if not isinstance(value, PaddedEvents):
            values = jnp.where(real.reshape(-1, *(1,) * (value.ndim - 1)), value[batch], 0)
            out[leaf] = jnp.moveaxis(values, 0, 1)
            continue
        events = jax.tree.map(lambda a: a[batch], value)
        empty = jnp.zeros((n_steps, len(batch), *compartment.shape), context.dtype)
        unit = jnp.where(real[:, None], events.unit, compartment.shape[0])
        at = (events.step, jnp.arange(len(batch))[:, None], unit)  # padding lies outside and is dropped
        out[leaf] = empty.at[at].add(1.0, mode="drop")
        if timed:
            out[(leaf[0], compartment.offset.name)] = empty.at[at].add(events.offset, mode="drop")
    return out


def fed_leaves(context: Context, data: Data, timed: bool) -> frozenset[Leaf]:
    """The leaves that `feed` will give for this kind of data."""
    leaves = set()
    for key, value in data.items():
        compartment = context.find(key)
        leaves.add((compartment.component.name, compartment.name))
        if timed and isinstance(value, PaddedEvents):
            leaves.add((compartment.component.name, compartment.offset.name))
    return frozenset(leaves)
