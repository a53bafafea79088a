"""The simple model of Izhikevich."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.components.neurons.upswing import Upswing, angle, bowl, from_angle
from ngcsnn.graph import checks, hyper, param, state


class IzhikevichCell(Upswing, SpikingCell):
    a = param(0.02, shape="n_units", unit="1/ms", check=checks.non_negative, bounds=(0.0, 1.0), doc="rate of the recovery")
    b = param(0.2, shape="n_units", check=checks.finite, doc="sensitivity of the recovery to v")
    c = param(-65.0, shape="n_units", unit="mV", check=checks.finite, doc="potential after a spike")
    d = param(8.0, shape="n_units", check=checks.finite, doc="what a spike adds to the recovery")
    v_peak = param(30.0, shape="n_units", unit="mV", check=checks.finite, doc="potential at which a spike counts")
    v_init = param(-65.0, shape="n_units", unit="mV", check=checks.finite, doc="potential at the start of a trial")
    u_init = param(-13.0, shape="n_units", check=checks.finite, doc="recovery at the start of a trial")
    v = state(shape="n_units", init="v_init", unit="mV", doc="membrane potential")
    u = state(shape="n_units", init="u_init", doc="recovery")
    fields = ("v", "u")
    scale = 10.0

    def velocity(self, x: Any, j: Any) -> Any:
        v = self.top(x.v)
        dv = 0.04 * bowl(v + 62.5, 25.0 / self.context.dt) - 16.25 - x.u + j
        return x._replace(v=dv, u=self.a.get() * (self.b.get() * jnp.minimum(v, self.v_peak.get()) - x.u))

    def reset_map(self, x: Any) -> Any:
        return x._replace(v=jnp.broadcast_to(self.c.get(), x.v.shape), u=x.u + self.d.get())

    far = 1e3

    def ceiling(self):
        return self.v_peak.get() + self.far * self.scale

    def slowed(self, v):
        return angle(v + 62.5, self.scale)

    def raised(self, z):
        return from_angle(z, self.scale) - 62.5
