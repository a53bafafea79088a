"""`lax.scan` whose stacked outputs take memory no sooner than they must, are stored once each, or in place of an input.

`lax.scan` begins with stacks of zeros that depend on nothing, so that a compiler that orders by readiness makes all of
them, with copies, at the very start of a program. Here each begins as a number that is only known when the loop begins.
Filling a stack costs as much as writing it, so what is stored for later takes the place of what has been read, where
there is such: buffers that a loop reads a row of in every step, and writes another row into.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

Tree = Any


def scan_stacked(
    fn: Callable[[Tree, Any, dict[Any, Any]], tuple[Tree, Tree, dict[Any, Any]]], carry: Tree, n_steps: int, after: Any,
    reverse: bool = False, buffers: Mapping[Any, Any] | None = None, rows: Mapping[Any, Any] | None = None,
) -> tuple[Tree, Tree, dict[Any, Any]]:  # fmt: skip
    """(last carry, outputs stacked over n = 0 ... n_steps - 1, buffers), as `lax.scan` over arange(n_steps).

    fn(carry, n, rows) -> (carry, outputs, puts). after: a number that is computed before the loop and not known to the
    compiler. buffers: {key: array (n_steps, ...), or None for a new one}; step n puts puts[key] at `place(n)`, one row
    early, and is given the row that stands there. rows: {key: the row that the first step is given}, for the buffers
    that are read. The row of the next step is read from what this step has written: so nothing is copied.
    """
    buffers, rows = dict(buffers or {}), dict(rows or {})
    layout: dict[str, Any] = {}

    def distinct(carry: Tree, n: Any, rows: dict[Any, Any]) -> tuple[Tree, list[Any], dict[Any, Any]]:
        new, out, puts = fn(carry, n, rows)
        arrays, layout["together"] = once(out)
        return new, arrays, puts

    def body(state: Tree, n: Any) -> tuple[Tree, None]:
        carry, stacks, held, rows = state
        carry, arrays, puts = distinct(carry, n, rows)
        stacks = [lax.dynamic_update_index_in_dim(s, a, n, 0) for s, a in zip(stacks, arrays, strict=True)]
        held = {k: lax.dynamic_update_index_in_dim(b, puts[k], place(n, n_steps), 0) for k, b in held.items()}
        then = place(jnp.clip(n - 1 if reverse else n + 1, 0, n_steps - 1), n_steps)
        return (carry, stacks, held, {k: held[k][then] for k in rows}), None

    _, shapes, puts = jax.eval_shape(distinct, carry, jnp.zeros((), jnp.int32), rows)
    number = jnp.asarray(after).astype(float)  # isnan(number + i): one constant for each stack, so that none is a copy

    def new(i: int, row: Any) -> Any:
        return jnp.full((n_steps, *row.shape), jnp.isnan(number + i).astype(row.dtype))

    stacks = [new(i, row) for i, row in enumerate(shapes)]
    held = {k: new(len(stacks) + i, puts[k]) if b is None else b for i, (k, b) in enumerate(buffers.items())}
    (carry, stacks, held, _), _ = lax.scan(body, (carry, stacks, held, rows), jnp.arange(n_steps), reverse=reverse)
    return carry, layout["together"](stacks), held


def place(n: Any, n_steps: int) -> Any:
    """The row of a buffer that is step n's: one early, that of step 0 last."""
    return jnp.where(n == 0, n_steps - 1, n - 1)


def some_number(tree: Tree, default: float = 0.0) -> Any:
    """The first number of a tree of arrays."""
    floats = (a for a in jax.tree.leaves(tree) if a.size and jnp.issubdtype(a.dtype, jnp.inexact))
    return next((a[(0,) * a.ndim] for a in floats), jnp.asarray(default))


def once(tree: Tree) -> tuple[list[Any], Callable[[list[Any]], Tree]]:
    """(the distinct arrays of a tree, how to put the tree together again)."""
    leaves, structure = jax.tree.flatten(tree)
    number: dict[int, int] = {}
    for leaf in leaves:
        number.setdefault(id(leaf), len(number))
    distinct = {number[id(leaf)]: leaf for leaf in leaves}
    order = [number[id(leaf)] for leaf in leaves]
    return [distinct[i] for i in range(len(distinct))], lambda stored: structure.unflatten([stored[i] for i in order])
