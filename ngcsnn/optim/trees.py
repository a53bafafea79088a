"""Walk a tree of parameters together with trees that must look like it; a mismatch names the leaf."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

PyTree = Any


def compute_dtype(leaf: Any) -> Any:
    """Return the dtype that a parameter's arithmetic and moments use: its own, and never below float32."""
    return jnp.promote_types(jnp.result_type(leaf), jnp.float32)


def zeros_for(theta: PyTree, name: str = "theta") -> PyTree:
    """Return zeros shaped like every leaf of `theta`, in `compute_dtype`; a non-floating leaf raises `TypeError`."""
    (zeros,) = map_matched(lambda leaf: (jnp.zeros_like(leaf, dtype=compute_dtype(leaf)),), 1, theta, name=name)
    return zeros


def map_matched(
    function: Callable[..., tuple], n_out: int, theta: PyTree, /, *, name: str = "theta", **others: PyTree
) -> tuple[PyTree, ...]:
    """Apply `function(leaf, *other_leaves) -> tuple of n_out arrays` leaf by leaf.

    Arguments: `theta`, the tree that fixes structure and shapes (called `name` in errors); `others`, trees that must
    have the same leaves with the same shapes, named as they should appear in an error.
    Returns `n_out` trees shaped like `theta`.
    Errors: `ValueError` for a missing leaf, a leaf too many, or another shape; `TypeError` for a leaf of `theta` that
    is not floating point.
    """
    leaves, treedef = jax.tree_util.tree_flatten_with_path(theta)
    for path, leaf in leaves:
        dtype = jnp.result_type(leaf)
        if not jnp.issubdtype(dtype, jnp.floating):
            raise TypeError(
                f"{_show(name, path)} has dtype {dtype}; an optimiser changes floating point parameters only"
            )
    columns = [_matched_leaves(name, leaves, other_name, other) for other_name, other in others.items()]
    results = [function(*row) for row in zip([leaf for _, leaf in leaves], *columns, strict=True)]
    return tuple(treedef.unflatten([result[i] for result in results]) for i in range(n_out))


def check_matched(theta: PyTree, /, *, name: str = "theta", **others: PyTree) -> None:
    """Raise what `map_matched` would raise, without computing anything."""
    map_matched(lambda *_: (), 0, theta, name=name, **others)


def _matched_leaves(name: str, leaves: list, other_name: str, other: PyTree) -> list:
    """Leaves of `other` in the order of `leaves`; lists and tuples count as the same container."""
    found = {path: leaf for path, leaf in jax.tree_util.tree_flatten_with_path(other)[0]}
    wanted = {path for path, _ in leaves}
    for path, leaf in leaves:
        if path not in found:
            extra = [_show(other_name, p) for p in found if p not in wanted]
            raise ValueError(
                f"`{other_name}` has no leaf for {_show(name, path)} with shape {jnp.shape(leaf)}; "
                f"both trees must have the same leaves. Leaves only in `{other_name}`: {', '.join(extra) or 'none'}"
            )
        if jnp.shape(found[path]) != jnp.shape(leaf):
            raise ValueError(
                f"{_show(other_name, path)} has shape {jnp.shape(found[path])}, but {_show(name, path)} has shape "
                f"{jnp.shape(leaf)}; the shapes must be equal"
            )
    for path in found:
        if path not in wanted:
            raise ValueError(
                f"`{other_name}` has the leaf {_show(other_name, path)}, which `{name}` has not; both must have the "
                f"same leaves. Leaves of `{name}`: {', '.join(_show(name, p) for p, _ in leaves) or 'none'}"
            )
    return [found[path] for path, _ in leaves]


def _show(name: str, path: tuple) -> str:
    return name + jax.tree_util.keystr(path)
