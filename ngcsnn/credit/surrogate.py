"""Surrogate gradients: spikes on the step's end, whose size is given a derivative.

    s = a 1[h > 0],            ds = a psi(h) dh
    x+ = x + s (R(x) - x),     dx+ = dx + s (dR(x) - dx) + (R(x) - x) ds     the last term with `reset_gradient` only

h is the cell's threshold function, R its reset, a is 1 where it may spike and 0 where it rests. A resting cell stays
silent whatever h does: s is 0 there and so is its derivative, by the product rule with a factor a that does not depend
on h (NEST and Bellec et al. do the same). Spikes go where `Grid` puts them: what is trained here runs the same there.
Source: Neftci, Mostafa & Zenke 2019 (doi:10.1109/MSP.2019.2931595); resets without gradient: Zenke & Vogels 2021
(doi:10.1162/neco_a_01367).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.credit.rule import Crossing
from ngcsnn.credit.surrogates import SurrogateFunction, resolve_surrogate
from ngcsnn.graph import GraphError, decide


@dataclass(frozen=True)
class Surrogate:
    """Spikes on the grid, with a surrogate derivative.

    function: a name ("fast_sigmoid"), one name with its fields ({"fast_sigmoid": {"slope": 10.0}}), or an object of the
    catalogue, which is what it becomes. reset_gradient: whether gradients pass through s where it resets the state
    (default True); either way they pass through R itself.
    Errors: those of `resolve_surrogate`; `GraphError` for a `reset_gradient` that is not True or False.
    """

    function: Any = "fast_sigmoid"
    reset_gradient: bool = True
    within_step = False
    timed = False
    orders = False

    def __post_init__(self) -> None:
        if not isinstance(self.reset_gradient, bool):
            raise GraphError(f"`reset_gradient` must be True or False, got {self.reset_gradient!r}")
        object.__setattr__(self, "function", resolve_surrogate(self.function))

    def cross(self, cell: Any, x: Any, j: Any) -> Crossing:
        h, able = cell.threshold(x), cell.may_spike(x)
        s = decide(((h > 0) & able).astype(h.dtype), lambda size: spike(self.function, size, h, able))
        spiked = lax.stop_gradient(s) > 0
        x = cell.before_reset(x)
        pairs = zip(x, cell.reset_map(x), strict=True)
        after = (old if new is old else self._reset(s, spiked, old, new) for old, new in pairs)
        return Crossing(type(x)(*after), s, None, jnp.zeros((), bool), s)

    def _reset(self, s: Any, spiked: Any, old: Any, new: Any) -> Any:
        new = jnp.broadcast_to(new, old.shape).astype(old.dtype)
        if not self.reset_gradient:
            return jnp.where(spiked, new, old)
        return replaced(s.astype(old.dtype), spiked, old, new)


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def spike(function: SurrogateFunction, s: Any, h: Any, able: Any) -> Any:
    """`s`, 0 or 1, with the tangent psi(h) dh where `able`."""
    return s


@spike.defjvp
def _spike_jvp(function: SurrogateFunction, primals: Any, tangents: Any) -> tuple[Any, Any]:
    s, h, able = primals
    return s, jnp.where(able, function.psi(h), 0.0) * tangents[1]


@jax.custom_jvp
def replaced(s: Any, spiked: Any, old: Any, new: Any) -> Any:
    """old + s (new - old), without its rounding: `new` where `spiked`, else `old`."""
    return jnp.where(spiked, new, old)


@replaced.defjvp
def _replaced_jvp(primals: Any, tangents: Any) -> tuple[Any, Any]:
    _, spiked, old, new = primals
    ds, _, d_old, d_new = tangents
    return jnp.where(spiked, new, old), jnp.where(spiked, d_new, d_old) + (new - old) * ds
