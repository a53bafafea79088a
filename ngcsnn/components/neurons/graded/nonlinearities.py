"""Nonlinearities of graded cells, by name.

Where a function has a kink at 0 its derivative there is the one from the right, so that a rectified cell at rest can be
moved. The steps have the derivative of the identity (straight-through estimator).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

OMEGA = 30.0  # of `sine`, as in sinusoidal representation networks


def _relu(x: Any) -> Any:
    return jnp.where(x >= 0, x, 0.0)


def _relu6(x: Any) -> Any:
    return jnp.where(x > 6.0, 6.0, _relu(x))


def _lrelu(x: Any) -> Any:
    return jnp.where(x >= 0, x, 0.01 * x)


def _sine(x: Any) -> Any:
    return jnp.sin(OMEGA * x)


def _telu(x: Any) -> Any:
    return x * jnp.tanh(jnp.exp(x))


def _step_at(threshold: float) -> Callable[[Any], Any]:
    def step(x: Any) -> Any:
        return (x >= threshold) + x - lax.stop_gradient(x)

    return step


NONLINEARITIES: dict[str, Callable[[Any], Any]] = {
    "identity": lambda x: x,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "relu": _relu,
    "relu6": _relu6,
    "lrelu": _lrelu,
    "elu": jax.nn.elu,
    "silu": jax.nn.silu,
    "gelu": jax.nn.gelu,
    "telu": _telu,
    "softplus": jax.nn.softplus,
    "softmax": jax.nn.softmax,
    "sine": _sine,
    "heaviside": _step_at(0.0),
    "unit_threshold": _step_at(1.0),
}
