"""A weight matrix where few units spike: only their rows, or columns, are read and changed.

For one sample at a time, as local rules learn. A pass over the whole matrix in every step is what such networks would
otherwise spend their time on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
from jax import lax

from ngcsnn.graph import ROOM as BLOCK, Listed


class Part(NamedTuple):
    """scale pre_i post_j f(w_ij) of the change: pre (n_pre,), post (n_post,); `events` as in a rule's `Term`."""

    scale: Any
    pre: Any
    post: Any
    factor: Callable[[Any], Any] | None
    events: str

    def on(self, pre: Any, post: Any, weights: Any) -> Any:
        """The change of `weights`, a row or a column."""
        change = self.scale * pre * post
        return change if self.factor is None else change * self.factor(weights)


def sum_of_rows(weights: Any, events: Listed, sizes: Any = None) -> Any:
    """The sum over the events of their rows of `weights` (n_pre, n_post), times `sizes` (M,): (n_post,)."""
    n_pre, n_post = weights.shape
    places = jnp.arange(BLOCK)

    def add(k: Any, total: Any) -> Any:
        start = events.start + k * BLOCK
        here = lax.dynamic_slice(events.units, (start,), (BLOCK,))
        here = jnp.where(places + start < events.stop, here, n_pre)
        rows = weights.at[here].get(mode="fill", fill_value=0)
        if sizes is None:
            return total + rows.sum(axis=0)
        return total + lax.dynamic_slice(sizes, (start,), (BLOCK,)) @ rows

    blocks = (events.stop - events.start + BLOCK - 1) // BLOCK
    return lax.fori_loop(0, blocks, add, jnp.zeros(n_post, weights.dtype))


def change_few(
    weights: Any, parts: Sequence[Part], pre: Any, post: Any, within: Callable[[Any], Any], events: Listed | None
) -> Any:
    """`within(weights + the sum of the parts)`, where each part is 0 but in rows, or columns, of units that spiked.

    pre (n_pre,), post (n_post,) bool: who did; events: the list of `pre`, where there is one. Rows first, without the
    columns that follow: so every weight changes once, by all parts together.
    """
    n_pre, n_post = weights.shape
    quiet = ~post

    def row(unit: Any, todo: Any, weights: Any) -> Any:
        old = lax.dynamic_slice(weights, (unit, 0), (1, n_post))[0]
        new = within(old + sum(p.on(p.pre[unit], p.post, old) for p in parts))
        return lax.dynamic_update_slice(weights, jnp.where(quiet & todo[unit], new, old)[None], (unit, 0))

    def column(carry: tuple[Any, Any]) -> tuple[Any, Any]:
        todo, weights = carry
        unit = jnp.argmax(todo)
        old = lax.dynamic_slice(weights, (0, unit), (n_pre, 1))[:, 0]
        new = within(old + sum(p.on(p.pre, p.post[unit], old) for p in parts))
        return todo.at[unit].set(False), lax.dynamic_update_slice(weights, new[:, None], (0, unit))

    if any(p.events == "pre" for p in parts):
        anything = jnp.any(jnp.stack([jnp.any(p.post != 0) for p in parts if p.events == "pre"]))
        weights = _each_row(weights, row, pre, events, anything)
    return lax.while_loop(lambda carry: jnp.any(carry[0]), column, (post, weights))[1]


def _each_row(weights: Any, row: Callable[..., Any], pre: Any, events: Listed | None, anything: Any) -> Any:
    """`row` for every unit of `pre`, once each."""
    if events is None:

        def searched(carry: tuple[Any, Any]) -> tuple[Any, Any]:
            todo, weights = carry
            unit = jnp.argmax(todo)
            return todo.at[unit].set(False), row(unit, pre, weights)

        return lax.while_loop(lambda carry: jnp.any(carry[0]), searched, (pre & anything, weights))[1]

    def told(k: Any, carry: tuple[Any, Any]) -> tuple[Any, Any]:
        todo, weights = carry
        unit = events.units[k]
        return todo.at[unit].set(False), row(unit, todo, weights)

    stop = jnp.where(anything, events.stop, events.start)
    return lax.fori_loop(events.start, stop, told, (pre, weights))[1]
