"""Adaptive exponential integrate-and-fire."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.components.neurons.upswing import Upswing
from ngcsnn.graph import GraphError, checks, hyper, param, state

_NAUD = {"V_T": -50.0, "delta_T": 2.0}
PRESETS: dict[str, dict[str, float]] = {
    # Brette & Gerstner 2005, table 1: the defaults
    "regular_spiking": {
        "C": 281.0, "g_L": 30.0, "E_L": -70.6, "V_T": -50.4, "delta_T": 2.0, "a": 4.0, "tau_w": 144.0, "b": 80.5,
        "v_reset": -70.6,
    },
    # Naud et al. 2008, table 1; shown there with a constant current, here at the end of the line in pA
    "tonic_spiking": _NAUD
    | {"C": 200.0, "g_L": 10.0, "E_L": -70.0, "a": 2.0, "tau_w": 30.0, "b": 0.0, "v_reset": -58.0},  # 500
    "adaptation": _NAUD
    | {"C": 200.0, "g_L": 12.0, "E_L": -70.0, "a": 2.0, "tau_w": 300.0, "b": 60.0, "v_reset": -58.0},  # 500
    "initial_burst": _NAUD
    | {"C": 130.0, "g_L": 18.0, "E_L": -58.0, "a": 4.0, "tau_w": 150.0, "b": 120.0, "v_reset": -50.0},  # 400
    "regular_bursting": _NAUD
    | {"C": 200.0, "g_L": 10.0, "E_L": -58.0, "a": 2.0, "tau_w": 120.0, "b": 100.0, "v_reset": -46.0},  # 210
    "delayed_accelerating": _NAUD
    | {"C": 200.0, "g_L": 12.0, "E_L": -70.0, "a": -10.0, "tau_w": 300.0, "b": 0.0, "v_reset": -58.0},  # 300
    "delayed_regular_bursting": _NAUD
    | {"C": 100.0, "g_L": 10.0, "E_L": -65.0, "a": -10.0, "tau_w": 90.0, "b": 30.0, "v_reset": -47.0},  # 110
    "transient_spiking": _NAUD
    | {"C": 100.0, "g_L": 10.0, "E_L": -65.0, "a": 10.0, "tau_w": 90.0, "b": 100.0, "v_reset": -47.0},  # 180
    "irregular_spiking": _NAUD
    | {"C": 100.0, "g_L": 12.0, "E_L": -60.0, "a": -11.0, "tau_w": 130.0, "b": 30.0, "v_reset": -48.0},  # 160
}  # fmt: skip
CEILING = 30.0  # (v - V_T) / delta_T at which the exponential stops: exp(30) = 1e13, safe in float32
SEEN = 8.0  # the same, of the v that the adaptation follows: what is left of the upswing takes 0.0003 C / g_L
BEND = math.log(10.0)  # the same, where z bends; at V_T, z would be quick below it and slow above


class AdExCell(Upswing, SpikingCell):
    """Adaptive exponential integrate-and-fire cells with exponential synaptic currents.

        C dv/dt = -g_L (v - E_L) + g_L delta_T exp((v - V_T) / delta_T) - w + j + sum_r i_r
        tau_w dw/dt = a (v - E_L) - w,    tau_r di_r/dt = -i_r,    i_r += weight at an event
        spike when v crosses v_peak upwards; then v = v_reset, held for refract_time, and w += b.

    Units: mV, ms, pF, nS, and so pA for w, b, j, the synaptic currents and the weights. The defaults are those of
    Brette & Gerstner; `preset` gives the parameters of a published firing pattern (`PRESETS`), and what is given
    besides goes before it. The exponential stops at exp(30), and w follows v up to V_T + 8 delta_T (v is above for
    0.003 ms). Steps are taken in z = -delta_T ln(1 + 10 exp(-(v - V_T) / delta_T)), see
    `ngcsnn.components.neurons.upswing`.

    Shapes (batch, n_units). Sources: Brette & Gerstner 2005 (doi:10.1152/jn.00686.2005), Naud et al. 2008
    (doi:10.1007/s00422-008-0264-7).
    """

    fields = ("v", "w")

    preset = hyper(
        None, kind=(str, type(None)), check=checks.one_of(*PRESETS), doc="firing pattern whose parameters to take"
    )
    C = param(
        281.0, shape="n_units", unit="pF", check=checks.positive, bounds=(1.0, float("inf")), doc="membrane capacitance"
    )
    g_L = param(
        30.0, shape="n_units", unit="nS", check=checks.positive, bounds=(0.01, float("inf")), doc="leak conductance"
    )
    E_L = param(-70.6, shape="n_units", unit="mV", check=checks.finite, doc="leak reversal potential")
    V_T = param(-50.4, shape="n_units", unit="mV", check=checks.finite, doc="threshold of the exponential")
    delta_T = param(
        2.0, shape="n_units", unit="mV", check=checks.positive, bounds=(0.05, float("inf")),
        doc="slope factor of the exponential",
    )  # fmt: skip
    a = param(4.0, shape="n_units", unit="nS", check=checks.finite, doc="adaptation to the potential")
    b = param(80.5, shape="n_units", unit="pA", check=checks.finite, doc="what a spike adds to the adaptation current")
    tau_w = param(
        144.0, shape="n_units", unit="ms", check=checks.positive, bounds=(1.0, float("inf")),
        doc="time constant of the adaptation",
    )  # fmt: skip
    v_peak = param(
        0.0, shape="n_units", unit="mV", check=checks.finite, doc="potential at which the upswing counts as a spike"
    )
    v_reset = param(-70.6, shape="n_units", unit="mV", check=checks.finite, doc="potential after a spike")
    v = state(shape="n_units", init="E_L", unit="mV", doc="membrane potential")
    w = state(shape="n_units", unit="pA", doc="adaptation current")

    def __init__(self, name: str, **values: Any):
        super().__init__(name, **{**PRESETS.get(str(values.get("preset")), {}), **values})

    def setup(self) -> None:
        super().setup()
        threshold, peak, reset = (np.asarray(self.context.live[self.name][k]) for k in ("V_T", "v_peak", "v_reset"))
        if np.any(peak <= threshold) or np.any(peak <= reset):
            raise GraphError(
                f"AdExCell '{self.name}': `v_peak` must lie above `V_T` and `v_reset` (in mV), got {peak}, {threshold} "
                f"and {reset}"
            )

    def velocity(self, x: Any, j: Any) -> Any:
        v, g_L, E_L = self.top(x.v), self.g_L.get(), self.E_L.get()
        V_T, delta_T = self.V_T.get(), self.delta_T.get()
        upswing = g_L * delta_T * jnp.exp((v - V_T) / delta_T)
        seen = jnp.minimum(v, jnp.minimum(V_T + SEEN * delta_T, self.v_peak.get()))
        return x._replace(
            v=(g_L * (E_L - v) + upswing - x.w + j) / self.C.get(),
            w=(self.a.get() * (seen - E_L) - x.w) / self.tau_w.get(),
        )

    def reset_map(self, x: Any) -> Any:
        return x._replace(v=jnp.broadcast_to(self.v_reset.get(), x.v.shape), w=x.w + self.b.get())

    # --- the upswing --------------------------------------------------------------------------------------------
    def ceiling(self) -> Any:
        return self.V_T.get() + CEILING * self.delta_T.get()

    def slowed(self, v: Any) -> tuple[Any, Any]:
        delta_T = self.delta_T.get()
        steps = (v - self.V_T.get()) / delta_T - BEND
        return -delta_T * jax.nn.softplus(-steps), jax.nn.sigmoid(-steps)

    def raised(self, z: Any) -> Any:
        delta_T = self.delta_T.get()
        depth = -z / delta_T
        return self.V_T.get() + delta_T * (BEND - depth - jnp.log(-jnp.expm1(-depth)))
