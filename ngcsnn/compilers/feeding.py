"""From what a user hands in (event lists, arrays) to what a rollout is fed, on the device."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.compilers.plan import Leaf
from ngcsnn.data.events import EventData, PaddedEvents
from ngcsnn.graph import Compartment, Context, GraphError, ShapeError

Data = dict[str, Any]  # {"component.compartment": PaddedEvents or (n_samples, T, n)}


def to_device(context: Context, inputs: Mapping[Any, Any], n_steps: int) -> tuple[Data, int]:
    """(arrays by fed compartment, number of samples). inputs: {source or compartment, or its name: data}.

    data: an `EventData`, or an array (n_samples, n_steps, n) of events (at their step's end) or currents.
    """
    if not isinstance(inputs, Mapping) or not inputs:
        raise GraphError(f"inputs are given as {{component: data}}, got {type(inputs).__name__}")
    data: Data = {}
    counts: dict[str, int] = {}
    for key, given in inputs.items():
        target = _target(context, key)
        if target.key in data:
            raise GraphError(f"{target.key} is fed twice")
        data[target.key], counts[target.key] = _convert(context, target, given, n_steps)
    if len(set(counts.values())) != 1:
        raise ShapeError("inputs differ in their number of samples: " + ", ".join(f"{k} {n}" for k, n in counts.items()))
    lacking = [c.name for c in context.components.values() if c.stage == "source" and f"{c.name}.inputs" not in data]
    if lacking:
        raise GraphError(f"no data for the source {', '.join(repr(n) for n in lacking)}")
    return data, next(iter(counts.values()))


def _target(context: Context, key: Any) -> Compartment:
    found = context.find(key)
    if not isinstance(found, Compartment):
        if found.stage != "source":
            raise GraphError(f"'{found.name}' is a {found.stage}: feed a source, or one of its input compartments by name")
        found = found.compartment("inputs")
    if found.role == "output" and found.component.stage == "source":
        found = found.component.compartment("inputs")
    if found.role != "input" or found.source is not None:
        raise GraphError(f"{found.key} cannot be fed: it is {'wired' if found.source is not None else found.role}")
    return found


def _convert(context: Context, target: Compartment, given: Any, n_steps: int) -> tuple[Any, int]:
    n = target.shape[0] if target.shape else 0
    if isinstance(given, EventData):
        if target.offset is None:
            raise GraphError(f"{target.key} takes values, not events: give an array (n_samples, {n_steps}, {n})")
        if given.n_units != n:
            raise ShapeError(f"{target.key} has {n} units, the events have {given.n_units}")
        if len(given) == 0:
            raise ShapeError(f"{target.key}: no samples")
        try:
            padded = given.to_padded(n_steps, context.dt, context.dtype)
        except ValueError as error:
            raise GraphError(f"{target.key}: {error}") from None
        return PaddedEvents(*map(jnp.asarray, padded)), len(given)
    array = np.asarray(given)
    expected = (n_steps, *target.shape)
    if array.ndim < 2 or array.shape[1:] != expected or len(array) == 0:
        raise ShapeError(f"{target.key} takes (n_samples, {', '.join(map(str, expected))}), got {array.shape}")
    if array.dtype.kind not in "biuf" or not np.all(np.isfinite(array)):
        raise GraphError(f"{target.key}: the input array must hold finite numbers")
    return jnp.asarray(array, context.dtype), len(array)


def feed(context: Context, data: Data, batch: Any, n_steps: int, timed: bool) -> dict[Leaf, Any]:
    """The leaves of a rollout for the samples `batch` (indices): {leaf: (T, batch, n)}."""
    out: dict[Leaf, Any] = {}
    for key, value in data.items():
        compartment = context.find(key)
        leaf = (compartment.component.name, compartment.name)
        if not isinstance(value, PaddedEvents):
            out[leaf] = jnp.moveaxis(value[batch], 0, 1)
            continue
        events = jax.tree.map(lambda a: a[batch], value)
        shape = (n_steps, len(batch), *compartment.shape)
        at = (events.step, jnp.arange(len(batch))[:, None], events.unit)  # padding lies outside and is dropped
        out[leaf] = jnp.zeros(shape, context.dtype).at[at].add(1.0, mode="drop")
        if timed:
            out[(leaf[0], compartment.offset.name)] = jnp.zeros(shape, context.dtype).at[at].add(events.offset, mode="drop")
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
