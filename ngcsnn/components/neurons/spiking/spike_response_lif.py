"""Leaky integrate-and-fire as a spike-response model."""

from __future__ import annotations

from typing import Any

from ngcsnn.components.neurons.after_potential import SpikeResponse
from ngcsnn.components.neurons.membrane import leaky_flow
from ngcsnn.graph import checks, param, state


class SRMLIFCell(SpikeResponse):
    """Spike-response cells with a leaky membrane (SRM0) and exponential synaptic currents.

        v(t) = v_rest + integral_0^inf kappa(s) I(t - s) ds + sum over spikes t_f of eta_0 exp(-(t - t_f) / tau_eta)
        kappa(s) = exp(-s / tau_m) / tau_m,    I = j + sum_r i_r,    tau_r di_r/dt = -i_r,    i_r += w at an event
        spike when v crosses v_thr upwards; of the sum over spikes the last alone counts unless cumulative=True.

    A spike leaves the response to the input as it is. With tau_eta = tau_m, eta_0 = -(v_thr - v_reset) and
    cumulative=True this is `LIFCell` with relative_reset=True. Stepped in closed form. Shapes (batch, n_units).
    Source: Gerstner et al. 2014, Neuronal Dynamics, section 6.4.
    """

    fields = ("v", "eta")

    tau_m = param(
        20.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="membrane time constant",
    )  # fmt: skip
    v_rest = param(0.0, shape="n_units", check=checks.finite, doc="resting potential")
    v = state(shape="n_units", init="v_rest", doc="membrane potential")

    def velocity(self, x: Any, j: Any) -> Any:
        fall = x.eta / self.tau_eta.get()
        return x._replace(v=(self.v_rest.get() + j - (x.v - x.eta)) / self.tau_m.get() - fall, eta=-fall)

    def exact_flow(self, x: Any, j: Any, dt: Any) -> Any:
        eta = self.worn_off(x.eta, dt)
        response = leaky_flow(self, x._replace(v=x.v - x.eta), j, dt)
        return response._replace(v=response.v + eta, eta=eta)
