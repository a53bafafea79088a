"""Integrate-and-fire without leak."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.neurons.membrane import decayed
from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.graph import GraphError, checks, hyper, param, state


class IFCell(SpikingCell):
    """Perfect integrate-and-fire cells with exponential synaptic currents.

        tau_m dv/dt = j + sum_r i_r,    tau_r di_r/dt = -i_r,    i_r += w at an event of weight w
        spike when v crosses v_thr upwards; then v = v_reset (or v - (v_thr - v_reset), relative_reset=True), held for
        refract_time.

    v starts at v_rest and never leaks back to it. With `v_min`, v is lifted to it at the end of each step.
    Shapes (batch, n_units). Sources: Lapicque 1907; Gerstner et al. 2014, Neuronal Dynamics, section 1.3.
    """

    tau_m = param(
        20.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="time that a current of 1 takes to raise v by 1",
    )  # fmt: skip
    v_thr = param(1.0, shape="n_units", check=checks.finite, doc="threshold")
    v_rest = param(0.0, shape="n_units", check=checks.finite, doc="potential at the start of a trial")
    v_reset = param(0.0, shape="n_units", check=checks.finite, doc="potential after a spike")
    v_min = param(None, shape="n_units", check=checks.finite, doc="lower bound of the potential; none by default")
    relative_reset = hyper(False, kind=bool, doc="a spike takes v_thr - v_reset off v instead of setting v_reset")
    v = state(shape="n_units", init="v_rest", doc="membrane potential")

    def setup(self) -> None:
        super().setup()
        live = self.context.live[self.name]
        thr, rest, reset = (np.asarray(live[k]) for k in ("v_thr", "v_rest", "v_reset"))
        if np.any(reset >= thr):
            raise GraphError(f"IFCell '{self.name}': `v_reset` must lie below `v_thr`, got {reset} and {thr}")
        low = np.asarray(live.get("v_min", -np.inf))
        if np.any(low > np.minimum(rest, reset)):
            raise GraphError(
                f"IFCell '{self.name}': `v_min` must not lie above `v_rest` or `v_reset`, got {low}, {rest}, {reset}"
            )

    def velocity(self, x: Any, j: Any) -> Any:
        return x._replace(v=jnp.broadcast_to(j / self.tau_m.get(), x.v.shape))

    def exact_flow(self, x: Any, j: Any, dt: Any) -> Any:
        """What is left of each current at the end is known; the charge is what went."""
        end = decayed(self, x, dt)
        charge: Any = j * dt
        for port in self.ports:
            i = getattr(x, f"i_{port}")
            charge = charge - i * self.tau_of(port) * jnp.expm1(-dt / self.tau_of(port))
        return end._replace(v=x.v + charge / self.tau_m.get())

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr.get()

    def reset_map(self, x: Any) -> Any:
        if self.relative_reset:
            return x._replace(v=x.v - (self.v_thr.get() - self.v_reset.get()))
        return x._replace(v=jnp.broadcast_to(self.v_reset.get(), x.v.shape))

    def write(self, x: Any) -> None:
        super().write(x if self.v_min is None else x._replace(v=jnp.maximum(x.v, self.v_min.get())))
