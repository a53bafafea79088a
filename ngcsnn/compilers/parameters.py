"""Which parameters a compiler trains, and the interval each is kept in."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.graph import Compartment, Component, Context, GraphError, UnknownNameError, closest

Params = dict[str, dict[str, Any]]
Names = dict[str, tuple[str, ...]]


def as_patterns(argument: str, given: Any) -> tuple[Any, ...]:
    """`trainable` or `frozen` as a tuple of patterns and compartments; a single one may stand without a list."""
    if isinstance(given, str | Compartment | Component):
        return (given,)
    if isinstance(given, Mapping) or not isinstance(given, Iterable):
        raise GraphError(f"`{argument}` must be a list of compartments and patterns such as '*.weights', got {given!r}")
    return tuple(given)


def choose(
    context: Context,
    trainable: Iterable[Any] | None,
    frozen: Iterable[Any],
    reached: set[str] | None = None,
    delays: Iterable[str] = (),
) -> Names:
    """{component: parameter names} to train.

    trainable: compartments, or patterns such as "hidden.tau_m" or "*.weights" (default: every weight and bias);
    frozen: the same, taken off again. reached: components that a gradient reaches (default: all); others do not learn.
    delays: keys of further parameters, those that `delay_learn_conns` asks for.
    Errors: `UnknownNameError` for a pattern that matches no parameter, `GraphError` for one that matches only such as
    cannot learn, and where none is left.
    """
    every = {c.key: c for part in context.components.values() for c in part.owned() if c.role == "param"}
    willing = {k: c for k, c in every.items() if c.declared.trainable}
    allowed = {k: c for k, c in willing.items() if reached is None or c.component.name in reached}
    if trainable is None:
        chosen = {k for k, c in allowed.items() if c.declared.learned}
    else:
        chosen = {k for pattern in trainable for k in _match(context, pattern, allowed, every, "trainable")}
    chosen |= {k for key in delays for k in _match(context, key, allowed, every, "delay_learn_conns")}
    for pattern in frozen:
        chosen -= _match(context, pattern, willing, every, "frozen")
    if not chosen:
        raise GraphError(
            "nothing to train: no parameter is left after `trainable` and `frozen`; "
            f"what can learn: {', '.join(allowed) or 'none'}"
        )
    names: Names = {}
    for key in every:  # in the order of the components
        if key in chosen:
            name = every[key].component.name
            names[name] = (*names.get(name, ()), every[key].name)
    return names


def _match(
    context: Context, pattern: Any, allowed: dict[str, Compartment], every: dict[str, Compartment], argument: str
) -> set[str]:
    if isinstance(pattern, Compartment):
        text = context.find(pattern).key
    elif isinstance(pattern, str):
        text = pattern
    else:
        hint = f"; for all of '{pattern.name}' write '{pattern.name}.*'" if isinstance(pattern, Component) else ""
        raise GraphError(f"`{argument}` takes compartments and patterns such as '*.weights', got {pattern!r}{hint}")
    found = set(fnmatch.filter(allowed, text))
    if found:
        return found
    known = fnmatch.filter(every, text)
    if not known:
        raise UnknownNameError(f"`{argument}`: no parameter matches '{text}'{closest(text, allowed)}")
    why = [k for k in known if every[k].declared.trainable]
    if not why:
        raise GraphError(
            f"`{argument}`: {', '.join(known)} cannot be trained; what can: {', '.join(allowed) or 'none'}"
        )
    raise GraphError(f"`{argument}`: no gradient reaches {', '.join(why)}: nothing leads from there to an output")


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


def merged(trained: Params, fixed: Params) -> Params:
    """All parameters."""
    return {name: {**fixed.get(name, {}), **trained.get(name, {})} for name in {**fixed, **trained}}


def write_back(context: Context, trained: Params) -> None:
    """Put trained values into the live state of the context, as copies."""
    context.state = {name: {key: jnp.copy(v) for key, v in part.items()} for name, part in trained.items()}


def clip_to_bounds(context: Context, new: Params, old: Params) -> Params:
    """What an update moved, back inside the closed interval of its component; what it left alone (as it does a masked
    weight, which is 0 whatever the interval) stays where it was."""
    out: Params = {}
    for name, part in new.items():
        out[name] = {}
        for key, value in part.items():
            if name not in context.components:  # what a compiler keeps beside the network has no bounds
                out[name][key] = value
                continue
            low, high = context.components[name].bounds(key)
            if np.any(np.isfinite(low)) or np.any(np.isfinite(high)):
                kept = jnp.clip(value, low, high).astype(value.dtype)
                value = jnp.where(value == old[name][key], value, kept)
            out[name][key] = value
    return out
