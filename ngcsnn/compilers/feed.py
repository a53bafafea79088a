"""The data of one batch, laid out over the steps of its trials."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.compilers.batches import NOBODY
from ngcsnn.compilers.fed_events import FedEvents
from ngcsnn.compilers.feeding import Data
from ngcsnn.compilers.plan import Leaf
from ngcsnn.credit import CreditRule
from ngcsnn.graph import Context


def keeps_offsets(rule: CreditRule) -> bool:
    """Whether fed events keep their offsets: on the grid they are put on their step's end, as all spikes are."""
    return rule.within_step


def feed(context: Context, data: Data, batch: Any, n_steps: int, timed: bool) -> dict[Leaf, Any]:
    """The leaves of a rollout for the samples `batch` (indices; NOBODY is fed nothing): {leaf: array or Events}.

    Arrays are (T, batch, n). Where `timed`, events keep their offsets (ms).
    """
    real = batch != NOBODY
    out: dict[Leaf, Any] = {}
    for key, value in data.items():
        compartment = context.find(key)
        leaf = (compartment.component.name, compartment.name)
        if isinstance(value, FedEvents):
            out[leaf] = value.take(batch, n_steps, timed)
        else:
            values = jnp.where(real.reshape(-1, *(1,) * (value.ndim - 1)), value[batch], 0)
            out[leaf] = jnp.moveaxis(values, 0, 1)
    return out


def fed_leaves(context: Context, data: Data, timed: bool) -> frozenset[Leaf]:
    """The leaves that `feed` will give for this kind of data, moments included."""
    leaves = set()
    for key, value in data.items():
        compartment = context.find(key)
        leaves.add((compartment.component.name, compartment.name))
        if timed and isinstance(value, FedEvents) and not value.on_grid:
            leaves.add((compartment.component.name, compartment.offset.name))
    return frozenset(leaves)
