"""`lax.scan` whose stacked outputs take memory no sooner than they must, and are stored once each.

`lax.scan` begins with stacks of zeros that depend on nothing, so that a compiler that orders by readiness makes all of
them, with copies, at the very start of a program. Here each begins as a number that is only known when the loop begins.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

Tree = Any


def scan_stacked(
    fn: Callable[[Tree, Any], tuple[Tree, Tree]], carry: Tree, n_steps: int, after: Any, reverse: bool = False
) -> tuple[Tree, Tree]:
    """(last carry, outputs stacked over n = 0 ... n_steps - 1), as `lax.scan(fn, carry, arange(n_steps))`.

    after: a number that is computed before the loop and not known to the compiler.
    """
    layout: dict[str, Any] = {}

    def distinct(carry: Tree, n: Any) -> tuple[Tree, list[Any]]:
        new, out = fn(carry, n)
        arrays, layout["together"] = once(out)
        return new, arrays

    def body(state: tuple[Tree, list[Any]], n: Any) -> tuple[tuple[Tree, list[Any]], None]:
        carry, stacks = state
        carry, arrays = distinct(carry, n)
        return (carry, [lax.dynamic_update_index_in_dim(s, a, n, 0) for s, a in zip(stacks, arrays, strict=True)]), None

    shapes = jax.eval_shape(distinct, carry, jnp.zeros((), jnp.int32))[1]
    number = jnp.asarray(after).astype(float)  # isnan(number + i): one constant for each stack, so that none is a copy
    stacks = [jnp.full((n_steps, *s.shape), jnp.isnan(number + i).astype(s.dtype)) for i, s in enumerate(shapes)]
    (carry, stacks), _ = lax.scan(body, (carry, stacks), jnp.arange(n_steps), reverse=reverse)
    return carry, layout["together"](stacks)


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
