"""The simple model of Izhikevich."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.components.neurons.upswing import Upswing, bowl, folded, unfolded
from ngcsnn.graph import GraphError, checks, hyper, param, state

PRESETS: dict[str, dict[str, float]] = {
    "regular_spiking": {"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0, "u_init": -13.0},
    "intrinsically_bursting": {"a": 0.02, "b": 0.2, "c": -55.0, "d": 4.0, "u_init": -13.0},
    "chattering": {"a": 0.02, "b": 0.2, "c": -50.0, "d": 2.0, "u_init": -13.0},
    "fast_spiking": {"a": 0.1, "b": 0.2, "c": -65.0, "d": 2.0, "u_init": -13.0},
    "low_threshold_spiking": {"a": 0.02, "b": 0.25, "c": -65.0, "d": 2.0, "u_init": -16.25},
    "thalamo_cortical": {"a": 0.02, "b": 0.25, "c": -65.0, "d": 0.05, "u_init": -16.25},
    "resonator": {"a": 0.1, "b": 0.26, "c": -65.0, "d": 2.0, "u_init": -16.9},
}
MIDDLE, SCALE = -62.5, 20.0  # mV: the lowest point of the parabola, and the scale of z
CEILING = 1e4  # mV above v_peak: infinity, for what is left of the upswing


class IzhikevichCell(Upswing, SpikingCell):
    """Izhikevich's simple model with exponential synaptic currents.

        dv/dt = 0.04 v^2 + 5 v + 140 - u + j + sum_r i_r,    du/dt = a (b v - u)        (v in mV, t in ms)
        tau_r di_r/dt = -i_r,    i_r += weight at an event
        spike when v crosses v_peak upwards; then v = c, held for refract_time, and u += d.

    u, currents and weights are in mV / ms. `preset` gives a, b, c, d (and u_init = b v_init) of a published firing
    pattern; what is given besides goes before it. Steps are taken in the angle of the theta neuron (see
    `ngcsnn.components.neurons.upswing`).
    """

    fields = ("v", "u")

    preset = hyper(
        None, kind=(str, type(None)), check=checks.one_of(*PRESETS), doc="firing pattern whose parameters to take"
    )
    a = param(
        0.02, shape="n_units", unit="1/ms", check=checks.non_negative, bounds=(0.0, 1.0), doc="rate of the recovery"
    )
    b = param(0.2, shape="n_units", unit="1/ms", check=checks.finite, doc="how the recovery follows the potential")
    c = param(-65.0, shape="n_units", unit="mV", check=checks.finite, doc="potential after a spike")
    d = param(8.0, shape="n_units", unit="mV/ms", check=checks.finite, doc="what a spike adds to the recovery")
    v_peak = param(
        30.0, shape="n_units", unit="mV", check=checks.finite, doc="potential at which the upswing counts as a spike"
    )
    v_init = param(-65.0, shape="n_units", unit="mV", check=checks.finite, doc="potential at the start of a trial")
    u_init = param(-13.0, shape="n_units", unit="mV/ms", check=checks.finite, doc="recovery at the start of a trial")
    v = state(shape="n_units", init="v_init", unit="mV", doc="membrane potential")
    u = state(shape="n_units", init="u_init", unit="mV/ms", doc="recovery")

    def __init__(self, name: str, **values: Any):
        super().__init__(name, **{**PRESETS.get(str(values.get("preset")), {}), **values})

    def setup(self) -> None:
        super().setup()
        peak, reset = (np.asarray(self.context.live[self.name][k]) for k in ("v_peak", "c"))
        if np.any(peak <= reset) or np.any(peak <= MIDDLE):
            raise GraphError(
                f"IzhikevichCell '{self.name}': `v_peak` must lie above `c` and {MIDDLE} (in mV), got {peak} with `c` "
                f"{reset}"
            )

    def velocity(self, x: Any, j: Any) -> Any:
        """0.04 v^2 + 5 v + 140 = 0.04 (v + 62.5)^2 - 16.25."""
        v = self.top(x.v)
        parabola = 0.04 * bowl(v - MIDDLE, 25.0 / self.context.dt) - 16.25
        seen = jnp.minimum(v, self.v_peak.get())
        return x._replace(v=parabola - x.u + j, u=self.a.get() * (self.b.get() * seen - x.u))

    def reset_map(self, x: Any) -> Any:
        return x._replace(v=jnp.broadcast_to(self.c.get(), x.v.shape), u=x.u + self.d.get())

    # --- the upswing --------------------------------------------------------------------------------------------
    def ceiling(self) -> Any:
        return self.v_peak.get() + CEILING

    def slowed(self, v: Any) -> tuple[Any, Any]:
        return folded(v - MIDDLE, SCALE)

    def raised(self, z: Any) -> Any:
        return unfolded(z, SCALE) + MIDDLE
