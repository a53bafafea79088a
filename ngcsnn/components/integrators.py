"""One step of dx/dt = f(x) on a state NamedTuple: Runge-Kutta methods of order 1 to 4, exponential ones, adaptive.

`dt` (ms) may be an array (one step length for each cell) and may be negative.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax
from jax.custom_derivatives import SymbolicZero

from ngcsnn.components.stiff import adaptive

Rate = Callable[[Any], Any]


def _add(x: Any, scale: Any, d: Any) -> Any:
    return type(x)(*(a + scale * b for a, b in zip(x, d, strict=True)))


def euler(rate: Rate, x: Any, dt: Any) -> Any:
    """x + dt f(x); first order."""
    return _add(x, dt, rate(x))


def rk2(rate: Rate, x: Any, dt: Any) -> Any:
    """The midpoint rule, x + dt f(x + dt f(x) / 2); second order."""
    return _add(x, dt, rate(_add(x, 0.5 * dt, rate(x))))


def heun(rate: Rate, x: Any, dt: Any) -> Any:
    """Heun's rule, x + dt (f(x) + f(x + dt f(x))) / 2; second order."""
    k1 = rate(x)
    k2 = rate(_add(x, dt, k1))
    return _add(_add(x, 0.5 * dt, k1), 0.5 * dt, k2)


def ralston(rate: Rate, x: Any, dt: Any) -> Any:
    """Ralston's rule, x + dt (f(x) + 3 f(x + 2/3 dt f(x))) / 4; second order with the least error bound of its kind."""
    k1 = rate(x)
    k2 = rate(_add(x, dt * (2.0 / 3.0), k1))
    return _add(_add(x, 0.25 * dt, k1), 0.75 * dt, k2)


def rk4(rate: Rate, x: Any, dt: Any) -> Any:
    """The classical Runge-Kutta step; fourth order."""
    k1 = rate(x)
    k2 = rate(_add(x, 0.5 * dt, k1))
    k3 = rate(_add(x, 0.5 * dt, k2))
    k4 = rate(_add(x, dt, k3))
    mean = type(x)(*((a + 2.0 * b + 2.0 * c + d) / 6.0 for a, b, c, d in zip(k1, k2, k3, k4, strict=True)))
    return _add(x, dt, mean)


def looped_rk4(rate: Rate, x: Any, dt: Any) -> Any:
    """The step of `rk4` as a loop over its stages: written out, its derivative takes minutes to compile on a CPU."""

    def stage(carry: tuple[Any, Any], now: tuple[Any, Any]) -> tuple[Any, None]:
        (k, total), (at, weight) = carry, now
        k = rate(type(x)(*(a + at * dt * b for a, b in zip(x, k, strict=True))))
        return (k, type(x)(*(a + weight * b for a, b in zip(total, k, strict=True)))), None

    at, weights = (jnp.asarray(c, x[0].dtype) for c in ([0.0, 0.5, 0.5, 1.0], [1 / 6, 1 / 3, 1 / 3, 1 / 6]))
    none = type(x)(*map(jnp.zeros_like, x))
    mean = lax.scan(stage, (none, none), (at, weights))[0][1]
    return type(x)(*(a + dt * b for a, b in zip(x, mean, strict=True)))


def exp_euler(rate: Rate, x: Any, dt: Any) -> Any:
    """Each variable's own linear part exactly, the rest held: x_i + f_i (exp(b_i dt) - 1) / b_i, b_i = df_i/dx_i."""
    return _each_alone(rate, x, x, dt)


def exp_midpoint(rate: Rate, x: Any, dt: Any) -> Any:
    """The same with the others held where `exp_euler` puts them after dt / 2; second order, and as stable."""
    return _each_alone(rate, x, _each_alone(rate, x, x, 0.5 * dt), dt)


def _each_alone(rate: Rate, x: Any, others: Any, dt: Any) -> Any:
    new = []
    for name, value in zip(x._fields, x, strict=True):
        along, slope = jax.jvp(
            lambda v, name=name: getattr(rate(others._replace(**{name: v})), name), (value,), (jnp.ones_like(value),)
        )
        new.append(value + along * growth(dt, slope))
    return type(x)(*new)


@jax.custom_jvp
def growth(q: Any, rate: Any) -> Any:
    """(exp(rate q) - 1) / rate, the integral of exp(rate u) over u in (0, q): q at rate 0. q in ms, rate in 1/ms.

    Its derivatives are written out, since those of the quotient lose their digits near rate q = 0. Where exp(rate q)
    exceeds the float type, the exponent stops short of it.
    """
    return _raised(q, rate)[0]


def _raised(q: Any, rate: Any) -> tuple[Any, Any]:
    """(growth, exp(rate q)). Near 0 exp(z) - 1 is z exp(z / 2) sinhc(z / 2): one exponential, no quotient."""
    ceiling = 0.9 * math.log(float(jnp.finfo(jnp.result_type(q, rate, float)).max))
    z = jnp.minimum(q * rate, ceiling)
    half, near = jnp.exp(0.5 * z), jnp.abs(z) < 1.0
    inverse = 1.0 / jnp.where(jnp.abs(rate) < 1e-30, 1e-30, rate)
    return jnp.where(near, q * half * sinhc(z, near), (half * half - 1.0) * inverse), half * half


def sinhc(z: Any, near: Any) -> Any:
    """sinh(z / 2) / (z / 2) as a series in (z / 2)^2, for |z| <= 1; 1 where not `near`."""
    y2 = jnp.where(near, 0.25 * z * z, 0.0)
    total: Any = 1.0
    for n in (210.0, 156.0, 110.0, 72.0, 42.0, 20.0, 6.0):
        total = 1.0 + y2 / n * total
    return total


def _growth_jvp(primals: tuple[Any, Any], tangents: tuple[Any, Any]) -> tuple[Any, Any]:
    q, rate = primals
    dq, drate = tangents
    value, factor = _raised(q, rate)
    out = jnp.zeros_like(value)
    if not isinstance(dq, SymbolicZero):
        out = out + factor * dq
    if not isinstance(drate, SymbolicZero):
        out = out + q * q * _phi_slope(q * rate, factor) * drate
    return value, out


growth.defjvp(_growth_jvp, symbolic_zeros=True)


def _phi_slope(z: Any, exp_z: Any) -> Any:
    """The derivative of (exp(z) - 1) / z, which is (1 + (z - 1) exp(z)) / z^2; 1/2 at z = 0."""
    near = jnp.abs(z) < 0.5
    small, large = jnp.where(near, z, 0.0), jnp.where(near, 1.0, z)
    series = 0.0
    for n in range(14, -1, -1):
        series = series * small + (n + 1.0) / math.factorial(n + 2)
    return jnp.where(near, series, (1.0 + (large - 1.0) * exp_z) / (large * large))


INTEGRATORS: dict[str, Callable[[Rate, Any, Any], Any]] = {
    "euler": euler,
    "rk2": rk2,
    "midpoint": rk2,
    "heun": heun,
    "ralston": ralston,
    "rk4": rk4,
    "exp_euler": exp_euler,
    "exp_midpoint": exp_midpoint,
    "adaptive": adaptive,
}
