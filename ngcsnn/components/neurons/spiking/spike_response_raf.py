"""Resonate-and-fire as a spike-response model."""

from __future__ import annotations

from typing import Any

from ngcsnn.components.neurons.after_potential import SpikeResponse
from ngcsnn.components.neurons.rotation import rotating_flow
from ngcsnn.graph import checks, param, state


class SRMRAFCell(SpikeResponse):
    """Spike-response cells with a resonating membrane and exponential synaptic currents.

        v(t) = integral_0^inf kappa(s) I(t - s) ds + sum over spikes t_f of eta_0 exp(-(t - t_f) / tau_eta)
        kappa(s) = exp(b s) sin(omega s),    I = j + sum_r i_r,    tau_r di_r/dt = -i_r,    i_r += weight at an event
        spike when v crosses v_thr upwards; of the sum over spikes the last alone counts unless cumulative=True.

    The oscillation is that of `RAFCell`, and goes on through spikes. Stepped in closed form. Shapes (batch, n_units).
    Sources: Izhikevich 2001 (doi:10.1016/S0893-6080(01)00078-8); Richardson, Brunel & Hakim 2003
    (doi:10.1152/jn.00955.2002).
    """

    fields = ("v", "w", "eta")

    omega = param(
        0.25, shape="n_units", unit="rad/ms", check=checks.positive, bounds=(1e-3, float("inf")),
        doc="angular frequency of the oscillation (0.25: 40 Hz)",
    )  # fmt: skip
    b = param(-0.05, shape="n_units", unit="1/ms", check=checks.finite, doc="growth of the oscillation; < 0: damping")
    v = state(shape="n_units", doc="membrane potential: imaginary part of the oscillation, and after-potential")
    w = state(shape="n_units", doc="current-like variable, the real part of the oscillation")

    def velocity(self, x: Any, j: Any) -> Any:
        b, omega, fall = self.b.get(), self.omega.get(), x.eta / self.tau_eta.get()
        response = x.v - x.eta
        return x._replace(v=b * response + omega * x.w - fall, w=b * x.w - omega * response + j, eta=-fall)

    def exact_flow(self, x: Any, j: Any, dt: Any) -> Any:
        eta = self.worn_off(x.eta, dt)
        response = rotating_flow(self, x._replace(v=x.v - x.eta), j, dt)
        return response._replace(v=response.v + eta, eta=eta)
