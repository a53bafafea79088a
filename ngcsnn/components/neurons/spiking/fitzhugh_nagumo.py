"""FitzHugh and Nagumo's model of excitability."""

from __future__ import annotations

from typing import Any

from ngcsnn.components.neurons.without_reset import WithoutReset
from ngcsnn.graph import checks, param, state


class FitzHughNagumoCell(WithoutReset):
    """FitzHugh-Nagumo cells with exponential synaptic currents.

        tau_m dv/dt = v - v^3 / gamma - w + j + sum_r i_r,    tau_w dw/dt = v + alpha - beta w
        tau_r di_r/dt = -i_r,    i_r += weight at an event
        spike when v crosses v_thr upwards; nothing is reset.

    Nullclines: w = v - v^3 / gamma + j and w = (v + alpha) / beta. With the defaults a cell rests at (v, w) = (-1.1994,
    -0.6243), where it starts, fires on a limit cycle for constant currents between 0.331 and 1.419, and rests again
    above. v and w have no unit. Shapes (batch, n_units).
    Sources: FitzHugh 1961 (doi:10.1016/S0006-3495(61)86902-6); Nagumo, Arimoto & Yoshizawa 1962
    (doi:10.1109/JRPROC.1962.288235).
    """

    fields = ("v", "w")

    tau_m = param(
        1.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="time constant of the potential",
    )  # fmt: skip
    tau_w = param(
        12.5, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="time constant of the recovery",
    )  # fmt: skip
    alpha = param(0.7, shape="n_units", check=checks.finite, doc="drive of the recovery")
    beta = param(0.8, shape="n_units", check=checks.finite, doc="leak of the recovery")
    gamma = param(
        3.0, shape="n_units", check=checks.positive, bounds=(0.01, float("inf")), doc="divisor of the cubic term"
    )
    v_thr = param(1.0, shape="n_units", check=checks.finite, doc="potential whose upward crossing counts as a spike")
    v_init = param(-1.199408, shape="n_units", check=checks.finite, doc="potential at the start of a trial")
    w_init = param(-0.624260, shape="n_units", check=checks.finite, doc="recovery at the start of a trial")
    v = state(shape="n_units", init="v_init", doc="membrane potential")
    w = state(shape="n_units", init="w_init", doc="recovery")

    def velocity(self, x: Any, j: Any) -> Any:
        cubic = x.v * x.v * x.v / self.gamma.get()
        return x._replace(
            v=(x.v - cubic - x.w + j) / self.tau_m.get(),
            w=(x.v + self.alpha.get() - self.beta.get() * x.w) / self.tau_w.get(),
        )

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr.get()
