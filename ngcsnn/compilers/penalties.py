"""The regularisers of a compiled network: which component each is about, what it records, what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp

from ngcsnn.compilers.plan import Leaf
from ngcsnn.graph import Component, Context, GraphError, UnknownNameError
from ngcsnn.graph.parameter import brief
from ngcsnn.objectives import Regulariser, resolve_regulariser


class Penalty(NamedTuple):
    """One regulariser on one component."""

    name: str
    regulariser: Regulariser


def penalties(context: Context, given: Any) -> list[Penalty]:
    """From {component or its name: one regulariser or a list of them}, each a name, {name: {field: value}} or object.

    Errors: `GraphError` and its kin that name the component, and what a regulariser lacks there.
    """
    if given is None:
        return []
    if not isinstance(given, Mapping):
        raise GraphError(f"`regularisers` must be {{component: regulariser or list of them}}, got {brief(given)}")
    out: list[Penalty] = []
    for key, value in given.items():
        found = told("`regularisers`", context.find, key)
        if not isinstance(found, Component):
            raise GraphError(
                f"`regularisers` names components, not compartments: '{found.component.name}', not {found.key}"
            )
        if any(found.name == penalty.name for penalty in out):
            raise GraphError(f"`regularisers` names '{found.name}' twice; give it a list")
        for one in value if isinstance(value, list | tuple) else [value]:
            where = f"`regularisers` of '{found.name}'"
            regulariser = told(where, resolve_regulariser, one)
            told(where, regulariser.check, found)
            out.append(Penalty(found.name, regulariser))
    return out


def penalty_leaves(given: list[Penalty]) -> list[Leaf]:
    """What to record for them, each once."""
    return list(dict.fromkeys((p.name, read) for p in given for read in p.regulariser.reads))


def penalty_sum(given: list[Penalty], recorded: Mapping[Leaf, Any], params: Mapping[str, Any], weight: Any) -> Any:
    """Their costs per sample times the number of real samples, added up: a scalar in weight's dtype."""
    total: Any = jnp.zeros((), weight.dtype)
    for name, regulariser in given:
        here = {read: recorded[name, read] for read in regulariser.reads}
        total = total + regulariser(here, params.get(name, {}), weight)
    return total


def told(where: str, ask: Callable[[Any], Any], value: Any) -> Any:
    """`ask(value)`; an error says `where` it was."""
    try:
        return ask(value)
    except UnknownNameError as error:
        raise UnknownNameError(f"{where}: {error}") from None
    except TypeError as error:
        raise TypeError(f"{where}: {error}") from None
    except ValueError as error:
        raise GraphError(f"{where}: {error}") from None
