"""The live state: the arrays of a context between runs, and which of them others hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ngcsnn.graph.errors import GraphError, ShapeError, UnknownNameError, closest
from ngcsnn.graph.frame import Values
from ngcsnn.graph.interrupt import uninterrupted


class LiveState:
    """The arrays of one context.

    values: `{component: {compartment: array}}`. fed: inputs, as (component, compartment), that the last run was fed.
    Runs donate the arrays to the device. An array that a caller got or gave is lent: it is copied before a run.
    """

    def __init__(self, values: Values):
        self.values = values
        self.fed: set[tuple[str, str]] = set()
        self._lent: set[tuple[str, str]] = set()

    def lend(self, component: str, compartment: str) -> None:
        """Note that a caller holds this array, so that it is copied before a run may consume it."""
        self._lent.add((component, compartment))

    def lend_all(self) -> Values:
        """The values themselves, in new dictionaries."""
        self._lent.update((c, k) for c, part in self.values.items() for k in part)
        return {c: dict(part) for c, part in self.values.items()}

    def replace(self, context_name: str, new: Mapping[str, Mapping[str, Any]]) -> None:
        """Put the arrays of `new` in place; nothing changes if one of them does not fit."""
        checked: Values = {c: dict(part) for c, part in self.values.items()}
        for name, part in new.items():
            if name not in self.values:
                raise UnknownNameError(
                    f"context '{context_name}' has no component '{name}'{closest(name, self.values)}"
                )
            for key, value in part.items():
                old = self.values[name].get(key)
                if old is None:
                    raise UnknownNameError(f"'{name}' has no compartment '{key}'{closest(key, self.values[name])}")
                if np.shape(value) != old.shape:
                    raise ShapeError(f"{name}.{key} has shape {old.shape}, got {np.shape(value)}")
                keyed = jnp.issubdtype(old.dtype, jax.dtypes.prng_key)
                if keyed and getattr(value, "dtype", None) != old.dtype:
                    raise GraphError(f"{name}.{key} must be a key of jax.random, got {value!r}")
                checked[name][key] = jnp.copy(value) if keyed else jnp.array(value, old.dtype)  # copies, both
        refuse_traced(checked)
        self.values = checked
        self.fed -= {(c, k) for c, part in new.items() for k in part}

    def run(self, step: Callable[[Values], tuple[Values, Any]], *, donate: bool = True) -> Any:
        """`(values, out) = step(values)`: keep the new values, give `out`; after an error the old ones are still there.

        donate: `step` consumes the arrays it is given, and returns new ones.
        """
        own = self._unshared() if donate else self.values
        with uninterrupted() if donate else nullcontext():
            try:
                new, out = step(own)
            except BaseException as error:
                if any(getattr(a, "is_deleted", bool)() for a in jax.tree.leaves(self.values)):
                    error.add_note(
                        "the run failed on the device after it had consumed the live state: load a saved one"
                    )
                raise
            self.values = refuse_traced(new)
            self._lent.clear()
            if not donate:
                self.lend_all()
        return out

    def _unshared(self) -> Values:
        """The values for a run that donates them; arrays in a caller's hands, or held twice, are copied first."""
        out: Values = {}
        seen: set[int] = set()
        for component, part in self.values.items():
            out[component] = {}
            for key, value in part.items():
                shared = (component, key) in self._lent or id(value) in seen
                seen.add(id(value))
                out[component][key] = jnp.copy(value) if shared else value
        return out


def refuse_traced(values: Any) -> Any:
    """`values`, unless a value of a jax transformation in progress is among them: it must not outlive it."""
    if any(isinstance(a, Tracer) for a in jax.tree.leaves(values)):
        raise GraphError(
            "a traced value cannot be stored in the live state: inside jit, grad or vmap use "
            "process.pure(state, inputs)"
        )
    return values
