"""Nesterov's accelerated gradient: pure functions, and the object that holds its hyper-parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from ngcsnn.optim.gradient_optimiser import GradientOptimiser
from ngcsnn.optim.hyper import FRACTION, NON_NEGATIVE, Hyper, Range
from ngcsnn.optim.trees import compute_dtype, map_matched, zeros_for

PyTree = Any


class NAGParams(NamedTuple):
    """The memory of Nesterov's method."""

    phi: PyTree  # where plain descent went in the step before, shaped like theta
    time_step: jax.Array  # shape (), int32: steps made


def nag_init(theta: PyTree) -> NAGParams:
    """Return the memory before the first step: zeros (not used by that step), and time step 0.

    Arguments: `theta`, any pytree of floating point arrays.
    Errors: `TypeError` naming a leaf that is not floating point.
    """
    return NAGParams(zeros_for(theta), jnp.zeros((), jnp.int32))


@jax.jit
def nag_step(
    opt_params: NAGParams, theta: PyTree, updates: PyTree, eta: Any = 0.01, mu: Any = 0.9
) -> tuple[NAGParams, PyTree]:
    """Make one step of Nesterov's accelerated gradient (descent) on every leaf.

    `phi <- theta - eta u`, `theta <- phi + mu (phi - phi_old)`; mu counts as 0 in the first step, which has no
    phi_old.

    Arguments: `opt_params` from `nag_init` or the step before; `theta` any pytree; `updates` the same leaves,
    gradients to descend; `eta` step size (0.01); `mu` momentum in [0, 1) (0.9). Both are traced: another value does
    not compile again.
    Returns `(opt_params, theta)`, shapes and dtypes as given.
    Errors: `ValueError` naming a leaf that is missing or has another shape.
    Source: Nesterov, Soviet Math. Dokl. 27, 372 (1983), with constant momentum.
    """
    phi, time_step = opt_params
    time_step = time_step + 1

    def step_leaf(param: Any, update: Any, phi_old: Any) -> tuple:
        return step_update(param, update, phi_old, eta, mu, time_step)

    theta, phi = map_matched(step_leaf, 2, theta, updates=updates, phi=phi)
    return NAGParams(phi, time_step), theta


def step_update(
    param: Any, update: Any, phi_old: Any, eta: Any, mu: Any, time_step: Any
) -> tuple[jax.Array, jax.Array]:
    """Make one step of Nesterov's method on one array; `time_step` is the number of this step, the first is 1.

    Returns `(param, phi)`; the equations are those of `nag_step`.
    """
    dtype = compute_dtype(param)
    phi = jnp.asarray(param, dtype) - jnp.asarray(eta, dtype) * jnp.asarray(update, dtype)
    mu = jnp.where(jnp.asarray(time_step) > 1, jnp.asarray(mu, dtype), jnp.zeros((), dtype))
    new = phi + (phi - jnp.asarray(phi_old, dtype)) * mu
    return new.astype(jnp.result_type(param)), phi


@dataclass(frozen=True, repr=False)
class NAG(GradientOptimiser):
    """Nesterov's method, as `nag_step`, with schedules, clamp, clipping, decay and batches (`GradientOptimiser`).

    Arguments: `eta` step size (0.01); `mu` momentum in [0, 1) (0.9); each a number or a schedule.
    A clamp acts on theta after the step; phi, the memory, is not clamped.
    Errors: `ValueError` or `TypeError` for a value out of range.
    Source: as `nag_step`.
    """

    eta: Hyper = 0.01
    mu: Hyper = 0.9

    rule_ranges: ClassVar[Mapping[str, Range]] = {"eta": NON_NEGATIVE, "mu": FRACTION}

    def rule_init(self, params: PyTree) -> NAGParams:
        """Return `nag_init(params)`."""
        return nag_init(params)

    def rule_step(self, memory: NAGParams, params: PyTree, grads: PyTree, **hyper: Any) -> tuple[NAGParams, PyTree]:
        """Return `nag_step(...)`."""
        return nag_step(memory, params, grads, **hyper)
