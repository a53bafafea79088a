"""Adaptive exponential integrate-and-fire."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.components.neurons.upswing import Upswing
from ngcsnn.graph import GraphError, checks, param, state

STEEPEST = 30.0


class AdExCell(Upswing, SpikingCell):
    C = param(281.0, shape="n_units", unit="pF", check=checks.positive, bounds=(1.0, float("inf")), doc="membrane capacitance")
    g_L = param(30.0, shape="n_units", unit="nS", check=checks.positive, bounds=(0.01, float("inf")), doc="leak conductance")
    E_L = param(-70.6, shape="n_units", unit="mV", check=checks.finite, doc="leak reversal potential")
    V_T = param(-50.4, shape="n_units", unit="mV", check=checks.finite, doc="threshold of the upswing")
    delta_T = param(2.0, shape="n_units", unit="mV", check=checks.positive, bounds=(0.1, float("inf")), doc="slope factor")
    tau_w = param(144.0, shape="n_units", unit="ms", check=checks.positive, bounds=(1.0, float("inf")), doc="time constant of the adaptation")
    a = param(4.0, shape="n_units", unit="nS", check=checks.finite, doc="subthreshold adaptation")
    b = param(80.5, shape="n_units", unit="pA", check=checks.finite, doc="what a spike adds to the adaptation")
    v_peak = param(0.0, shape="n_units", unit="mV", check=checks.finite, doc="potential at which the upswing counts as a spike")
    v_reset = param(-70.6, shape="n_units", unit="mV", check=checks.finite, doc="potential after a spike")
    v = state(shape="n_units", init="E_L", unit="mV", doc="membrane potential")
    w = state(shape="n_units", unit="pA", doc="adaptation current")
    fields = ("v", "w")

    def velocity(self, x: Any, j: Any) -> Any:
        v, g_L, E_L, delta_T = self.top(x.v), self.g_L.get(), self.E_L.get(), self.delta_T.get()
        upswing = g_L * delta_T * jnp.exp((v - self.V_T.get()) / delta_T)
        dv = (g_L * (E_L - v) + upswing - x.w + j) / self.C.get()
        return x._replace(v=dv, w=(self.a.get() * (jnp.minimum(v, self.V_T.get() + self.cap * delta_T) - E_L) - x.w) / self.tau_w.get())

    def reset_map(self, x: Any) -> Any:
        return x._replace(v=jnp.broadcast_to(self.v_reset.get(), x.v.shape), w=x.w + self.b.get())

    def ceiling(self) -> Any:
        return self.V_T.get() + STEEPEST * self.delta_T.get()

    cap = 25.0
    k = 1.0

    def slowed(self, v: Any) -> tuple[Any, Any]:
        """z = -delta_T ln(1 + exp(-(v - V_T) / delta_T)): v - V_T far below V_T, and 0 at infinity."""
        delta_T = self.delta_T.get()
        steps = (v - self.V_T.get()) / delta_T - np.log(self.k)
        return -delta_T * jax.nn.softplus(-steps), jax.nn.sigmoid(-steps)

    def raised(self, z: Any) -> Any:
        delta_T = self.delta_T.get()
        steps = -z / delta_T
        return self.V_T.get() + delta_T * np.log(self.k) - delta_T * (steps + jnp.log(-jnp.expm1(-steps)))
