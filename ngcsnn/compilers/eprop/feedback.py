"""Feedback of errors to hidden cells: what turns the error of an output into the learning signal of a cell.

`heard(y, s, matrix, ...)` is y itself. Its derivative by y is 1; those by s and by the matrix are what they would be if
y had been reached by the spikes s through that matrix and a leaky filter:

    q(t) = gain sum_{t' >= t} kappa^(t' - t) dy(t' + lag),    ds(t) = q(t) matrix^T,    dmatrix = sum_t s(t)^T q(t)

so that the gradient of e-prop with feedback weights of its own, or with a filter of its own, is a plain gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax


@dataclass(frozen=True)
class Filter:
    """kappa, gain, lag as above; by default none: q = dy."""

    kappa: float = 0.0
    gain: float = 1.0
    lag: int = 0

    def back(self, dy: Any) -> Any:
        """q from dy, (T, batch, n) both."""
        dy = later(dy, self.lag)
        if self.kappa == 0.0:
            return self.gain * dy

        def step(q: Any, now: Any) -> tuple[Any, Any]:
            q = self.kappa * q + self.gain * now
            return q, q

        return lax.scan(step, jnp.zeros_like(dy[0]), dy, reverse=True)[1]


def later(a: Any, lag: int) -> Any:
    """a(t + lag), 0 where there is none."""
    if lag == 0:
        return a
    n = min(abs(lag), len(a))
    pad = ((0, n), (0, 0), (0, 0)) if lag > 0 else ((n, 0), (0, 0), (0, 0))
    return jnp.pad(a[n:] if lag > 0 else a[: len(a) - n], pad)


@partial(jax.custom_vjp, nondiff_argnums=(3, 4, 5))
def _heard(y: Any, s: Any, matrix: Any, way: Filter, to_cells: bool, to_matrix: bool) -> Any:
    return y


def _forward(y: Any, s: Any, matrix: Any, way: Filter, to_cells: bool, to_matrix: bool) -> Any:
    return y, (s, matrix)


def _backward(way: Filter, to_cells: bool, to_matrix: bool, kept: Any, dy: Any) -> Any:
    s, matrix = kept
    q = way.back(dy)
    ds = q @ matrix.T if to_cells else jnp.zeros_like(s)
    if to_matrix:
        return dy, ds, s.reshape(-1, s.shape[-1]).T @ q.reshape(-1, q.shape[-1])
    return dy, ds, jnp.zeros_like(matrix)


_heard.defvjp(_forward, _backward)


def heard(y: Any, s: Any, matrix: Any, way: Filter, to_cells: bool = True, to_matrix: bool = False) -> Any:
    """y (T, batch, n_out), as though s (T, batch, n) had reached it through matrix (n, n_out).

    to_cells, to_matrix: whether s, and the matrix, are given their derivative; else it is 0.
    """
    out: Any = _heard(y, s, matrix, way, to_cells, to_matrix)
    return out
