"""Events through a weight matrix, without a dense (T, batch, unit) array of them.

    m0[n, b] = sum over the events of sample b in step n of W[unit],      m1 the same, each times its offset
Forward: the events of each (step, sample), of which there are few, as a padded row of slots; rows of W are gathered and
added, some rows at a time, so that what is gathered stays in the cache. Backward: the same with the events of a unit,
    dW[i] = sum over the events of unit i of d_m0[n, b] + offset d_m1[n, b].
Where rows are nearly full a dense product is faster; which one runs is a matter of shapes alone.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.kernels.events import Events

GATHER = 9.0  # what one gathered product costs, in units of one of a dense product (measured on CPU: 6 and 52 G/s)
CACHE = 2**16  # numbers that are gathered at a time
GROUP = 32  # events of one unit that are added up before the units' sums


def project(events: Events, weights: Any) -> tuple[Any, Any]:
    """(m0, m1) of what the events send through `weights` (n_units, n_post); each (T, batch, n_post).

    m1 is None where the events carry no offsets. Differentiable in `weights`.
    """
    return _project(events, weights)


@jax.custom_vjp
def _project(events: Events, weights: Any) -> tuple[Any, Any]:
    rows = events.n_steps * events.batch
    if events.one_each or GATHER * events.most > events.n_units:
        counts, moments = events.dense(weights.dtype)
        m0 = counts.reshape(rows, -1) @ weights
        m1 = None if moments is None else moments.reshape(rows, -1) @ weights
    else:
        unit, offset = events.rows()
        padded = jnp.concatenate([weights, jnp.zeros((1, weights.shape[1]), weights.dtype)])
        m0, m1 = _gathered(padded, unit.reshape(rows, -1), None if offset is None else offset.reshape(rows, -1))
    shape = (events.n_steps, events.batch, weights.shape[1])
    return m0.reshape(shape), None if m1 is None else m1.reshape(shape)


def _project_forward(events: Events, weights: Any) -> tuple[Any, Any]:
    return _project(events, weights), (events, weights)


def _project_backward(residuals: Any, cotangents: Any) -> tuple[Any, Any]:
    events, weights = residuals
    d0, d1 = (None if d is None else d.reshape(-1, d.shape[-1]) for d in cotangents)
    if events.one_each:
        d_weights = _by_unit(events, d0, d1)
    elif GATHER * events.step.size > events.n_steps * events.batch * events.n_units:
        m0, m1 = events.dense(weights.dtype)
        d_weights = m0.reshape(-1, events.n_units).T @ d0
        d_weights = d_weights if d1 is None else d_weights + m1.reshape(-1, events.n_units).T @ d1
    else:
        d_weights = _by_groups(events, d0, d1)
    return events.no_cotangent(), d_weights.astype(weights.dtype)


_project.defvjp(_project_forward, _project_backward)


def _gathered(table: Any, index: Any, factor: Any) -> tuple[Any, Any]:
    """(sum over k of table[index[r, k]], the same with factor[r, k]) for each row r; None for the latter without."""
    n_rows, slots = index.shape
    real = (index < table.shape[0] - 1).astype(table.dtype)
    factors = jnp.stack([real] if factor is None else [real, factor], 1)
    block = _block(n_rows, slots, table)
    index, factors = _blocks(index, block), _blocks(factors, block)

    def some(part: Any) -> tuple[Any, ...]:
        sums = jnp.einsum("rkh,rmk->rmh", table[part[0]], part[1])
        return tuple(sums[:, m] for m in range(sums.shape[1]))

    m0, *m1 = (m.reshape(-1, table.shape[1])[:n_rows] for m in lax.map(some, (index, factors)))
    return m0, m1[0] if m1 else None


def _weighted(d0: Any, d1: Any, row: Any, real: Any, offset: Any) -> Any:
    """sum over k of real d0[row] + offset d1[row], for rows of slots (n, slots)."""
    tables = (d0,) if d1 is None else (d0, d1)
    factors = (real.astype(d0.dtype),) if d1 is None else (real.astype(d0.dtype), jnp.where(real, offset, 0))
    block = _block(row.shape[0], row.shape[1], d0)
    parts = _blocks(row, block), *(_blocks(f, block) for f in factors)

    def some(part: Any) -> Any:
        return sum(jnp.einsum("rkh,rk->rh", table[part[0]], f) for table, f in zip(tables, part[1:], strict=True))

    return lax.map(some, parts).reshape(-1, d0.shape[1])[: row.shape[0]]


def _block(n_rows: int, slots: int, table: Any) -> int:
    """How many rows at a time: no rest to fill up, if that is possible."""
    most = max(1, min(n_rows, CACHE // max(1, slots * table.shape[1])))
    return next((b for b in range(most, most // 2, -1) if n_rows % b == 0), most)


def _blocks(a: Any, block: int) -> Any:
    """a (rows, ...) in blocks of rows, the last one filled up."""
    a = jnp.pad(a, ((0, -a.shape[0] % block), *((0, 0),) * (a.ndim - 1)))
    return a.reshape(-1, block, *a.shape[1:])


def _by_unit(events: Events, d0: Any, d1: Any) -> Any:
    """Each unit has at most one event in a sample, in its own column."""
    row = events.step * events.batch + jnp.arange(events.batch)[:, None]
    real = (events.unit < events.n_units) & (events.step < events.n_steps)
    row = jnp.where(real, row, 0)
    return _weighted(d0, d1, row.T, real.T, None if d1 is None else events.offset.T)


def _by_groups(events: Events, d0: Any, d1: Any) -> Any:
    """Events sorted by unit, in groups of at most GROUP of one unit; then the groups of each unit."""
    n_units, n_events = events.n_units, events.step.size
    real = (events.unit < n_units) & (events.step < events.n_steps)
    unit = jnp.where(real, events.unit, n_units).reshape(-1)
    row = (events.step * events.batch + jnp.arange(events.batch)[:, None]).reshape(-1)
    order = _order(unit, n_units)
    start = jnp.searchsorted(unit[order], jnp.arange(n_units + 1)).astype(jnp.int32)
    size = start[1:] - start[:-1]
    first = jnp.concatenate([jnp.zeros(1, jnp.int32), jnp.cumsum(-(-size // GROUP), dtype=jnp.int32)])
    n_groups = n_events // GROUP + n_units
    group = jnp.arange(n_groups, dtype=jnp.int32)
    owner = jnp.searchsorted(first[1:], group, side="right").astype(jnp.int32)
    safe = jnp.minimum(owner, n_units - 1)
    slot = (group - first[safe])[:, None] * GROUP + jnp.arange(GROUP, dtype=jnp.int32)
    held = (slot < size[safe][:, None]) & (owner < n_units)[:, None]
    event = order[jnp.where(held, start[safe][:, None] + slot, 0)]
    offset = None if d1 is None else events.offset.reshape(-1)[event]
    sums = _weighted(d0, d1, jnp.where(held, row[event], 0), held, offset)
    return jnp.zeros((n_units, d0.shape[1]), d0.dtype).at[owner].add(sums, mode="drop", indices_are_sorted=True)


@partial(jax.jit, static_argnums=1)
def _order(unit: Any, n_units: int) -> Any:
    """The order that sorts `unit`; as one sort of packed numbers where they fit, which is several times faster."""
    n = unit.size
    bits = max(1, (n - 1).bit_length())
    if (n_units + 1) << bits >= 2**32:
        return jnp.argsort(unit)
    packed = (unit.astype(jnp.uint32) << bits) | jnp.arange(n, dtype=jnp.uint32)
    return (lax.sort(packed) & ((1 << bits) - 1)).astype(jnp.int32)
