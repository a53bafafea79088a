"""Random numbers of components in compiled trials: a key among the arrays of a call, so that no draw compiles anew.

A call of `evaluate`, `predict`, `simulate` or `loss_and_grads` draws the same numbers each time it is made; training
draws others in every batch of every epoch. All come from the seed of the compiler (or the context).
"""

from __future__ import annotations

from typing import Any

import jax

from ngcsnn.graph import CLOCK, Context

Params = dict[str, dict[str, Any]]
TRAINING = 2**31 - 1  # in the place of a batch number: no trial in training repeats one outside


def with_key(context: Context, fixed: Params, seed: int) -> Params:
    """`fixed` with the key of a call, where any component draws."""
    if not any(c.draws for c in context.components.values()):
        return fixed
    return {**fixed, CLOCK: {"key": jax.random.key_data(jax.random.key(seed))}}


def fresh(fixed: Params, number: Any) -> Params:
    """`fixed` with a key of its own for this number (of a batch, of an epoch); as it is where there is none."""
    if CLOCK not in fixed:
        return fixed
    key = jax.random.fold_in(jax.random.wrap_key_data(fixed[CLOCK]["key"]), number)
    return {**fixed, CLOCK: {"key": jax.random.key_data(key)}}


def step_keys(key: Any, number: int, n_steps: int) -> Any:
    """The data of a key for each step of a loop, (T, 2); number: of the loop."""
    here = jax.random.fold_in(jax.random.wrap_key_data(key), number)
    return jax.random.key_data(jax.random.split(here, n_steps))
