"""One step of dx/dt = f(x) on a state NamedTuple: Euler, midpoint, Runge-Kutta 4, exponential Euler.

`dt` (ms) may be an array (one step length for each cell) and may be negative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

Rate = Callable[[Any], Any]


def _add(x: Any, scale: Any, d: Any) -> Any:
    return type(x)(*(a + scale * b for a, b in zip(x, d, strict=True)))


def euler(rate: Rate, x: Any, dt: Any) -> Any:
    """x + dt f(x); first order."""
    return _add(x, dt, rate(x))


def rk2(rate: Rate, x: Any, dt: Any) -> Any:
    """The midpoint rule, x + dt f(x + dt f(x) / 2); second order."""
    return _add(x, dt, rate(_add(x, 0.5 * dt, rate(x))))


def rk4(rate: Rate, x: Any, dt: Any) -> Any:
    """The classical Runge-Kutta step; fourth order."""
    k1 = rate(x)
    k2 = rate(_add(x, 0.5 * dt, k1))
    k3 = rate(_add(x, 0.5 * dt, k2))
    k4 = rate(_add(x, dt, k3))
    mean = type(x)(*((a + 2.0 * b + 2.0 * c + d) / 6.0 for a, b, c, d in zip(k1, k2, k3, k4, strict=True)))
    return _add(x, dt, mean)


def exp_euler(rate: Rate, x: Any, dt: Any) -> Any:
    """Each variable's own linear part exactly, the rest held: x_i + f_i (exp(b_i dt) - 1) / b_i, b_i = df_i/dx_i."""
    new = []
    for name, value in zip(x._fields, x, strict=True):
        along, slope = jax.jvp(
            lambda v, name=name: getattr(rate(x._replace(**{name: v})), name), (value,), (jnp.ones_like(value),)
        )
        new.append(value + along * dt * expm1_over(slope * dt))
    return type(x)(*new)


def expm1_over(z: Any) -> Any:
    """(exp(z) - 1) / z, with value 1 and the right derivatives at z = 0."""
    small = jnp.abs(z) < 1e-3
    safe = jnp.where(small, 1.0, z)
    return jnp.where(small, 1.0 + z * (0.5 + z * (1.0 / 6.0 + z / 24.0)), jnp.expm1(safe) / safe)


INTEGRATORS: dict[str, Callable[[Rate, Any, Any], Any]] = {"euler": euler, "rk2": rk2, "rk4": rk4, "exp_euler": exp_euler}
