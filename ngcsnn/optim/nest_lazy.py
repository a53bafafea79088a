"""NEST's weight optimiser as its synapses call it: each at steps of its own, missed ones made up for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ngcsnn.optim.errors import unknown_name

CLAMP = (-100.0, 100.0)
SHARED = {"batch_size": 1, "eta": 1e-4, "Wmin": CLAMP[0], "Wmax": CLAMP[1]}
ONLY_ADAM = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
TYPES: Mapping[str, Mapping[str, Any]] = {"gradient_descent": SHARED, "adam": {**SHARED, **ONLY_ADAM}}


class LazyParams(NamedTuple):
    """The memory of every weight, arrays of the weights' shape."""

    total: jax.Array  # gradients since the last update
    g1: jax.Array  # running mean of the updates
    g2: jax.Array  # running mean of their squares
    updates: jax.Array  # int32: updates made or made up for


def nest_lazy_init(theta: jax.Array) -> LazyParams:
    """Return the memory of one array of weights before the first step."""
    zeros = jnp.zeros_like(theta)
    return LazyParams(zeros, zeros, zeros, jnp.zeros(theta.shape, jnp.int32))


def nest_lazy_step(
    opt_params: LazyParams, theta: Any, updates: Any, active: Any, step: Any, type: str = "gradient_descent",
    due: Any = True, **parameters: Any,
) -> tuple[LazyParams, jax.Array]:  # fmt: skip
    """Make one time step, in which only `active` weights take part.

    An active weight adds its gradient to its total; where a batch of `batch_size` time steps has ended since its last
    update, it is updated by the total over batch_size, as by `nest_optimiser`. Adam makes up for the updates that it
    missed while inactive: the new gradient in the first of them, no gradient in the others. Where every weight is
    always active this is `nest_optimiser(type, ...)` called at every step. Of the others only those that are `due` are
    updated, by all that they added up: NEST's `optimize_each_step=False`, where a synapse is due when it transmits.

    Arguments: `opt_params` from `nest_lazy_init` or the step before; `theta`, one array of weights; `updates`,
    gradients to descend; `active`, bool, broadcasts to its shape; `step`, the number of this time step, the first is 0
    (traced); `due`, as `active` (default: all); `type` and the rest by NEST's names, see `nest_optimiser`, numbers.
    Returns `(opt_params, theta)`.
    Errors: `ValueError` for an unknown type or parameter, with the closest one.
    Source: NEST 3.10 `weight_optimizer`, as synapses with `eprop_isi_trace_cutoff` call it.
    """
    if type not in TYPES:
        raise unknown_name("`type` of NEST's optimiser", type, TYPES)
    for name in parameters:
        if name not in TYPES[type]:
            raise unknown_name(f"parameter of NEST's optimiser {type!r}", name, TYPES[type])
    told = {**TYPES[type], **parameters}
    active = jnp.broadcast_to(active, theta.shape)
    total = opt_params.total + jnp.where(active, updates, 0)
    now = (jnp.asarray(step, jnp.int32) + 1) // told["batch_size"]
    due = (active if due is True else jnp.broadcast_to(due, theta.shape)) & (opt_params.updates < now)
    mean = jnp.where(due, total / told["batch_size"], 0)
    if type == "adam":
        memory, moved = _catch_up(opt_params, theta, mean, due, now, told)
    else:
        memory = opt_params._replace(updates=jnp.where(due, now, opt_params.updates))
        moved = theta - told["eta"] * mean
    theta = jnp.where(due, jnp.clip(moved, told["Wmin"], told["Wmax"]), theta)
    return memory._replace(total=jnp.where(due, 0, total)), theta


def _catch_up(memory: LazyParams, theta: Any, mean: Any, due: Any, now: Any, told: dict[str, Any]) -> Any:
    """Adam's updates up to number `now` of the weights that are due, `mean` in the first of them."""
    b1, b2 = told["beta_1"], told["beta_2"]

    def behind(state: Any) -> Any:
        return jnp.any(due & (state[0].updates < now))

    def one(state: Any) -> Any:
        (total, g1, g2, count), w, g = state
        go = due & (count < now)
        count = count + go
        g1, g2 = jnp.where(go, b1 * g1 + (1 - b1) * g, g1), jnp.where(go, b2 * g2 + (1 - b2) * g * g, g2)
        t = jnp.maximum(count, 1)
        rate = told["eta"] * jnp.sqrt(1 - b2**t) / (1 - b1**t)
        w = jnp.where(go, w - rate * g1 / (jnp.sqrt(g2) + told["epsilon"]), w)
        return LazyParams(total, g1, g2, count), w, jnp.zeros_like(g)

    memory, theta, _ = jax.lax.while_loop(behind, one, (memory, theta, mean))
    return memory, theta
