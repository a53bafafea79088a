"""Resonate-and-fire."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.neurons.rotation import rotating_flow
from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.graph import GraphError, checks, param, state


class RAFCell(SpikingCell):
    """Resonate-and-fire cells with exponential synaptic currents.

        dz/dt = (b + i omega) z + j + sum_r i_r,    z = w + i v,    that is
        dv/dt = b v + omega w,    dw/dt = b w - omega v + j + sum_r i_r
        tau_r di_r/dt = -i_r,    i_r += weight at an event
        spike when v crosses v_thr upwards; then v = v_reset and w = w_reset, held for refract_time.

    A damped oscillator: it answers best to inputs at about omega / 2 pi, and an inhibitory pulse may make it fire.
    Stepped in closed form. Shapes (batch, n_units). Source: Izhikevich 2001 (doi:10.1016/S0893-6080(01)00078-8).
    """

    fields = ("v", "w")
    clamped = ("v", "w")

    omega = param(
        0.25, shape="n_units", unit="rad/ms", check=checks.positive, bounds=(1e-3, float("inf")),
        doc="angular frequency of the oscillation (0.25: 40 Hz)",
    )  # fmt: skip
    b = param(-0.05, shape="n_units", unit="1/ms", check=checks.finite, doc="growth of the oscillation; < 0: damping")
    v_thr = param(1.0, shape="n_units", check=checks.finite, doc="threshold")
    v_reset = param(0.0, shape="n_units", check=checks.finite, doc="potential after a spike")
    w_reset = param(0.0, shape="n_units", check=checks.finite, doc="current-like variable after a spike")
    v = state(shape="n_units", doc="potential-like variable, the imaginary part of z")
    w = state(shape="n_units", doc="current-like variable, the real part of z")

    def setup(self) -> None:
        super().setup()
        thr, reset = (np.asarray(self.context.live[self.name][k]) for k in ("v_thr", "v_reset"))
        if np.any(reset >= thr):
            raise GraphError(f"RAFCell '{self.name}': `v_reset` must lie below `v_thr`, got {reset} and {thr}")

    def velocity(self, x: Any, j: Any) -> Any:
        b, omega = self.b.get(), self.omega.get()
        return x._replace(v=b * x.v + omega * x.w, w=b * x.w - omega * x.v + j)

    def exact_flow(self, x: Any, j: Any, dt: Any) -> Any:
        return rotating_flow(self, x, j, dt)

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr.get()

    def reset_map(self, x: Any) -> Any:
        v, w = (jnp.broadcast_to(c.get(), x.v.shape) for c in (self.v_reset, self.w_reset))
        return x._replace(v=v, w=w)
