"""The closed form of a damped rotation driven by exponential synaptic currents.

dz/dt = c z + j + sum_r i_r,    z = w + i v,    c = b + i omega,    tau_r di_r/dt = -i_r
z(dt) = z e + j (e - 1) / c + sum_r i_r (e - q_r) / (c + 1 / tau_r),    e = exp(c dt),    q_r = exp(-dt / tau_r)
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.neurons.membrane import decayed


def rotating_flow(cell: Any, x: Any, j: Any, dt: Any) -> Any:
    """The state `dt` ms later of a cell with `b`, `omega`, the fields `v` and `w`, and the ports' time constants."""
    b, omega = cell.b.get(), cell.omega.get()
    shrunk = jnp.exp(b * dt)
    c, s = shrunk * jnp.cos(omega * dt), shrunk * jnp.sin(omega * dt)
    w, v = x.w * c - x.v * s, x.v * c + x.w * s

    def driven(size: Any, p: Any, q: Any) -> tuple[Any, Any]:
        """size (e - q) / (p + i omega), its real and imaginary part."""
        scaled = size / (p * p + omega * omega)
        return scaled * ((c - q) * p + s * omega), scaled * (s * p - (c - q) * omega)

    parts = [driven(j, b, 1.0)]
    for port in cell.ports:
        rate = 1.0 / cell.tau_of(port)
        parts.append(driven(getattr(x, f"i_{port}"), b + rate, jnp.exp(-dt * rate)))
    for dw, dv in parts:
        w, v = w + dw, v + dv
    return decayed(cell, x, dt)._replace(v=v, w=w)
