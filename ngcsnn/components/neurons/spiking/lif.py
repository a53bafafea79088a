"""Leaky integrate-and-fire."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.neurons.coincidence import leaky_shift
from ngcsnn.components.neurons.membrane import decayed, leaky_flow, leaky_receive, leaky_rise
from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.graph import GraphError, checks, hyper, param, state


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

    # --- closed forms of the generic pieces; a subclass that restates the mathematics gets the generic ones back ---
    def setup(self) -> None:
        super().setup()
        self.linear = not self.restates("velocity", "flow", "exact_flow", "fields", since="leaky")
        theirs = self.restates("threshold", "reset_map", "clamped", since="leaky")
        self.plain = self.linear and self.integration == "exact" and not theirs
        thr, reset = (np.asarray(self.context.live[self.name][k]) for k in ("v_thr", "v_reset"))
        if np.any(reset >= thr):
            raise GraphError(f"LIFCell '{self.name}': `v_reset` must lie below `v_thr`, got {reset} and {thr}")

    remembers = ("s",)

    def remembered(self, crossing: Any) -> tuple[str, ...]:
        return self.remembers if crossing is None or crossing.orders else ()

    leaky = True  # marks the class whose closed forms these are

    def receive(self, x: Any, port: str, m0: Any, m1: Any, j: Any = 0.0) -> Any:
        return leaky_receive(self, x, port, m0, m1) if self.linear else super().receive(x, port, m0, m1, j)

    def crossing_terms(self, x: Any, j: Any) -> tuple[Any, Any, Any]:
        if not self.linear or self.restates("threshold", since="leaky"):
            return super().crossing_terms(x, j)
        rate_m = 1.0 / self.tau_m.get()
        slope = (self.v_rest.get() + j + self.synaptic_current(x) - x.v) * rate_m
        decay = sum(getattr(x, f"i_{p}") * (1.0 / self.tau_of(p)) for p in self.ports)
        return self.threshold(x), slope, -(decay + slope) * rate_m

    def reorder(self, x: Any, j: Any) -> tuple[Any, Any]:
        if not self.linear or self.restates("threshold", "reset_map", since="leaky"):
            return super().reorder(x, j)
        x, shift = leaky_shift(self, x, j, *self.s.moments())
        if self.refractory:
            left = self.refrac.get()
            self.refrac.set(jnp.where(left > 0, left + shift, left))
        return x, shift

    def hold(self, x: Any, j: Any, dt: Any) -> Any:
        return decayed(self, x, dt) if self.plain else super().hold(x, j, dt)

    def held_flow(self, x: Any, j: Any, dt: Any, free: Any) -> Any:
        if not self.plain:
            return super().held_flow(x, j, dt, free)
        end = decayed(self, x, dt)
        return end._replace(v=leaky_rise(self, x.v, end, j, free))

    def restart(self, x: Any, j: Any, tau: Any) -> Any:
        """The currents at the step's end do not depend on the reset; v restarts at v_reset, since v = v_thr there."""
        if not self.plain:
            return super().restart(x, j, tau)
        return x._replace(v=leaky_rise(self, self.v_reset.get(), x, j, self.free_time(-tau)))
