"""Which inputs of a function its results depend on, as its traced program tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax


def needed(fn: Callable[..., Any], *given: Any) -> tuple[Any, ...]:
    """Trees like `given`, of which every leaf says whether `fn(*given)` needs its value.

    given: arrays or their shapes. A call inside the program counts as needing all of its inputs, so an input may be
    said to be needed that is not, never the other way round.
    """
    program = jax.make_jaxpr(fn)(*given).jaxpr
    live = {v for v in program.outvars if not hasattr(v, "val")}
    for equation in reversed(program.eqns):
        if equation.effects or live.intersection(equation.outvars):
            live.update(v for v in equation.invars if not hasattr(v, "val"))
    return jax.tree.unflatten(jax.tree.structure(given), [v in live for v in program.invars])
