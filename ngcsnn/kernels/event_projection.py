"""Events through a weight matrix, without a dense (T, batch, unit) array of them.

    m0[n, b] = sum over the events of sample b in step n of W[unit],      m1 the same, each times its offset
    dW[i] = sum over the events of unit i of d_m0[n, b] + offset d_m1[n, b]
Forward the events of a (step, sample) lie side by side; backward they are sorted by unit. Either way rows are gathered
and added, as many as there are. Where most (step, sample, unit) hold an event a dense product is faster, and so it is
on a GPU; which one runs is a matter of shapes and platform alone.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.kernels.events import Events
from ngcsnn.kernels.ragged_sums import ragged_sums

GATHER = (
    10.0  # what one gathered product costs, in units of one of a dense product (measured on CPU: 3 to 6 and 52 G/s)
)
SPARE = 2.0  # slots of a (step, sample) that are gathered in vain


def project(events: Events, weights: Any) -> tuple[Any, Any]:
    """(m0, m1) of what the events send through `weights` (n_units, n_post); each (T, batch, n_post).

    m1 is None where the events carry no offsets. Differentiable in `weights`.
    """
    return _project(events, weights)


@jax.custom_vjp
def _project(events: Events, weights: Any) -> tuple[Any, Any]:
    slots = events.step.shape[1] / events.n_steps + SPARE
    if events.one_each or GATHER * slots > events.n_units:
        return _dense(events, weights)
    return lax.platform_dependent(events, weights, cpu=_gathered, default=_dense)


def _project_forward(events: Events, weights: Any) -> tuple[Any, Any]:
    return _project(events, weights), (events, weights)


def _project_backward(residuals: Any, cotangents: Any) -> tuple[Any, Any]:
    events, weights = residuals
    d0, d1 = (None if d is None else d.reshape(-1, d.shape[-1]) for d in cotangents)
    if not events.one_each and GATHER * events.step.size > events.n_steps * events.batch * events.n_units:
        d_weights = _dense_back(events, d0, d1)
    else:
        by_unit = _by_column if events.one_each else _by_unit
        d_weights = lax.platform_dependent(events, d0, d1, cpu=by_unit, default=_dense_back)
    return events.no_cotangent(), d_weights.astype(weights.dtype)


_project.defvjp(_project_forward, _project_backward)


def _dense(events: Events, weights: Any) -> tuple[Any, Any]:
    moments = events.dense(weights.dtype)
    return tuple(None if m is None else m @ weights for m in moments)  # pyright: ignore[reportReturnType]


def _dense_back(events: Events, d0: Any, d1: Any) -> Any:
    pairs = zip(events.dense(d0.dtype), (d0, d1), strict=True)
    return sum(m.reshape(-1, events.n_units).T @ d for m, d in pairs if m is not None)


def _gathered(events: Events, weights: Any) -> tuple[Any, Any]:
    """The events of a (step, sample) lie side by side in the list."""
    start, size = (a.T.reshape(-1) for a in events.runs())
    unit = jnp.minimum(events.unit, events.n_units).reshape(-1)
    padded = jnp.concatenate([weights, jnp.zeros((1, weights.shape[1]), weights.dtype)])
    factors = [[None]] if events.offset is None else [[None], [events.offset.reshape(-1)]]
    shape = (events.n_steps, events.batch, weights.shape[1])
    m0, *m1 = (m.reshape(shape) for m in ragged_sums([padded], unit, factors, start, size))
    return m0, m1[0] if m1 else None


def _by_column(events: Events, d0: Any, d1: Any) -> Any:
    """Each unit has at most one event in a sample, in its own column."""
    real, row = _rows(events)
    start = jnp.arange(events.n_units, dtype=jnp.int32) * events.batch
    kept = real.T.reshape(-1).astype(d0.dtype)
    offset = None if d1 is None else jnp.where(real, events.offset, 0).T.reshape(-1)
    return _sums(d0, d1, jnp.where(real, row, 0).T.reshape(-1), kept, offset, start, jnp.full_like(start, events.batch))


def _by_unit(events: Events, d0: Any, d1: Any) -> Any:
    """Events sorted by unit."""
    n_units = events.n_units
    real, row = _rows(events)
    unit = jnp.where(real, events.unit, n_units).reshape(-1)
    order = _order(unit, n_units)
    edges = jnp.searchsorted(unit[order], jnp.arange(n_units + 1)).astype(jnp.int32)
    offset = None if d1 is None else events.offset.reshape(-1)[order]
    return _sums(d0, d1, row.reshape(-1)[order], None, offset, edges[:-1], edges[1:] - edges[:-1])


def _rows(events: Events) -> tuple[Any, Any]:
    """(whether it is an event, its row of (T x batch)), each (batch, K)."""
    real = (events.unit < events.n_units) & (events.step < events.n_steps)
    return real, events.step * events.batch + jnp.arange(events.batch, dtype=events.step.dtype)[:, None]


def _sums(d0: Any, d1: Any, row: Any, kept: Any, offset: Any, start: Any, size: Any) -> Any:
    tables, factors = ([d0], [kept]) if d1 is None else ([d0, d1], [kept, offset])
    return ragged_sums(tables, row, [factors], start, size)[0]


@partial(jax.jit, static_argnums=1)
def _order(unit: Any, n_units: int) -> Any:
    """The order that sorts `unit`; as one sort of packed numbers where they fit, which is several times faster."""
    n = unit.size
    bits = max(1, (n - 1).bit_length())
    if (n_units + 1) << bits >= 2**32:
        return jnp.argsort(unit)
    packed = (unit.astype(jnp.uint32) << bits) | jnp.arange(n, dtype=jnp.uint32)
    return (lax.sort(packed) & ((1 << bits) - 1)).astype(jnp.int32)
