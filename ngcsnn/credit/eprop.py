"""e-prop: surrogate gradients that stay inside the cell.

    s = a 1[h > 0],                 ds = a psi(h) dh                                     as in `Surrogate`
    x+ = R(x) at a spike:           dx+ = dR(x)                                          fields that a spike resets
                                    dx+ = dx + s (dR(x) - dx) + (R(x) - x) ds            all others, such as adaptation

The spike's own reset carries no credit: of the fields in the cell's `clamped` (the membrane potential) it is taken as
given, while what a spike adds to others (the threshold's adaptation) stays part of the cell's memory. Beyond that no
credit passes from a cell into a synapse that leads back into the hidden network; who runs the trial stops it there
(`ngcsnn.compilers.local_credit`). What is left of the gradient is, for every cell j,

    dL/dw_ji = sum_t L_j(t) e_ji(t),    e_ji(t) = psi_j(t) dh_j/dx_j . eps_ji(t)
    eps_ji(t) = (dx_j(t)/dx_j(t-1)) eps_ji(t-1) + dx_j(t)/dw_ji

L_j(t) = dL/ds_j(t) the learning signal, eps_ji the eligibility vector, forward in time through the cell's own state
alone. Nothing here forms it: the same sum, taken backward in time, is one recursion for each cell and a product.
Source: Bellec et al. 2020 (doi:10.1038/s41467-020-17236-y).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jax import lax

from ngcsnn.credit.rule import Crossing
from ngcsnn.credit.surrogate import replaced, spike
from ngcsnn.credit.surrogates import resolve_surrogate
from ngcsnn.graph import decide


@dataclass(frozen=True)
class EProp:
    """Spikes on the grid, with a surrogate derivative that leads to no other cell.

    function: psi, as in `Surrogate` (default "piecewise_linear", the one of Bellec et al. for a threshold of 1).
    spike_gradient: False takes every spike as given, psi = 0: what synapses that rest still remember (default True).
    Errors: those of `resolve_surrogate`.
    """

    function: Any = "piecewise_linear"
    spike_gradient: bool = True
    within_step = False
    timed = False
    orders = False
    reset_gradient = False
    local = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "function", resolve_surrogate(self.function))

    def cross(self, cell: Any, x: Any, j: Any) -> Crossing:
        h, able = cell.threshold(x), cell.may_spike(x)
        spikes = ((h > 0) & able).astype(h.dtype)
        s = decide(spikes, (lambda size: spike(self.function, size, h, able)) if self.spike_gradient else _as_given)
        spiked = lax.stop_gradient(s) > 0
        x, after = cell.before_reset(x), {}
        for field, old, new in zip(x._fields, x, cell.reset_map(x), strict=True):
            if new is not old:
                new = jnp.broadcast_to(new, old.shape).astype(old.dtype)
                held = field in cell.clamped
                new = jnp.where(spiked, new, old) if held else replaced(s.astype(old.dtype), spiked, old, new)
            after[field] = new
        return Crossing(x._replace(**after), s, None, jnp.zeros((), bool), s)


def _as_given(size: Any) -> Any:
    return lax.stop_gradient(size)
