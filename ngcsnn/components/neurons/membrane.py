"""The closed form of a leaky membrane driven by exponential synaptic currents.

    tau_m dv/dt = v_rest + j + sum_r i_r - v,    tau_r di_r/dt = -i_r
    v(dt) = u + (v - u) a + sum_r c_r i_r,   u = v_rest + j,   a = exp(-dt / tau_m),   b_r = exp(-dt / tau_r)
    c_r = tau_r / (tau_m - tau_r) (a - b_r),   which has no pole at tau_m = tau_r, and neither have the forms used here
Where only the currents at the end are known, c_r i_r = (1 / tau_m) growth(dt, 1 / tau_r - 1 / tau_m) b_r i_r.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.integrators import growth


def charge(dt: Any, tau_m: Any, tau_r: Any) -> Any:
    """c_r: the membrane potential that a unit synaptic current builds up in `dt` (ms)."""
    z = (1.0 / tau_r - 1.0 / tau_m) * dt
    near = jnp.abs(z) < 1.0
    y2 = jnp.where(near, 0.25 * z * z, 0.0)  # sinh(z / 2) / (z / 2) as a series in (z / 2)^2
    sinhc = 1.0
    for n in (210.0, 156.0, 110.0, 72.0, 42.0, 20.0, 6.0):
        sinhc = 1.0 + y2 / n * sinhc
    together = jnp.exp(-0.5 * (1.0 / tau_m + 1.0 / tau_r) * dt) * sinhc
    apart = (jnp.exp(-dt / tau_m) - jnp.exp(-dt / tau_r)) / jnp.where(near, 1.0, z)
    return dt / tau_m * jnp.where(near, together, apart)


def leaky_flow(cell: Any, x: Any, j: Any, dt: Any) -> Any:
    """The state `dt` later of a cell with `tau_m`, `v_rest` and the ports' time constants."""
    tau_m, target = cell.tau_m.get(), cell.v_rest.get() + j
    v = target + (x.v - target) * jnp.exp(-dt / tau_m)
    for port in cell.ports:
        v = v + charge(dt, tau_m, cell.tau_of(port)) * getattr(x, f"i_{port}")
    return decayed(cell, x, dt)._replace(v=v)


def decayed(cell: Any, x: Any, dt: Any) -> Any:
    """The same state with the synaptic currents `dt` later."""
    return x._replace(**{f"i_{p}": getattr(x, f"i_{p}") * jnp.exp(-dt / cell.tau_of(p)) for p in cell.ports})


def leaky_rise(cell: Any, v: Any, end: Any, j: Any, q: Any) -> Any:
    """v after `q` ms (an array), when the currents of the state `end` are those after the q ms."""
    rate_m, target = 1.0 / cell.tau_m.get(), cell.v_rest.get() + j
    drive = sum(growth(q, 1.0 / cell.tau_of(p) - rate_m) * getattr(end, f"i_{p}") for p in cell.ports)
    return target + (v - target) * jnp.exp(-q * rate_m) + rate_m * drive


def leaky_receive(cell: Any, x: Any, port: str, m0: Any, m1: Any) -> Any:
    """i += m0 + m1 / tau_r, v -= m1 / tau_m: what `receive` comes to for this membrane."""
    name = f"i_{port}"
    if m1 is None:
        return x._replace(**{name: getattr(x, name) + m0})
    rate_m, rate_r = 1.0 / cell.tau_m.get(), 1.0 / cell.tau_of(port)
    return x._replace(v=x.v - m1 * rate_m, **{name: getattr(x, name) + m0 + m1 * rate_r})
