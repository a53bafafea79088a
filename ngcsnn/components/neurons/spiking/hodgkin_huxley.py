"""Hodgkin and Huxley's model of the squid giant axon."""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer

from ngcsnn.components.integrators import looped_rk4, rk4
from ngcsnn.components.neurons.without_reset import WithoutReset
from ngcsnn.graph import checks, param, state

COLD = 6.3  # degrees Celsius of the experiments of 1952; rates rise threefold with every ten
FASTEST = 1.75  # rate times length of a part of a step: 0.05 ms at 35 / ms, where Runge-Kutta is stable up to 2.8
FAR = 800.0  # mV from rest beyond which rates stay as they are: no cell gets there, and float32 holds them
# The steady gates at v_rest, where v - v_rest is 0
N_REST, M_REST, H_REST = 0.3176769140606974, 0.05293248525724958, 0.5961207535084603


class HodgkinHuxleyCell(WithoutReset):
    """Hodgkin-Huxley cells with exponential synaptic currents.

        C dv/dt = -g_Na m^3 h (v - E_Na) - g_K n^4 (v - E_K) - g_L (v - E_L) + j + sum_r i_r
        dx/dt = phi (a_x(u) (1 - x) - b_x(u) x), x = m, h, n,    u = v - v_rest,    phi = 3^((temperature - 6.3) / 10)
        a_m = L((25 - u) / 10),          b_m = 4 exp(-u / 18),            L(y) = y / (exp(y) - 1)
        a_h = 0.07 exp(-u / 20),         b_h = 1 / (exp((30 - u) / 10) + 1)
        a_n = 0.1 L((10 - u) / 10),      b_n = 0.125 exp(-u / 80)
        tau_r di_r/dt = -i_r,    i_r += weight at an event
        spike when v crosses v_thr upwards; nothing is reset.

    Units: mV, ms, uF/cm2, mS/cm2, and so uA/cm2 for j, the synaptic currents and the weights. Cells start at v_rest
    with steady gates. A step of "rk4" is taken in parts of at most 0.05 ms (less where C, conductances or temperature
    make it faster); other rules take it at once. Shapes (batch, n_units).
    Source: Hodgkin & Huxley 1952 (doi:10.1113/jphysiol.1952.sp004764), with today's sign of v.
    """

    fields = ("v", "m", "h", "n")

    C = param(
        1.0, shape="n_units", unit="uF/cm2", check=checks.positive, bounds=(0.01, float("inf")),
        doc="membrane capacitance",
    )  # fmt: skip
    g_Na = param(120.0, shape="n_units", unit="mS/cm2", check=checks.non_negative, doc="sodium conductance")
    g_K = param(36.0, shape="n_units", unit="mS/cm2", check=checks.non_negative, doc="potassium conductance")
    g_L = param(0.3, shape="n_units", unit="mS/cm2", check=checks.non_negative, doc="leak conductance")
    E_Na = param(50.0, shape="n_units", unit="mV", check=checks.finite, doc="reversal potential of sodium")
    E_K = param(-77.0, shape="n_units", unit="mV", check=checks.finite, doc="reversal potential of potassium")
    E_L = param(-54.387, shape="n_units", unit="mV", check=checks.finite, doc="reversal potential of the leak")
    v_rest = param(-65.0, shape="n_units", unit="mV", check=checks.finite, doc="where the rates have u = 0")
    temperature = param(6.3, shape="n_units", unit="degrees C", check=checks.finite, doc="speeds the gates up")
    v_thr = param(
        0.0, shape="n_units", unit="mV", check=checks.finite, doc="potential whose upward crossing counts as a spike"
    )
    v = state(shape="n_units", init="v_rest", unit="mV", doc="membrane potential")
    m = state(shape="n_units", init=M_REST, doc="sodium activation")
    h = state(shape="n_units", init=H_REST, doc="sodium inactivation (1: none)")
    n = state(shape="n_units", init=N_REST, doc="potassium activation")

    def setup(self) -> None:
        super().setup()
        live = {k: np.asarray(self.context.live[self.name][k], float) for k in ("C", "g_Na", "g_K", "temperature")}
        membrane = np.max(0.224 * (live["g_Na"] + live["g_K"]) / live["C"])  # 35 / ms, at the top of a spike
        gates = np.max(12.0 * 3.0 ** ((live["temperature"] - COLD) / 10.0))
        self.parts = math.ceil(self.context.dt * max(membrane, gates, 1.0) / FASTEST - 1e-6)

    @property
    def own_flow(self) -> bool:
        return type(self).flow is not HodgkinHuxleyCell.flow

    def flow(self, x: Any, j: Any, dt: Any) -> Any:
        if self.integration != "rk4":
            return super().flow(x, j, dt)
        traced = isinstance(x.v, Tracer)  # a loop run eagerly is compiled at each call
        step, part = looped_rk4 if traced else rk4, dt / self.parts

        def one(_: Any, y: Any) -> Any:
            return step(lambda z: self.rate(z, j), y, part)

        if traced:
            return lax.fori_loop(0, self.parts, one, x)
        return reduce(lambda y, n: one(n, y), range(self.parts), x)

    def rates(self, v: Any) -> dict[str, tuple[Any, Any]]:
        """{gate: (opening, closing)} in 1/ms."""
        u = jnp.clip(v - self.v_rest.get(), -FAR, FAR)
        phi = 3.0 ** ((self.temperature.get() - COLD) / 10.0)
        opening = {
            "m": linoid((25.0 - u) / 10.0), "h": 0.07 * jnp.exp(-u / 20.0), "n": 0.1 * linoid((10.0 - u) / 10.0),
        }  # fmt: skip
        closing = {
            "m": 4.0 * jnp.exp(-u / 18.0), "h": 1.0 / (jnp.exp((30.0 - u) / 10.0) + 1.0),
            "n": 0.125 * jnp.exp(-u / 80.0),
        }  # fmt: skip
        return {gate: (phi * opening[gate], phi * closing[gate]) for gate in "mhn"}

    def velocity(self, x: Any, j: Any) -> Any:
        sodium = self.g_Na.get() * x.m * x.m * x.m * x.h * (x.v - self.E_Na.get())
        squared = x.n * x.n
        potassium = self.g_K.get() * squared * squared * (x.v - self.E_K.get())
        leak = self.g_L.get() * (x.v - self.E_L.get())
        gates = {k: up * (1.0 - getattr(x, k)) - down * getattr(x, k) for k, (up, down) in self.rates(x.v).items()}
        return x._replace(v=(j - sodium - potassium - leak) / self.C.get(), **gates)

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr.get()


def linoid(y: Any) -> Any:
    """y / (exp(y) - 1), 1 at y = 0."""
    near = jnp.abs(y) < 0.1
    far = jnp.where(near, 1.0, y)
    y2 = jnp.where(near, y * y, 0.0)
    series = 1.0 - 0.5 * y + y2 / 12.0 * (1.0 - y2 / 60.0 * (1.0 - y2 / 42.0))
    return jnp.where(near, series, far / jnp.expm1(far))
