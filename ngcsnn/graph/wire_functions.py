"""`apply`: any function of compartments as a wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.graph.errors import WireError, closest
from ngcsnn.graph.wires import ATOM, Expression, Readable

_MODULES = (jax.nn, jnp)  # where a function is looked for by name, in this order


def apply(fn: Callable[..., Any] | str, *operands: Any) -> Expression:
    """A wire expression of any function: `ng.apply(jnp.tanh, a.x) >> b.j`; it sees the batch axis first.

    fn: a function of arrays, or the name of one in jax.nn or jax.numpy. Only named functions can be written to YAML.
    operands: compartments, wire expressions, numbers and arrays.
    """
    function = _find(fn) if isinstance(fn, str) else fn
    if not callable(function):
        raise WireError(f"apply takes a function or the name of one first, got {fn!r}")
    if not any(isinstance(o, Readable) for o in operands):
        raise WireError("apply needs at least one compartment among its operands")
    pattern = f"apply({', '.join([function_name(fn), *('{}' for _ in operands)])})"
    return Expression(function, operands, pattern, (0,) * len(operands), ATOM)


def function_name(fn: Any) -> str:
    """The name by which `apply` finds `fn` again, or one in <> for a function that has none."""
    if isinstance(fn, str):
        return fn
    name = getattr(fn, "__name__", type(fn).__name__)
    if name.isidentifier() and not name.startswith("_") and _find(name, missing=None) is fn:
        return name
    return f"<{getattr(fn, '__module__', '?')}.{name.strip('<>')}>"


def _find(name: str, **default: Any) -> Any:
    for module in _MODULES:
        found = None if name.startswith("_") else getattr(module, name, None)
        if callable(found) and not isinstance(found, type):
            return found
    if default:
        return default["missing"]
    options = [n for m in _MODULES for n in dir(m) if not n.startswith("_") and callable(getattr(m, n))]
    raise WireError(f"apply: '{name}' is no function of jax.nn or jax.numpy{closest(name, options)}")
