"""Cells that the recordings need and the library does not offer: stated by their equations, as a user's own are."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components import SpikingCell
from ngcsnn.graph import hyper, state


class OwnFitzHughNagumo(SpikingCell):
    """tau_m dv/dt = v - v^3 / gamma - w + j, tau_w dw/dt = v + alpha - beta w; no reset."""

    fields = ("v", "w")
    tau_m, tau_w, alpha, beta, gamma, v_thr = (hyper() for _ in range(6))
    v = state(shape="n_units")
    w = state(shape="n_units")

    def velocity(self, x: Any, j: Any) -> Any:
        dw = (x.v + self.alpha - self.beta * x.w) / self.tau_w
        return x._replace(v=(x.v - x.v**3 / self.gamma - x.w + j) / self.tau_m, w=dw)

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr

    def reset_map(self, x: Any) -> Any:
        return x


class OwnResonator(SpikingCell):
    """tau_v dv/dt = omega w + b v, tau_w dw/dt = b w - omega v + j; v and w are reset at a spike."""

    fields = ("v", "w")
    tau_v, tau_w, omega, b, v_thr, v_reset, w_reset = (hyper() for _ in range(7))
    resets = hyper(True, kind=bool)
    v = state(shape="n_units")
    w = state(shape="n_units")

    def velocity(self, x: Any, j: Any) -> Any:
        dw = (self.b * x.w - self.omega * x.v + j) / self.tau_w
        return x._replace(v=(self.omega * x.w + self.b * x.v) / self.tau_v, w=dw)

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr

    def reset_map(self, x: Any) -> Any:
        if not self.resets:
            return x
        return x._replace(v=jnp.full_like(x.v, self.v_reset), w=jnp.full_like(x.w, self.w_reset))


class OwnHodgkinHuxley(SpikingCell):
    """tau_v dv/dt = j - g_Na m^3 h (v - v_Na) - g_K n^4 (v - v_K) - g_L (v - v_L); gates as in 1952, v from rest.

    Where asked, v is reset at a spike, and the gates to their steady state there.
    """

    fields = ("v", "n", "m", "h")
    tau_v, v_Na, v_K, v_L, g_Na, g_K, g_L, v_thr, v_reset = (hyper() for _ in range(9))
    resets = hyper(False, kind=bool)
    v = state(shape="n_units")
    n = state(shape="n_units")
    m = state(shape="n_units")
    h = state(shape="n_units")

    def rates(self, v: Any) -> dict[str, tuple[Any, Any]]:
        """{gate: (opening, closing)} per ms."""
        return {
            "n": (0.1 * _linoid((10.0 - v) / 10.0), 0.125 * jnp.exp(-v / 80.0)),
            "m": (_linoid((25.0 - v) / 10.0), 4.0 * jnp.exp(-v / 18.0)),
            "h": (0.07 * jnp.exp(-v / 20.0), 1.0 / (jnp.exp((30.0 - v) / 10.0) + 1.0)),
        }

    def velocity(self, x: Any, j: Any) -> Any:
        sodium = self.g_Na * x.m**3 * x.h * (x.v - self.v_Na)
        potassium = self.g_K * x.n**4 * (x.v - self.v_K)
        dv = (j - sodium - potassium - self.g_L * (x.v - self.v_L)) / self.tau_v
        gates = {k: up * (1.0 - getattr(x, k)) - down * getattr(x, k) for k, (up, down) in self.rates(x.v).items()}
        return x._replace(v=dv, **gates)

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr

    def reset_map(self, x: Any) -> Any:
        if not self.resets:
            return x
        v = jnp.full_like(x.v, self.v_reset)
        return x._replace(v=v, **{k: up / (up + down) for k, (up, down) in self.rates(v).items()})


def _linoid(y: Any) -> Any:
    """y / (exp(y) - 1), 1 at y = 0."""
    safe = jnp.where(jnp.abs(y) < 1e-8, 1.0, y)
    return jnp.where(jnp.abs(y) < 1e-8, 1.0 - 0.5 * y, safe / jnp.expm1(safe))
