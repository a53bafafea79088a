"""All that a training run is at one moment, as arrays and plain data; and trees of arrays as flat tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from ngcsnn.graph import GraphError

Arrays = dict[str, np.ndarray]
_ARRAY = "array of this name"  # what stands in plain data where an array was


class CheckpointError(GraphError):
    """A checkpoint that cannot be written or read, or that belongs to another run."""


@dataclass
class Snapshot:
    """epoch: the one in progress; batch: how many of its batches are done. arrays: by name. facts: plain data."""

    epoch: int
    batch: int
    arrays: Arrays
    facts: dict[str, Any] = field(default_factory=dict)


def to_arrays(prefix: str, tree: Any) -> Arrays:
    """{"prefix" + path: copy of the leaf}, for trees of arrays that are no random keys."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {prefix + jax.tree_util.keystr(path): np.array(leaf) for path, leaf in leaves}


def part(arrays: Mapping[str, np.ndarray], prefix: str) -> Arrays:
    """Those whose names begin so, without the prefix."""
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def from_arrays(prefix: str, template: Any, arrays: Mapping[str, np.ndarray], what: str) -> Any:
    """The inverse of `to_arrays`: a tree like `template`, on the device.

    Errors: `CheckpointError` that names an array which is missing, foreign, or of another shape or dtype.
    """
    leaves, treedef = jax.tree_util.tree_flatten_with_path(template)
    names = [prefix + jax.tree_util.keystr(path) for path, _ in leaves]
    for name in sorted({n for n in arrays if n.startswith(prefix)} ^ set(names)):
        where = "lacks" if name in names else "holds, unlike this run,"
        raise CheckpointError(f"the checkpoint is of another run: {what} there {where} '{name}'")
    out = []
    for name, (_, leaf) in zip(names, leaves, strict=True):
        value = arrays[name]
        if value.shape != leaf.shape or value.dtype != leaf.dtype:
            raise CheckpointError(
                f"the checkpoint is of another run: {what} '{name}' is {value.dtype} {value.shape} there, "
                f"{leaf.dtype} {leaf.shape} here"
            )
        out.append(jax.numpy.array(value))
    return treedef.unflatten(out)


def set_apart(prefix: str, data: Any, arrays: Arrays) -> Any:
    """Plain data with the NumPy arrays in them taken out, into `arrays` under names that begin with `prefix`."""
    if isinstance(data, np.ndarray):
        arrays[prefix] = data
        return {_ARRAY: prefix}
    if isinstance(data, Mapping):
        return {key: set_apart(f"{prefix}/{key}", value, arrays) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [set_apart(f"{prefix}/{i}", value, arrays) for i, value in enumerate(data)]
    return data


def put_together(data: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """The inverse."""
    if isinstance(data, Mapping):
        if list(data) == [_ARRAY]:
            return arrays[data[_ARRAY]]
        return {key: put_together(value, arrays) for key, value in data.items()}
    return [put_together(value, arrays) for value in data] if isinstance(data, list) else data
