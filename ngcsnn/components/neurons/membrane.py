"""The closed form of a leaky membrane driven by exponential synaptic currents.

    tau_m dv/dt = v_rest + j + sum_r i_r - v,    tau_r di_r/dt = -i_r
    v(dt) = u + (v - u) a + sum_r c_r i_r,   u = v_rest + j,   a = exp(-dt / tau_m),   b_r = exp(-dt / tau_r)
    c_r = tau_r / (tau_m - tau_r) (a - b_r),   which has no pole at tau_m = tau_r, and neither have the forms used here
Where only the currents at the end are known, c_r i_r = (1 / tau_m) growth(dt, 1 / tau_r - 1 / tau_m) b_r i_r.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import lax

from ngcsnn.components.integrators import growth, sinhc
from ngcsnn.credit import resolve


def charge(dt: Any, tau_m: Any, tau_r: Any) -> Any:
    """c_r: the membrane potential that a unit synaptic current builds up in `dt` (ms)."""
    z = (1.0 / tau_r - 1.0 / tau_m) * dt
    near = jnp.abs(z) < 1.0
    together = jnp.exp(-0.5 * (1.0 / tau_m + 1.0 / tau_r) * dt) * sinhc(z, near)
    apart = (jnp.exp(-dt / tau_m) - jnp.exp(-dt / tau_r)) / jnp.where(near, 1.0, z)
    return dt / tau_m * jnp.where(near, together, apart)


def leaky_flow(cell: Any, x: Any, j: Any, dt: Any, rest: Any = None) -> Any:
    """The state `dt` later of a cell with `tau_m`, `v_rest` (or `rest`) and the ports' time constants."""
    tau_m, target = cell.tau_m.get(), (cell.v_rest.get() if rest is None else rest) + j
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
    """i += m0 + m1 / tau_r, v -= m1 / tau_m: what `receive` comes to for this membrane, second order in dt.

    Under a rule that puts the events of a step in order it is third order for events that came together, and so are
    gradients second order; see `half_second_moment`.
    """
    name = f"i_{port}"
    if m1 is None:
        return x._replace(**{name: getattr(x, name) + m0})
    rate_m, rate_r = 1.0 / cell.tau_m.get(), 1.0 / cell.tau_of(port)
    v, i = x.v - m1 * rate_m, getattr(x, name) + m0 + m1 * rate_r
    if resolve(cell.context.crossing).orders:
        m2 = half_second_moment(m0, m1, cell.context.dt)
        v, i = v - m2 * (rate_m * (rate_m + rate_r)), i + m2 * rate_r**2
    return x._replace(**{"v": v, name: i})


def half_second_moment(m0: Any, m1: Any, dt: float) -> Any:
    """sum of w tau^2 / 2 over the events of a step with sizes w and offsets tau (ms), as far as their moments tell it.

        sum of w (tau^2 - (tau - c)^2) / 2 = c m1 - c^2 m0 / 2,    c = m1 / m0 within [-dt, 0]
    Right for one event and for events of one offset; else what is missing is no larger than the whole would be.
    c has no derivative: where it is m1 / m0, the sum is stationary in it.
    """
    some = m0 != 0
    c = lax.stop_gradient(jnp.where(some, jnp.clip(m1 / jnp.where(some, m0, 1.0), -dt, 0.0), 0.0))
    return c * (m1 - 0.5 * c * m0)
