"""The closed form of a leaky membrane driven by exponential synaptic currents.

    tau_m dv/dt = v_rest + j + sum_r i_r - v,    tau_r di_r/dt = -i_r
    v(dt) = u + (v - u) a + sum_r c_r i_r,   u = v_rest + j,   a = exp(-dt / tau_m),   b_r = exp(-dt / tau_r)
    c_r = tau_r / (tau_m - tau_r) (a - b_r)  =  a (dt / tau_m) (1 - exp(-z)) / z,   z = (1 / tau_r - 1 / tau_m) dt
The last form is used: it has no pole at tau_m = tau_r.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.integrators import expm1_over


def charge(dt: Any, tau_m: Any, tau_r: Any) -> Any:
    """c_r: the membrane potential that a unit synaptic current builds up in `dt` (ms)."""
    z = (1.0 / tau_r - 1.0 / tau_m) * dt
    return jnp.exp(-dt / tau_m) * (dt / tau_m) * expm1_over(-z)


def leaky_flow(cell: Any, x: Any, j: Any, dt: Any) -> Any:
    """The state `dt` later of a cell with `tau_m`, `v_rest` and the ports' time constants."""
    tau_m, target = cell.tau_m.get(), cell.v_rest.get() + j
    v = target + (x.v - target) * jnp.exp(-dt / tau_m)
    new = {}
    for port in cell.ports:
        name, tau = f"i_{port}", cell.tau_of(port)
        v = v + charge(dt, tau_m, tau) * getattr(x, name)
        new[name] = getattr(x, name) * jnp.exp(-dt / tau)
    return x._replace(v=v, **new)


def leaky_receive(cell: Any, x: Any, port: str, m0: Any, m1: Any) -> Any:
    """i += m0 + m1 / tau_r, v -= m1 / tau_m: what `receive` comes to for this membrane."""
    name = f"i_{port}"
    if m1 is None:
        return x._replace(**{name: getattr(x, name) + m0})
    return x._replace(v=x.v - m1 / cell.tau_m.get(), **{name: getattr(x, name) + m0 + m1 / cell.tau_of(port)})
