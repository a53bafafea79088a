"""Leaky integrate-and-fire."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.neurons.membrane import charge, leaky_flow, leaky_receive
from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.graph import checks, hyper, param, state


class LIFCell(SpikingCell):
    """Leaky integrate-and-fire cells with exponential synaptic currents.

        tau_m dv/dt = v_rest - v + j + sum_r i_r,    tau_r di_r/dt = -i_r,    i_r += w at an event of weight w
        spike when v crosses v_thr upwards; then v = v_reset (or v - (v_thr - v_reset), relative_reset=True), held for
        refract_time.

    Shapes (batch, n_units). Source: Gerstner et al. 2014, Neuronal Dynamics, chapter 1.
    """

    tau_m = param(
        20.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="membrane time constant",
    )  # fmt: skip
    v_thr = param(1.0, shape="n_units", check=checks.finite, doc="threshold")
    v_rest = param(0.0, shape="n_units", check=checks.finite, doc="resting potential")
    v_reset = param(0.0, shape="n_units", check=checks.finite, doc="potential after a spike")
    relative_reset = hyper(False, kind=bool, doc="a spike takes v_thr - v_reset off v instead of setting v_reset")
    v = state(shape="n_units", init="v_rest", doc="membrane potential")

    def velocity(self, x: Any, j: Any) -> Any:
        return x._replace(v=(self.v_rest.get() + j - x.v) / self.tau_m.get())

    def exact_flow(self, x: Any, j: Any, dt: Any) -> Any:
        return leaky_flow(self, x, j, dt)

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr.get()

    def reset_map(self, x: Any) -> Any:
        if self.relative_reset:
            return x._replace(v=x.v - (self.v_thr.get() - self.v_reset.get()))
        return x._replace(v=jnp.broadcast_to(self.v_reset.get(), x.v.shape))

    # --- closed forms of the generic pieces ---------------------------------------------------------------------
    def receive(self, x: Any, port: str, m0: Any, m1: Any, j: Any = 0.0) -> Any:
        return leaky_receive(self, x, port, m0, m1)

    def crossing_terms(self, x: Any, j: Any) -> tuple[Any, Any, Any]:
        tau_m = self.tau_m.get()
        slope = (self.v_rest.get() + j + self.synaptic_current(x) - x.v) / tau_m
        decay = sum(getattr(x, f"i_{p}") / self.tau_of(p) for p in self.ports)
        return self.threshold(x), slope, -(decay + slope) / tau_m

    def hold(self, x: Any, j: Any, dt: Any) -> Any:
        if self.integration != "exact":
            return super().hold(x, j, dt)
        return x._replace(**{f"i_{p}": getattr(x, f"i_{p}") * jnp.exp(-dt / self.tau_of(p)) for p in self.ports})

    def restart(self, x: Any, j: Any, tau: Any) -> Any:
        """The currents at the step's end do not depend on the reset; v restarts at v_reset, since v = v_thr there."""
        if self.integration != "exact" or self.refractory:
            return super().restart(x, j, tau)
        tau_m, target = self.tau_m.get(), self.v_rest.get() + j
        v = target + (self.v_reset.get() - target) * jnp.exp(tau / tau_m)
        for port in self.ports:
            rate = 1.0 / self.tau_of(port)
            v = v + charge(-tau, tau_m, 1.0 / rate) * getattr(x, f"i_{port}") * jnp.exp(-tau * rate)
        return x._replace(v=v)
