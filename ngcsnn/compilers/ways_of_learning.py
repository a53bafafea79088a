"""How batches are learned from: an update for each, or for several together; and how exact their products are."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ngcsnn.graph import GraphError
from ngcsnn.graph.checks import whole

PRODUCTS = {"bfloat16": "BF16_BF16_F32"}  # precision, and what XLA calls such products


class Way(NamedTuple):
    """accumulate: batches for one update. precision: of products, None: the context's own."""

    accumulate: int = 1
    precision: str | None = None

    def products(self) -> AbstractContextManager[Any]:
        """Within it, products are traced in this precision."""
        return nullcontext() if self.precision is None else jax.default_matmul_precision(PRODUCTS[self.precision])

    def pending(self, trained: Any) -> dict[str, Any]:
        """What waits for its update at the start of an epoch."""
        if self.accumulate == 1:
            return {}
        zero = jnp.zeros((), jnp.int32)
        total = jax.tree.map(jnp.zeros_like, trained)
        return {"pending": {"grads": total, "samples": jnp.zeros(()), "batches": zero}}

    def learn(self, network: Any, number: Any, n_batches: int, state: Any, given: Any) -> Any:
        """(trained, opt_state, what is pending, sums of the batch) after batch `number`; state: the same before it,
        given: as in `TrainableNetwork.learn`."""
        trained, opt_state, carried = state
        rollout, fixed, data, targets, index, weight, key = given
        if self.accumulate == 1:
            done = network.learn(rollout, trained, opt_state, fixed, data, targets, index, weight, key)
            return done[0], done[1], {}, done[2]
        sums, grads = network.sums_and_grads(rollout, trained, fixed, data, targets, index, weight, key)
        finite, before = all_finite((sums["loss"], grads)), carried["pending"]
        pending = {
            "grads": jax.tree.map(lambda t, g: t + jnp.where(finite, g, 0.0).astype(t.dtype), before["grads"], grads),
            "samples": before["samples"] + jnp.where(finite, jnp.sum(weight), 0.0).astype(before["samples"].dtype),
            "batches": before["batches"] + finite,
        }

        def update(trained: Any, opt_state: Any) -> Any:
            some = jnp.maximum(pending["samples"], 1.0)
            new, new_opt, good = network.update(trained, opt_state, pending["grads"], some)
            good = good & (pending["batches"] > 0)
            new, new_opt = choose_tree(good, (new, new_opt), (trained, opt_state))
            return new, new_opt, jax.tree.map(jnp.zeros_like, pending), jnp.where(good, 0, pending["batches"])

        def wait(trained: Any, opt_state: Any) -> Any:
            return trained, opt_state, pending, jnp.zeros_like(pending["batches"])

        due = ((number + 1) % self.accumulate == 0) | (number + 1 == n_batches)
        trained, opt_state, pending, lost = jax.lax.cond(due, update, wait, trained, opt_state)
        return trained, opt_state, {"pending": pending}, {**sums, "skipped": (~finite).astype(jnp.int32) + lost}


PLAIN = Way()


def make_way(network: Any, accumulate: Any, precision: Any) -> Way:
    """The arguments of `train`, checked against the network."""
    accumulate = whole("accumulate", accumulate)
    if accumulate > 1:
        why = network.no_accumulation()
        if why:
            raise GraphError(f"`accumulate` {accumulate}: {why}")
    if precision is None or precision == network.context.dtype:
        return Way(accumulate)
    if precision not in PRODUCTS:
        raise GraphError(
            f"`precision` must be 'bfloat16' or None (the context's {network.context.dtype}), got {precision!r}"
        )
    if network.context.dtype != "float32":
        raise GraphError(f"`precision` 'bfloat16' makes no sense for a context of {network.context.dtype}")
    if jax.default_backend() == "cpu":
        raise GraphError(
            "`precision` 'bfloat16' does nothing on a CPU, where XLA computes these products in float32 all the same; "
            "it needs a GPU"
        )
    return Way(accumulate, precision)


def all_finite(tree: Any) -> Any:
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(leaf)) for leaf in jax.tree.leaves(tree)]))


def choose_tree(condition: Any, new: Any, old: Any) -> Any:
    """`new` where the condition holds, else `old`."""
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)
