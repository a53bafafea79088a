"""Which parameters a compiler trains, and the interval each is kept in."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.graph import CLOCK, Compartment, Context, GraphError, UnknownNameError, closest

Params = dict[str, dict[str, Any]]
Names = dict[str, tuple[str, ...]]


def choose(context: Context, trainable: Iterable[Any] | None, frozen: Iterable[Any]) -> Names:
    """{component: parameter names} to train.

    trainable: compartments, or patterns such as "hidden.tau_m" or "*.weights" (default: every weight and bias);
    frozen: the same, taken off again. A pattern that matches nothing trainable is an error.
    """
    every = {c.key: c for part in context.components.values() for c in part.owned() if c.role == "param"}
    allowed = {k: c for k, c in every.items() if c.declared.trainable}
    if trainable is None:
        chosen = {k for k, c in allowed.items() if c.declared.learned}
    else:
        chosen = set().union(*(_match(p, allowed, every, "trainable") for p in trainable)) if trainable else set()
    for pattern in frozen:
        chosen -= _match(pattern, allowed, every, "frozen")
    return {
        name: tuple(k for k in part.compartments if f"{name}.{k}" in chosen)
        for name, part in context.components.items()
        if any(f"{name}.{k}" in chosen for k in part.compartments)
    }


def _match(pattern: Any, allowed: dict[str, Compartment], every: dict[str, Compartment], argument: str) -> set[str]:
    text = pattern.key if isinstance(pattern, Compartment) else str(pattern)
    found = set(fnmatch.filter(allowed, text))
    if not found:
        if text in every:
            raise GraphError(f"`{argument}`: {text} is a parameter that no gradient reaches")
        raise UnknownNameError(f"`{argument}`: no parameter matches '{text}'{closest(text, allowed)}")
    return found


def split(context: Context, names: Names) -> tuple[Params, Params]:
    """(trained, fixed) parameters as they stand in the live state, copies both."""
    trained: Params = {}
    fixed: Params = {}
    for name, component in context.components.items():
        for c in component.owned():
            if c.role == "param":
                side = trained if c.name in names.get(name, ()) else fixed
                side.setdefault(name, {})[c.name] = jnp.copy(context.live[name][c.name])
    return trained, fixed


def write_back(context: Context, trained: Params) -> None:
    """Put trained values into the live state of the context, as copies."""
    context.state = {n: {k: jnp.copy(v) for k, v in part.items()} for n, part in trained.items() if n != CLOCK}


def clip_to_bounds(context: Context, trained: Params) -> Params:
    """Every trained parameter back inside the closed interval of its component."""
    out: Params = {}
    for name, part in trained.items():
        out[name] = {}
        for key, value in part.items():
            low, high = context.components[name].bounds(key)
            bounded = np.isfinite(low) or np.isfinite(high)
            out[name][key] = jnp.clip(value, low, high).astype(value.dtype) if bounded else value
    return out
