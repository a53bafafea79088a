"""What a run is fed: checked arrays for compartments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.graph.errors import GraphError, ShapeError, WireError
from ngcsnn.graph.parameter import brief

if TYPE_CHECKING:
    from ngcsnn.graph.compartment import Compartment
    from ngcsnn.graph.context import Context

Feed = Mapping[Any, Any]  # {compartment or "component.compartment": array}


def resolve(context: Context, label: str, inputs: Feed | None) -> list[tuple[Compartment, Any]]:
    """The compartments that `inputs` names, in alphabetical order, with what they are fed."""
    if inputs is not None and not isinstance(inputs, Mapping):
        raise GraphError(f"{label}: inputs are given as {{compartment: array}}, got {brief(inputs)}")
    found: dict[str, tuple[Compartment, Any]] = {}
    for key, value in (inputs or {}).items():
        compartment = one_compartment(context, label, key, "feed")
        if compartment.source is not None:
            raise WireError(f"{compartment.key} is driven by {compartment.source!r} and cannot be fed")
        if compartment.role == "param":
            raise GraphError(f"{compartment.key} is a parameter: write it with .set(value), it is not fed per step")
        if not compartment.declared.stored:
            raise GraphError(f"{compartment.key} has no array of its own: it is wired or worked out, not fed")
        if compartment.key in found:
            raise GraphError(f"{label}: {compartment.key} is fed twice")
        found[compartment.key] = (compartment, value)
    return [found[k] for k in sorted(found)]


def one_compartment(context: Context, label: str, key: Any, verb: str) -> Compartment:
    """The compartment that `key` is or names."""
    if hasattr(key, "operands"):
        raise GraphError(f"{label}: {verb} compartments one by one, not the expression {key!r}")
    found = context.find(key)
    if not hasattr(found, "role"):
        raise GraphError(
            f"{label}: {verb} a compartment of '{found.name}' ({', '.join(found.compartments)}), not all of it"
        )
    return found


def as_array(compartment: Compartment, value: Any) -> Any:
    """`value` as an array of numbers, still where it was (host or device)."""
    try:
        array = value if isinstance(value, jax.Array) else np.asarray(value)
    except (TypeError, ValueError) as error:
        raise GraphError(f"input for {compartment.key} must be an array of numbers: {error}") from None
    if not jnp.issubdtype(array.dtype, jnp.floating) and array.dtype.kind not in "biu":
        raise GraphError(f"input for {compartment.key} must be an array of numbers, got {brief(value)} ({array.dtype})")
    return array


def on_device(compartment: Compartment, array: Any, *, copy: bool = False) -> Any:
    """In the number type of the compartment; `copy`: never the caller's own jax array."""
    dtype = compartment.declared.dtype or compartment.component.context.dtype
    return jnp.array(array, dtype, copy=copy or not isinstance(array, jax.Array))  # asarray may share NumPy's memory


def check_rows(compartment: Compartment, shape: tuple[int, ...], n_steps: int | None = None) -> None:
    """Raise unless `shape` is that of one step, or of `n_steps` of them."""
    lead = () if n_steps is None else (n_steps,)
    batch = (compartment.component.context.batch_size,) if compartment.batched else ()
    expected = (*lead, *batch, *compartment.shape)
    if shape == expected:
        return
    message = f"input for {compartment.key} must have shape {expected}"
    names = [
        *(["steps"] if lead else []),
        *(["batch"] if batch else []),
        *(["units"] if len(compartment.shape) == 1 else []),
    ]
    message += f" ({', '.join(names)})" if len(names) == len(expected) else ""
    at = len(lead)
    if batch and len(shape) == len(expected) and shape[at] != batch[0] and shape[at + 1 :] == expected[at + 1 :]:
        message += f"; for {shape[at]} samples side by side call reset(batch_size={shape[at]}) first"
    raise ShapeError(f"{message}, got {shape}")
