"""Quadratic integrate-and-fire."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.components.neurons.upswing import Upswing, angle, bowl, from_angle
from ngcsnn.graph import GraphError, checks, param, state


class QIFCell(Upswing, SpikingCell):
    """Quadratic integrate-and-fire cells with exponential synaptic currents.

        tau_m dv/dt = a0 (v - v_rest) (v - v_c) + j + sum_r i_r,    tau_r di_r/dt = -i_r,    i_r += w at an event of weight w
        spike when v crosses v_peak upwards; then v = v_reset, held for refract_time.
    """

    tau_m = param(
        20.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="membrane time constant",
    )  # fmt: skip
    a0 = param(
        1.0, shape="n_units", check=checks.positive, bounds=(1e-3, float("inf")), doc="curvature of the parabola"
    )
    v_rest = param(0.0, shape="n_units", check=checks.finite, doc="resting potential")
    v_c = param(1.0, shape="n_units", check=checks.finite, doc="critical potential: above it v runs away by itself")
    v_peak = param(10.0, shape="n_units", check=checks.finite, doc="potential at which the upswing counts as a spike")
    v_reset = param(0.0, shape="n_units", check=checks.finite, doc="potential after a spike")
    v = state(shape="n_units", init="v_rest", doc="membrane potential")

    def velocity(self, x: Any, j: Any) -> Any:
        tau, a0 = self.tau_m.get(), self.a0.get()
        half = 0.5 * (self.v_c.get() - self.v_rest.get())
        parabola = bowl(self.top(x.v) - self._middle(), tau / (a0 * self.context.dt)) - half * half
        return x._replace(v=(a0 * parabola + j) / tau)

    def reset_map(self, x: Any) -> Any:
        return x._replace(v=jnp.broadcast_to(self.v_reset.get(), x.v.shape))

    far = 1e3

    def ceiling(self):
        return self.v_peak.get() + self.far * self._scale()

    def slowed(self, v: Any) -> tuple[Any, Any]:
        return angle(v - self._middle(), self._scale())

    def raised(self, z: Any) -> Any:
        return from_angle(z, self._scale()) + self._middle()

    def _middle(self) -> Any:
        return 0.5 * (self.v_rest.get() + self.v_c.get())

    def _scale(self) -> Any:
        """Of the angle: at half the drive that keeps v from resting, plus a little that keeps it positive."""
        half, rise = 0.5 * (self.v_c.get() - self.v_rest.get()), 0.05 * (self.v_peak.get() - self._middle())
        return jnp.sqrt(half * half + rise * rise)
