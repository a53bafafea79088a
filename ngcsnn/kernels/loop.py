"""The generic time loop: one `lax.scan` forward, one backward that recomputes each step from its stored state.

What costs in a backward pass is what the forward pass leaves for it. Here that is the carried state before each step
and the discrete decisions (one byte each); the step itself is computed again, with the stored decisions, so that
rounding cannot flip a spike. Weights of synapses inside the loop are constants in it: the cotangents of what they
transmit are stacked, and every weight gradient is formed after the loop as one product over (T x batch).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.graph import Memo
from ngcsnn.kernels.trajectory import Trajectory

Tree = Any


class LoopBody(NamedTuple):
    """One step of a loop in two parts.

    transmit(weights, constants, feedback, x) -> arrivals: stateless, acts row by row (any leading axis).
    step(params, constants, carry, feedback, arrivals, x, memo) -> (carry, outputs, counts): the rest. `outputs` is a
    dict that holds at least the keys of `feedback`, which the next step receives; `counts` holds integers, summed over
    time.
    """

    transmit: Callable[..., Tree]
    step: Callable[..., tuple[Tree, dict[Any, Any], dict[str, Any]]]


class LoopInputs(NamedTuple):
    """What a loop is differentiated with respect to; carry and feedback are those of the start, xs are trajectories."""

    weights: Tree
    params: Tree
    carry: Tree
    feedback: dict[Any, Any]
    xs: dict[Any, Trajectory]


def time_loop(
    body: LoopBody, inputs: LoopInputs, constants: Tree, n_steps: int
) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Run `n_steps` steps; returns (outputs stacked over time, counts).

    Reverse-mode differentiable in every leaf of `inputs`; `constants` (arrays that nothing differentiates) are not.
    """

    def read(xs: dict[Any, Trajectory], n: Any) -> dict[Any, Any]:
        return {k: t.at(n) for k, t in xs.items()}

    def forward(inputs: LoopInputs, constants: Tree, keep: bool) -> Any:
        def one(state: Any, n: Any) -> Any:
            carry, feedback = state
            x, memo = read(inputs.xs, n), Memo()
            arrivals = body.transmit(inputs.weights, constants, feedback, x)
            new, outputs, counts = body.step(inputs.params, constants, carry, feedback, arrivals, x, memo)
            kept = (carry, tuple(memo.items)) if keep else None
            return (new, {k: outputs[k] for k in feedback}), (outputs, counts, kept)

        _, (outputs, counts, kept) = lax.scan(one, (inputs.carry, inputs.feedback), jnp.arange(n_steps))
        return (outputs, {k: jnp.sum(v) for k, v in counts.items()}), kept

    @jax.custom_vjp
    def loop(inputs: LoopInputs, constants: Tree) -> Any:
        return forward(inputs, constants, keep=False)[0]

    def loop_forward(inputs: LoopInputs, constants: Tree) -> Any:
        result, kept = forward(inputs, constants, keep=True)
        return result, (inputs, constants, result[0], kept)

    def loop_backward(residuals: Any, cotangents: Any) -> Any:
        inputs, constants, outputs, (carries, memos) = residuals
        from_outputs, _ = cotangents
        fed = {k: Trajectory.written(outputs[k]).delayed(inputs.feedback[k]) for k in inputs.feedback}

        def one(state: Any, n: Any) -> Any:
            d_carry, d_feedback, d_params = state
            carry, memo, d_out = jax.tree.map(lambda a: a[n], (carries, memos, _floats(from_outputs)))
            x, feedback = read(inputs.xs, n), read(fed, n)

            def transmit(feedback_: Tree, x_: Tree) -> Any:
                return body.transmit(inputs.weights, constants, {**feedback, **feedback_}, {**x, **x_})

            def step(params: Tree, carry_: Tree, feedback_: Tree, arrivals: Tree, x_: Tree) -> Any:
                given = {**carry, **carry_}, {**feedback, **feedback_}, arrivals, {**x, **x_}
                new, outputs, _ = body.step(params, constants, *given, Memo(list(memo)))
                return _floats(new), _floats(outputs)

            moving = _floats(feedback), _floats(x)  # integers in the state are carried, not differentiated
            arrivals, back_transmit = jax.vjp(transmit, *moving)
            _, back_step = jax.vjp(step, inputs.params, _floats(carry), moving[0], arrivals, moving[1])
            d_out = {k: d_out[k] + d_feedback[k] if k in d_feedback else d_out[k] for k in d_out}
            dp, d_carry, df, d_arrivals, dx = back_step((d_carry, d_out))
            df_more, dx_more = back_transmit(d_arrivals)
            d_feedback, dx = _add(df, df_more), _add(dx, dx_more)
            return (d_carry, d_feedback, _add(d_params, dp)), (dx, d_arrivals)

        start = _floats(inputs.carry), _floats(inputs.feedback), inputs.params
        zeros = jax.tree.map(jnp.zeros_like, start)
        (d_carry, d_feedback, d_params), (d_xs, d_arrivals) = lax.scan(one, zeros, jnp.arange(n_steps), reverse=True)
        d_weights = _weight_cotangents(body, inputs, constants, fed, d_arrivals)
        d_xs = {k: t.cotangent(d_xs[k]) if k in d_xs else _none(t) for k, t in inputs.xs.items()}
        d_carry, d_feedback = {**_none(inputs.carry), **d_carry}, {**_none(inputs.feedback), **d_feedback}
        return LoopInputs(d_weights, d_params, d_carry, d_feedback, d_xs), None

    loop.defvjp(loop_forward, loop_backward)
    return loop(inputs, constants)


def _weight_cotangents(
    body: LoopBody, inputs: LoopInputs, constants: Tree, fed: dict[Any, Trajectory], d_arrivals: Tree
) -> Tree:
    """One product over (T x batch) for every weight that the loop held constant."""
    if not jax.tree.leaves(inputs.weights):
        return inputs.weights

    def rows(trajectories: dict[Any, Trajectory]) -> dict[Any, Any]:
        return {k: _rows(t.seen()) for k, t in trajectories.items()}

    feedback, xs = rows(fed), rows(inputs.xs)
    _, back = jax.vjp(lambda w: body.transmit(w, constants, feedback, xs), inputs.weights)
    return back(jax.tree.map(_rows, d_arrivals))[0]


def _floats(values: dict[Any, Any]) -> dict[Any, Any]:
    return {k: v for k, v in values.items() if jnp.issubdtype(v.dtype, jnp.inexact)}


def _none(tree: Tree) -> Tree:
    """The cotangent of what nothing differentiates."""
    return jax.tree.map(lambda a: np.zeros(a.shape, jax.dtypes.float0), tree)


def _rows(a: Any) -> Any:
    return a.reshape(-1, *a.shape[2:])


def _add(a: Tree, b: Tree) -> Tree:
    return jax.tree.map(jnp.add, a, b)
