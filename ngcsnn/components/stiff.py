"""An adaptive step of dx/dt = f(x) for stiff cells: a Rosenbrock pair of order 2(3) in as many parts as it needs.

The pair is the one of ode23s (Shampine & Reichelt 1997, SIAM J. Sci. Comput. 18:1); it is L-stable. With J = df/dx,
W = 1 - h d J, d = 1 / (2 + sqrt 2), e = 6 + sqrt 2:

    W k1 = f(x),    W (k2 - k1) = f(x + h k1 / 2) - k1,    x' = x + h k2,
    W k3 = f(x') - e (k2 - f(x + h k1 / 2)) - 2 (k1 - f(x)),    error = h (k1 - 2 k2 + k3) / 6

Every unit has its own part lengths: the state of a unit moves without regard to the others, so J is one small matrix
for each unit. A part whose error exceeds tol (1 + |x|) in any variable is taken again, shorter; tol is 1e-5 in float64,
1e-4 in float32. What is left of dt after `PARTS` attempts is taken at once. The choice of the lengths has
no derivative; the step taken with them has, in both directions of differentiation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

PARTS = 100
_D = 1.0 / (2.0 + math.sqrt(2.0))
_E = 6.0 + math.sqrt(2.0)


def adaptive(rate: Callable[[Any], Any], x: Any, dt: Any) -> Any:
    """The state `dt` ms later, to an error of about tol (1 + |x|) a part; second order where one part suffices."""
    kind = type(x)
    start = jnp.stack(jnp.broadcast_arrays(*x), -1)
    tolerance = 1e-5 if start.dtype == jnp.float64 else 1e-4
    dt = jnp.broadcast_to(jnp.asarray(dt, start.dtype), start.shape[:-1])

    def flat(y: Any) -> Any:
        return jnp.stack(jnp.broadcast_arrays(*rate(kind(*jnp.moveaxis(y, -1, 0)))), -1)

    def attempt(carry: Any, last: Any) -> Any:
        y, done, share = carry
        taken = jnp.where(last, 1.0 - done, jnp.minimum(share, 1.0 - done))
        new, error = _rosenbrock(flat, y, taken * dt)
        limit = tolerance * (1.0 + jnp.maximum(jnp.abs(y), jnp.abs(new)))
        ratio = lax.stop_gradient(jnp.max(jnp.abs(error) / limit, -1))
        ratio = jnp.where(jnp.isfinite(ratio), ratio, jnp.inf)
        good = (ratio <= 1.0) | last
        factor = jnp.clip(0.8 * jnp.maximum(ratio, 1e-6) ** (-1.0 / 3.0), 0.1, 5.0)
        finished = good & ((taken >= 1.0 - done) | last)
        done = jnp.where(finished, 1.0, jnp.where(good, done + taken, done))
        return jnp.where(good[..., None], new, y), done, taken * factor

    def body(carry: Any, n: Any) -> tuple[Any, None]:
        over = jnp.all(carry[1] >= 1.0)
        return lax.cond(over, lambda c: c, lambda c: attempt(c, n == PARTS - 1), carry), None

    zeros = jnp.zeros_like(dt)
    (end, _, _), _ = lax.scan(jax.checkpoint(body), (start, zeros, zeros + 1.0), jnp.arange(PARTS))
    return kind(*jnp.moveaxis(end, -1, 0))


def _rosenbrock(f: Callable[[Any], Any], y: Any, h: Any) -> tuple[Any, Any]:
    """(state after h, error estimate); y (..., d), h (...)."""
    h = h[..., None]
    f0, jacobian = f(y), _jacobian(f, y)
    w = jnp.eye(y.shape[-1], dtype=y.dtype) - (h * _D)[..., None] * jacobian

    def solve(b: Any) -> Any:
        return jnp.linalg.solve(w, b[..., None])[..., 0]

    k1 = solve(f0)
    f1 = f(y + 0.5 * h * k1)
    k2 = solve(f1 - k1) + k1
    new = y + h * k2
    k3 = solve(f(new) - _E * (k2 - f1) - 2.0 * (k1 - f0))
    return new, h * (k1 - 2.0 * k2 + k3) / 6.0


def _jacobian(f: Callable[[Any], Any], y: Any) -> Any:
    """(..., d, d): how each variable's rate moves with each variable of the same unit."""
    columns = [jax.jvp(f, (y,), (jnp.zeros_like(y).at[..., i].set(1.0),))[1] for i in range(y.shape[-1])]
    return jnp.stack(columns, -1)
