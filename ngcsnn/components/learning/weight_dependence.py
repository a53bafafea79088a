"""How far a weight is from its bounds, as what a change is multiplied by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.graph import GraphError, checks, hyper

Factor = Callable[[Any], Any]


def exponent(of: str) -> Any:
    """Declare the exponent of the weight dependence of `of`, such as growth."""
    doc = f"how {of} depends on the weight: 0 not (additive), 1 in proportion (multiplicative), else a power law"
    return hyper(0.0, kind=float, check=checks.non_negative, doc=doc)


def room_above(rule: Any, argument: str) -> Factor | None:
    """w -> ((w_max - w) / (w_max - w_min))^mu, mu the `argument` of the rule; None for mu = 0: 1 for every weight."""
    return _power(rule, argument, lambda w, low, high: (high - w) / (high - low))


def room_below(rule: Any, argument: str) -> Factor | None:
    """w -> ((w - w_min) / (w_max - w_min))^mu, mu the `argument` of the rule; None for mu = 0."""
    return _power(rule, argument, lambda w, low, high: (w - low) / (high - low))


def check_bounds(rule: Any, *arguments: str) -> None:
    """Raise where one of the arguments needs bounds that the rule's synapse does not have."""
    low, high = rule.target.bounds("weights")
    for argument in arguments:
        if getattr(rule, argument) and not (np.all(np.isfinite(low)) and np.all(np.isfinite(high))):
            raise GraphError(
                f"{type(rule).__name__} '{rule.name}': `{argument}` measures weights by their bounds; give "
                f"{type(rule.target).__name__} '{rule.target.name}' `w_min` and `w_max`"
            )


def _power(rule: Any, argument: str, room: Callable[[Any, Any, Any], Any]) -> Factor | None:
    mu = getattr(rule, argument)
    if not mu:
        return None
    low, high = rule.target.bounds("weights")
    return lambda w: jnp.maximum(room(w, low, high), 0.0) ** mu
