"""Leaky integrate-and-fire with the threshold of Diehl and Cook, and one spike at a time if wanted."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.neurons.competition import OneSpike
from ngcsnn.components.neurons.membrane import decayed, leaky_flow, leaky_receive, leaky_rise
from ngcsnn.graph import GraphError, checks, hyper, param, state


class DiehlCookCell(OneSpike):
    """Leaky integrate-and-fire cells whose threshold rises with every spike and outlasts the trial.

        tau_m dv/dt = v_rest - v + j + sum_r i_r,    tau_r di_r/dt = -i_r,    i_r += w at an event of weight w
        tau_theta dtheta/dt = -theta
        spike when v crosses v_thr + theta upwards; then v = v_reset, held for refract_time, and theta += theta_plus.

    theta (n_units) belongs to the cells: samples of a batch share it, and raise it by their mean. shared_theta=False
    gives each sample its own. Set `theta_plus` to 0 to test without adaptation. Currents and weights are in mV.
    Shapes (batch, n_units). Source: Diehl & Cook 2015 (doi:10.3389/fncom.2015.00099).
    """

    fields = ("v", "theta")

    refract_time = param(
        5.0, shape="n_units", unit="ms", check=checks.non_negative, trainable=False,
        doc="time after a spike during which the membrane stays at its reset",
    )  # fmt: skip
    tau_m = param(
        100.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="membrane time constant",
    )  # fmt: skip
    tau_theta = param(
        1e7, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="time constant of the adaptive threshold",
    )  # fmt: skip
    theta_plus = param(0.05, shape="n_units", unit="mV", check=checks.non_negative, doc="rise of theta at a spike")
    v_thr = param(-52.0, shape="n_units", unit="mV", check=checks.finite, doc="threshold of a cell that never spiked")
    v_rest = param(-65.0, shape="n_units", unit="mV", check=checks.finite, doc="resting potential")
    v_reset = param(-65.0, shape="n_units", unit="mV", check=checks.finite, doc="potential after a spike")
    shared_theta = hyper(True, kind=bool, doc="one theta for all samples of a batch")
    v = state(shape="n_units", init="v_rest", unit="mV", doc="membrane potential")

    def setup(self) -> None:
        own = not self.shared_theta
        self.declare("theta", state(shape="n_units", unit="mV", keep=True, batched=own, doc="rise of the threshold"))
        super().setup()
        thr, reset = (np.asarray(self.context.live[self.name][k]) for k in ("v_thr", "v_reset"))
        if np.any(reset >= thr):
            raise GraphError(
                f"DiehlCookCell '{self.name}': `v_reset` must lie below `v_thr` (in mV), got {reset} and {thr}"
            )

    # --- the mathematics ----------------------------------------------------------------------------------------
    def velocity(self, x: Any, j: Any) -> Any:
        return x._replace(v=(self.v_rest.get() + j - x.v) / self.tau_m.get(), theta=-x.theta / self.tau_theta.get())

    def exact_flow(self, x: Any, j: Any, dt: Any) -> Any:
        return leaky_flow(self, x, j, dt)._replace(theta=self._worn_off(x.theta, dt))

    def receive(self, x: Any, port: str, m0: Any, m1: Any, j: Any = 0.0) -> Any:
        return leaky_receive(self, x, port, m0, m1) if self.has_closed_form else super().receive(x, port, m0, m1, j)

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr.get() - x.theta

    def reset_map(self, x: Any) -> Any:
        return x._replace(v=jnp.broadcast_to(self.v_reset.get(), x.v.shape), theta=x.theta + self.theta_plus.get())

    def _worn_off(self, theta: Any, dt: Any) -> Any:
        return theta * jnp.exp(-dt / self.tau_theta.get())

    # --- the closed form of a step with rests -------------------------------------------------------------------
    def held_flow(self, x: Any, j: Any, dt: Any, free: Any) -> Any:
        if self.integration != "exact":
            return super().held_flow(x, j, dt, free)
        end = decayed(self, x, dt)
        return end._replace(v=leaky_rise(self, x.v, end, j, free), theta=self._worn_off(x.theta, dt))

    # --- theta, shared by a batch -------------------------------------------------------------------------------
    def untrainable(self, crossing: Any) -> str:
        if self.shared_theta and getattr(crossing, "local", False):
            return "shares theta between samples: e-prop needs shared_theta=False"
        return super().untrainable(crossing)

    def read(self) -> Any:
        x = super().read()
        return x._replace(theta=jnp.broadcast_to(x.theta, x.v.shape))

    def write(self, x: Any) -> None:
        super().write(x._replace(theta=jnp.mean(x.theta, axis=0)) if self.shared_theta else x)
