"""Adam (Kingma and Ba 2015): pure functions, and the object that holds its hyper-parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp

from ngcsnn.optim.errors import unknown_name
from ngcsnn.optim.gradient_optimiser import GradientOptimiser
from ngcsnn.optim.hyper import FRACTION, NON_NEGATIVE, POSITIVE, Hyper, Range
from ngcsnn.optim.trees import compute_dtype, map_matched, zeros_for

PyTree = Any
VARIANTS = ("standard", "nest")


class AdamParams(NamedTuple):
    """Adam's memory."""

    g1: PyTree  # running mean of the updates, shaped like theta
    g2: PyTree  # running mean of their squares, shaped like theta
    time_step: jax.Array  # shape (), int32: steps made


def adam_init(theta: PyTree) -> AdamParams:
    """Return Adam's memory before the first step: zeros, and time step 0.

    Arguments: `theta`, any pytree of floating point arrays.
    Errors: `TypeError` naming a leaf that is not floating point.
    """
    return AdamParams(zeros_for(theta), zeros_for(theta), jnp.zeros((), jnp.int32))


@jax.jit
def adam_step(
    opt_params: AdamParams,
    theta: PyTree,
    updates: PyTree,
    eta: Any = 0.001,
    beta1: Any = 0.9,
    beta2: Any = 0.999,
    eps: Any = 1e-8,
) -> tuple[AdamParams, PyTree]:
    """Make one step of Adam (descent) on every leaf.

    With t the number of this step (the first is 1) and u the update:
    `g1 <- beta1 g1 + (1 - beta1) u`, `g2 <- beta2 g2 + (1 - beta2) u^2`,
    `theta <- theta - eta (g1 / (1 - beta1^t)) / (sqrt(g2 / (1 - beta2^t)) + eps)`.

    Arguments: `opt_params` from `adam_init` or the step before; `theta` any pytree; `updates` the same leaves,
    gradients to descend; `eta` step size (0.001); `beta1` (0.9) and `beta2` (0.999) in [0, 1); `eps` > 0 (1e-8).
    Hyper-parameters are traced: another value does not compile again.
    Returns `(opt_params, theta)`, shapes and dtypes as given.
    Errors: `ValueError` naming a leaf that is missing or has another shape.
    Source: Kingma, Ba, "Adam: a method for stochastic optimization", ICLR 2015, arXiv:1412.6980, algorithm 1.
    """
    g1, g2, time_step = opt_params
    time_step = time_step + 1

    def step_leaf(param: Any, update: Any, g1: Any, g2: Any) -> tuple:
        return step_update(param, update, g1, g2, eta, beta1, beta2, time_step, eps)

    theta, g1, g2 = map_matched(step_leaf, 3, theta, updates=updates, g1=g1, g2=g2)
    return AdamParams(g1, g2, time_step), theta


def step_update(
    param: Any, update: Any, g1: Any, g2: Any, eta: Any, beta1: Any, beta2: Any, time_step: Any, eps: Any
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Make one step of Adam on one array; `time_step` is the number of this step, the first is 1.

    Returns `(param, g1, g2)`; the equations are those of `adam_step`.
    """
    dtype = compute_dtype(param)
    update, g1, g2 = (jnp.asarray(x, dtype) for x in (update, g1, g2))
    eta, beta1, beta2, eps = (jnp.asarray(x, dtype) for x in (eta, beta1, beta2, eps))
    g1 = beta1 * g1 + (1.0 - beta1) * update
    g2 = beta2 * g2 + (1.0 - beta2) * jnp.square(update)
    g1_unbiased = g1 / bias_correction(beta1, time_step)
    g2_unbiased = g2 / bias_correction(beta2, time_step)
    new = jnp.asarray(param, dtype) - eta * g1_unbiased / (jnp.sqrt(g2_unbiased) + eps)
    return new.astype(jnp.result_type(param)), g1, g2


def bias_correction(beta: jax.Array, time_step: Any) -> jax.Array:
    """Return `1 - beta^t` without the cancellation that costs float32 four digits at beta = 0.999."""
    return -jnp.expm1(jnp.asarray(time_step, beta.dtype) * jnp.log1p(beta - 1.0))


@dataclass(frozen=True, repr=False)
class Adam(GradientOptimiser):
    """Adam, as `adam_step`, with schedules, clamp, clipping, decay and batches (see `GradientOptimiser`).

    Arguments: `eta` step size (0.001); `beta1` (0.9); `beta2` (0.999); `eps` (1e-8); each a number or a schedule.
    `variant="nest"` takes NEST's form, where eps is added before the second moment is corrected:
    `theta <- theta - eta (sqrt(1 - beta2^t) / (1 - beta1^t)) g1 / (sqrt(g2) + eps)`. NEST's own defaults are
    eta = 1e-4 and eps = 1e-7; with `batch_size` the update is its mean over that many update intervals, and `clamp`
    is its (Wmin, Wmax).
    Errors: `ValueError` or `TypeError` for a value out of range or an unknown variant.
    Source: as `adam_step`; NEST 3.10 `weight_optimizer` for the variant.
    """

    eta: Hyper = 0.001
    beta1: Hyper = 0.9
    beta2: Hyper = 0.999
    eps: Hyper = 1e-8
    variant: str = "standard"

    rule_ranges: ClassVar[Mapping[str, Range]] = {
        "eta": NON_NEGATIVE,
        "beta1": FRACTION,
        "beta2": FRACTION,
        "eps": POSITIVE,
    }

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.variant not in VARIANTS:
            raise unknown_name("`variant` of Adam", self.variant, VARIANTS)

    def rule_init(self, params: PyTree) -> AdamParams:
        """Return `adam_init(params)`."""
        return adam_init(params)

    def rule_step(self, memory: AdamParams, params: PyTree, grads: PyTree, **hyper: Any) -> tuple[AdamParams, PyTree]:
        """Return `adam_step(...)`, with eps rescaled for the variant."""
        if self.variant == "nest":
            # sqrt(g2) + eps = sqrt(1 - beta2^t) (sqrt(g2 unbiased) + eps / sqrt(1 - beta2^t))
            scale = jnp.sqrt(bias_correction(hyper["beta2"], memory.time_step + 1))
            hyper["eps"] = hyper["eps"] / scale
        return adam_step(memory, params, grads, **hyper)
