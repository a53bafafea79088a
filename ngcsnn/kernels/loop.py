"""The generic time loop: one `lax.scan` forward, one backward that recomputes each step from its stored state.

What costs in a backward pass is what the forward pass leaves for it. Here that is the carried state before each step,
the discrete decisions (one byte each) and what the step asked to be kept; the step itself is computed again, with the
stored decisions, so that rounding cannot flip a spike. See `ngcsnn.kernels.reverse` for the way back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.graph import Memo
from ngcsnn.kernels.lines import Line, leaves_of, read_lines, seen_rows
from ngcsnn.kernels.reverse import Kept, Names, reverse
from ngcsnn.kernels.stacked import scan_stacked, some_number
from ngcsnn.kernels.trajectory import Trajectory, read

Tree = Any


class LoopBody(NamedTuple):
    """One step of a loop in two parts.

    transmit(weights, constants, feedback, x) -> arrivals: stateless, acts row by row (any leading axis); of x it is
    given the keys `sent` (None: all).
    step(params, constants, carry, feedback, arrivals, x, memo[, lines]) -> (carry, outputs, counts): the rest.
    `outputs` is a dict that holds at least the keys of `feedback`, which the next step receives; `counts` holds
    integers, summed over time; `lines` is what arrives over the delay lines, given where there are any.
    truncate: at multiples of this many steps, carry and feedback have lost their derivative (what comes from outside,
    by `Trajectory.cut`); None: they never do.
    """

    transmit: Callable[..., Tree]
    step: Callable[..., tuple[Tree, dict[Any, Any], dict[str, Any]]]
    sent: frozenset[Any] | None = None
    truncate: int | None = None

    def given(self, x: dict[Any, Any]) -> dict[Any, Any]:
        """What of x is given to `transmit`."""
        return x if self.sent is None else {k: v for k, v in x.items() if k in self.sent}


class LoopInputs(NamedTuple):
    """What a loop is differentiated with respect to; carry and feedback are those of the start, xs are trajectories.

    lines: delay lines over leaves of feedback or xs; their lags and units are integers.
    """

    weights: Tree
    params: Tree
    carry: Tree
    feedback: dict[Any, Any]
    xs: dict[Any, Trajectory]
    lines: dict[Any, Line] = {}


def time_loop(
    body: LoopBody, inputs: LoopInputs, constants: Tree, n_steps: int
) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Run `n_steps` steps; returns (outputs stacked over time, counts).

    Reverse-mode differentiable in every leaf of `inputs`; `constants` (arrays that nothing differentiates) are not.
    """

    def forward(inputs: LoopInputs, constants: Tree, keep: bool) -> Any:
        delayed = leaves_of(inputs.lines)
        rows = {k: seen_rows(inputs.xs[k]) for k in delayed if k in inputs.xs}

        def one(state: Any, n: Any) -> Any:
            carry, feedback, buffers = state
            x, memo = read(inputs.xs, n), Memo()
            lines = [read_lines(inputs.lines, {**rows, **buffers}, n)] if inputs.lines else []
            arrivals = body.transmit(inputs.weights, constants, feedback, body.given(x))
            new, outputs, counts = body.step(inputs.params, constants, carry, feedback, arrivals, x, memo, *lines)
            kept = Kept(carry, tuple(memo.items)) if keep else None
            buffers = {k: lax.dynamic_update_index_in_dim(b, outputs[k], n + 1, 0) for k, b in buffers.items()}
            return (new, {k: outputs[k] for k in feedback}, buffers), (outputs, counts, kept)

        first = {k: inputs.feedback[k][None] for k in delayed if k not in rows}
        buffers = {k: jnp.pad(a, ((0, n_steps), (0, 0), (0, 0))) for k, a in first.items()}
        start = inputs.carry, inputs.feedback, buffers
        _, (outputs, counts, kept) = scan_stacked(one, start, n_steps, some_number((inputs.xs, inputs.params, start)))
        return (outputs, {k: jnp.sum(v) for k, v in counts.items()}), kept

    @jax.custom_vjp
    def loop(inputs: LoopInputs, constants: Tree) -> Any:
        return forward(inputs, constants, keep=False)[0]

    def loop_forward(inputs: Any, constants: Tree) -> Any:
        moving = Names(tuple(k for k, t in inputs.xs.items() if t.array.perturbed or t.start.perturbed))
        inputs, constants = jax.tree.map(lambda p: p.value, (inputs, constants), is_leaf=_is_primal)
        result, kept = forward(inputs, constants, keep=True)
        return result, (inputs, constants, result[0], kept, moving)

    def loop_backward(residuals: Any, cotangents: Any) -> Any:
        inputs, constants, outputs, kept, moving = residuals
        parts = reverse(body, inputs, constants, outputs, kept, moving, cotangents[0], n_steps)
        return LoopInputs(*parts), None

    loop.defvjp(loop_forward, loop_backward, symbolic_zeros=True)
    return loop(inputs, constants)


def _is_primal(value: Any) -> bool:
    return hasattr(value, "perturbed")
