"""Leaky integrate-and-fire driven through synaptic conductances."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.graph import GraphError, checks, input_, param, state

_JUMPS = {"ampa": "g_ampa", "nmda": "x_nmda", "gaba": "g_gaba"}


class ConductanceLIFCell(SpikingCell):
    """Leaky integrate-and-fire cells with AMPA, NMDA and GABA-A receptors.

        C dv/dt = -g_L (v - E_L) - g_ampa (v - E_ampa) - B(v) g_nmda (v - E_nmda) - g_gaba (v - E_gaba) + j
        B(v) = 1 / (1 + mg exp(-0.062 v) / 3.57)                            the block by magnesium, v in mV
        tau_ampa dg_ampa/dt = -g_ampa,      g_ampa += w at an event of weight w at `ampa`;  `gaba` in the same way
        tau_nmda dg_nmda/dt = -g_nmda + (tau_nmda / tau_rise) x_nmda,  tau_rise dx_nmda/dt = -x_nmda,  x_nmda += w
        spike when v crosses v_thr upwards; then v = v_reset, held for refract_time while the conductances go on.

    An event of weight w opens the area w tau at each receptor; weights are conductances, >= 0, at `gaba` too. NMDA does
    not saturate. Units: mV, ms, pF, nS, and so pA for j. Shapes (batch, n_units).
    Sources: Jahr & Stevens 1990 (doi:10.1523/JNEUROSCI.10-09-03178.1990); Brunel & Wang 2001
    (doi:10.1023/A:1011204814320), whose constants are the defaults.
    """

    fields = ("v", "g_ampa", "x_nmda", "g_nmda", "g_gaba")

    tau_syn: Any = None
    receptors: Any = None
    C = param(
        500.0, shape="n_units", unit="pF", check=checks.positive, bounds=(1.0, float("inf")), doc="membrane capacitance"
    )
    g_L = param(
        25.0, shape="n_units", unit="nS", check=checks.positive, bounds=(0.01, float("inf")), doc="leak conductance"
    )
    E_L = param(-70.0, shape="n_units", unit="mV", check=checks.finite, doc="leak reversal potential")
    E_ampa = param(0.0, shape="n_units", unit="mV", check=checks.finite, doc="reversal potential of AMPA")
    E_nmda = param(0.0, shape="n_units", unit="mV", check=checks.finite, doc="reversal potential of NMDA")
    E_gaba = param(-70.0, shape="n_units", unit="mV", check=checks.finite, doc="reversal potential of GABA-A")
    tau_ampa = param(
        2.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")), doc="decay of AMPA"
    )
    tau_nmda = param(
        100.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")), doc="decay of NMDA"
    )
    tau_rise = param(
        2.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")), doc="rise of NMDA"
    )
    tau_gaba = param(
        10.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")), doc="decay of GABA-A"
    )
    mg = param(
        1.0, shape="n_units", unit="mM", check=checks.non_negative, bounds=(0.0, float("inf")),
        doc="magnesium outside the cell; 0: no block",
    )  # fmt: skip
    v_thr = param(-50.0, shape="n_units", unit="mV", check=checks.finite, doc="threshold")
    v_reset = param(-55.0, shape="n_units", unit="mV", check=checks.finite, doc="potential after a spike")
    ampa = input_(shape="n_units", timed=True, unit="nS", doc="events for AMPA receptors")
    nmda = input_(shape="n_units", timed=True, unit="nS", doc="events for NMDA receptors")
    gaba = input_(shape="n_units", timed=True, unit="nS", doc="events for GABA-A receptors")
    v = state(shape="n_units", init="E_L", unit="mV", doc="membrane potential")
    g_ampa = state(shape="n_units", unit="nS", doc="conductance of AMPA")
    x_nmda = state(shape="n_units", unit="nS", doc="rise of NMDA")
    g_nmda = state(shape="n_units", unit="nS", doc="conductance of NMDA, without its block")
    g_gaba = state(shape="n_units", unit="nS", doc="conductance of GABA-A")

    def _declare_ports(self) -> Any:
        return tuple(_JUMPS)

    def field_of(self, port: str) -> str:
        return _JUMPS[port]

    def setup(self) -> None:
        super().setup()
        thr, reset = (np.asarray(self.context.live[self.name][k]) for k in ("v_thr", "v_reset"))
        if np.any(reset >= thr):
            raise GraphError(
                f"ConductanceLIFCell '{self.name}': `v_reset` must lie below `v_thr` (in mV), got {reset} and {thr}"
            )

    def unblocked(self, v: Any) -> Any:
        """B(v), the open share of the NMDA conductance."""
        return 1.0 / (1.0 + self.mg.get() / 3.57 * jnp.exp(-0.062 * v))

    def velocity(self, x: Any, j: Any) -> Any:
        v = x.v
        leak = self.g_L.get() * (self.E_L.get() - v) + x.g_gaba * (self.E_gaba.get() - v)
        nmda = self.unblocked(v) * x.g_nmda * (self.E_nmda.get() - v)
        rise = x.x_nmda / self.tau_rise.get()
        return x._replace(
            v=(leak + x.g_ampa * (self.E_ampa.get() - v) + nmda + j) / self.C.get(),
            g_ampa=-x.g_ampa / self.tau_ampa.get(),
            x_nmda=-rise,
            g_nmda=rise - x.g_nmda / self.tau_nmda.get(),
            g_gaba=-x.g_gaba / self.tau_gaba.get(),
        )

    def rate(self, x: Any, j: Any) -> Any:
        return self.velocity(x, j)

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr.get()

    def reset_map(self, x: Any) -> Any:
        return x._replace(v=jnp.broadcast_to(self.v_reset.get(), x.v.shape))
