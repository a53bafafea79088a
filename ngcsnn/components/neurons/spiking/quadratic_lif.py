"""Quadratic integrate-and-fire."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.components.neurons.upswing import Upswing, bowl, folded, unfolded
from ngcsnn.graph import GraphError, checks, param, state

FAR = 1e3  # how far the ceiling lies over v_peak, in scales of z: infinity, for what is left of the upswing


class QIFCell(Upswing, SpikingCell):
    """Quadratic integrate-and-fire cells with exponential synaptic currents.

        tau_m dv/dt = a0 (v - v_rest) (v - v_c) + j + sum_r i_r
        tau_r di_r/dt = -i_r,    i_r += w at an event of weight w
        spike when v crosses v_peak upwards; then v = v_reset, held for refract_time.

    Above the rheobase, I = j + sum_r i_r > a0 (v_c - v_rest)^2 / 4, v runs away from any start: the rate of constant
    currents grows as the square root of the excess. Potentials and currents have one unit (that of the weights), a0 its
    inverse. Steps are taken in a slower variable, see `ngcsnn.components.neurons.upswing`. With the
    defaults and I up to 4, at dt = 1 ms spike times are right to 0.001 ms, and their derivatives to 0.5 %. Where the
    parabola falls by more than 2 / dt per unit of v, at strong inhibition, its tangent there continues it.

    Shapes (batch, n_units). Source: Gerstner et al. 2014, Neuronal Dynamics, section 5.3.
    """

    tau_m = param(
        20.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="membrane time constant",
    )  # fmt: skip
    a0 = param(
        1.0, shape="n_units", check=checks.positive, bounds=(1e-3, float("inf")), doc="curvature of the parabola"
    )
    v_rest = param(0.0, shape="n_units", check=checks.finite, doc="resting potential")
    v_c = param(1.0, shape="n_units", check=checks.finite, doc="critical potential, above which v runs away by itself")
    v_peak = param(10.0, shape="n_units", check=checks.finite, doc="potential at which the upswing counts as a spike")
    v_reset = param(0.0, shape="n_units", check=checks.finite, doc="potential after a spike")
    v = state(shape="n_units", init="v_rest", doc="membrane potential")

    def setup(self) -> None:
        super().setup()
        rest, critical, peak, reset = (
            np.asarray(self.context.live[self.name][k]) for k in ("v_rest", "v_c", "v_peak", "v_reset")
        )
        if np.any(critical < rest) or np.any(peak <= critical) or np.any(peak <= reset):
            raise GraphError(
                f"QIFCell '{self.name}': needs v_rest <= v_c < v_peak and v_reset < v_peak, got `v_rest` {rest}, "
                f"`v_c` {critical}, `v_peak` {peak}, `v_reset` {reset}"
            )

    def velocity(self, x: Any, j: Any) -> Any:
        tau_m, a0, half = self.tau_m.get(), self.a0.get(), self._half()
        parabola = bowl(self.top(x.v) - self._middle(), tau_m / (a0 * self.context.dt)) - half * half
        return x._replace(v=(a0 * parabola + j) / tau_m)

    def reset_map(self, x: Any) -> Any:
        return x._replace(v=jnp.broadcast_to(self.v_reset.get(), x.v.shape))

    # --- the upswing --------------------------------------------------------------------------------------------
    def ceiling(self) -> Any:
        return self.v_peak.get() + FAR * self._scale()

    def slowed(self, v: Any) -> tuple[Any, Any]:
        return folded(v - self._middle(), self._scale())

    def raised(self, z: Any) -> Any:
        return unfolded(z, self._scale()) + self._middle()

    def _middle(self) -> Any:
        return 0.5 * (self.v_rest.get() + self.v_c.get())

    def _half(self) -> Any:
        return 0.5 * (self.v_c.get() - self.v_rest.get())

    def _scale(self) -> Any:
        """z moves as fast at infinity as at the bottom where I is twice the rheobase; positive for v_c = v_rest too."""
        half, rise = self._half(), 0.05 * (self.v_peak.get() - self._middle())
        return jnp.sqrt(2.0 * (half * half + rise * rise))
