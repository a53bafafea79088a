"""Stochastic gradient descent: pure functions, and the object that holds its hyper-parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from ngcsnn.optim.gradient_optimiser import GradientOptimiser
from ngcsnn.optim.hyper import NON_NEGATIVE, Hyper, Range
from ngcsnn.optim.trees import check_matched, compute_dtype, map_matched

PyTree = Any


class SGDParams(NamedTuple):
    """Gradient descent remembers only how often it ran."""

    time_step: jax.Array  # shape (), int32: steps made


def sgd_init(theta: PyTree) -> SGDParams:
    """Return the memory before the first step: time step 0.

    Arguments: `theta`, any pytree of floating point arrays.
    Errors: `TypeError` naming a leaf that is not floating point.
    """
    check_matched(theta)
    return SGDParams(jnp.zeros((), jnp.int32))


@jax.jit
def sgd_step(opt_params: SGDParams, theta: PyTree, updates: PyTree, eta: Any = 0.001) -> tuple[SGDParams, PyTree]:
    """Make one step of gradient descent on every leaf: `theta <- theta - eta u`.

    Arguments: `opt_params` from `sgd_init` or the step before; `theta` any pytree; `updates` the same leaves,
    gradients to descend; `eta` step size (0.001), traced: another value does not compile again.
    Returns `(opt_params, theta)`, shapes and dtypes as given.
    Errors: `ValueError` naming a leaf that is missing or has another shape.
    Source: Robbins, Monro, Ann. Math. Statist. 22, 400 (1951).
    """
    (time_step,) = opt_params
    (theta,) = map_matched(lambda param, update: (step_update(param, update, eta),), 1, theta, updates=updates)
    return SGDParams(time_step + 1), theta


def step_update(param: Any, update: Any, eta: Any) -> jax.Array:
    """Return `param - eta update` for one array, in the dtype of `param`."""
    dtype = compute_dtype(param)
    new = jnp.asarray(param, dtype) - jnp.asarray(eta, dtype) * jnp.asarray(update, dtype)
    return new.astype(jnp.result_type(param))


@dataclass(frozen=True, repr=False)
class SGD(GradientOptimiser):
    """Gradient descent, as `sgd_step`, with schedules, clamp, clipping, decay and batches (see `GradientOptimiser`).

    Arguments: `eta` step size (0.001), a number or a schedule.
    Errors: `ValueError` or `TypeError` for a value out of range.
    Source: as `sgd_step`.
    """

    eta: Hyper = 0.001

    rule_ranges: ClassVar[Mapping[str, Range]] = {"eta": NON_NEGATIVE}

    def rule_init(self, params: PyTree) -> SGDParams:
        """Return `sgd_init(params)`."""
        return sgd_init(params)

    def rule_step(self, memory: SGDParams, params: PyTree, grads: PyTree, **hyper: Any) -> tuple[SGDParams, PyTree]:
        """Return `sgd_step(...)`."""
        return sgd_step(memory, params, grads, **hyper)
