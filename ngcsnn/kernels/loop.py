"""The generic time loop: one `lax.scan` forward, one backward that recomputes each step from its stored state.

What costs in a backward pass is what the forward pass leaves for it. Here that is the carried state before each step,
the discrete decisions (one byte each) and what the step asked to be kept; the step itself is computed again, with the
stored decisions, so that rounding cannot flip a spike. See `ngcsnn.kernels.reverse` for the way back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.graph import Memo
from ngcsnn.kernels.kept import NOTHING, Kept, KeptRows, Layout, matched
from ngcsnn.kernels.lines import Line, leaves_of, read_lines, seen_rows
from ngcsnn.kernels.liveness import needed
from ngcsnn.kernels.reverse import reverse
from ngcsnn.kernels.stacked import scan_stacked, some_number
from ngcsnn.kernels.step_back import Names, Seen, StepBack, floats
from ngcsnn.kernels.trajectory import Trajectory, read

Tree = Any


class LoopBody(NamedTuple):
    """One step of a loop in two parts.

    transmit(weights, constants, feedback, x) -> arrivals: stateless, acts row by row (any leading axis); of x it is
    given the keys `sent` (None: all).
    step(params, constants, carry, feedback, arrivals, x, memo[, lines]) -> (carry, outputs, counts): the rest.
    `outputs` is a dict that holds at least the keys of `feedback`, which the next step receives; `counts` holds
    arrays of integers, summed over time and over each; `lines` is what arrives over the delay lines, where there are.
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

    @jax.custom_vjp
    def loop(inputs: LoopInputs, constants: Tree) -> Any:
        return _Forward(body, inputs, constants, n_steps).run()[:2]

    def loop_forward(inputs: Any, constants: Tree) -> Any:
        moving = Names(tuple(k for k, t in inputs.xs.items() if t.array.perturbed or t.start.perturbed))
        inputs, constants = jax.tree.map(lambda p: p.value, (inputs, constants), is_leaf=_is_primal)
        forward = _Forward(body, inputs, constants, n_steps)
        outputs, counts, kept = forward.run(*forward.what_to_keep(moving))
        return (outputs, counts), (inputs, constants, outputs, kept, moving)

    def loop_backward(residuals: Any, cotangents: Any) -> Any:
        inputs, constants, outputs, kept, moving = residuals
        parts = reverse(body, inputs, constants, outputs, kept, moving, cotangents[0], n_steps)
        return LoopInputs(*parts), None

    loop.defvjp(loop_forward, loop_backward, symbolic_zeros=True)
    return loop(inputs, constants)


class _Forward:
    """The forward pass of one loop."""

    def __init__(self, body: LoopBody, inputs: LoopInputs, constants: Tree, n_steps: int):
        self.body, self.inputs, self.constants, self.n_steps = body, inputs, constants, n_steps
        delayed = leaves_of(inputs.lines)
        self.lined = {k: seen_rows(inputs.xs[k]) for k in delayed if k in inputs.xs}
        first = {k: inputs.feedback[k][None] for k in delayed if k not in self.lined}
        past = {k: jnp.pad(a, ((0, n_steps), (0, 0), (0, 0))) for k, a in first.items()}
        self.start = inputs.carry, inputs.feedback, past

    def step(self, state: Any, n: Any, x: dict[Any, Any]) -> tuple[Any, dict[Any, Any], dict[str, Any], Kept]:
        body, inputs, memo = self.body, self.inputs, Memo()
        carry, feedback, past = state
        lines = self.lines(past, n)
        arrivals = body.transmit(inputs.weights, self.constants, feedback, body.given(x))
        new, outputs, counts = body.step(inputs.params, self.constants, carry, feedback, arrivals, x, memo, *lines)
        past = {k: lax.dynamic_update_index_in_dim(b, outputs[k], n + 1, 0) for k, b in past.items()}
        return (new, {k: outputs[k] for k in feedback}, past), outputs, counts, Kept(carry, tuple(memo.items))

    def lines(self, past: dict[Any, Any], n: Any) -> list[Any]:
        return [read_lines(self.inputs.lines, {**self.lined, **past}, n)] if self.inputs.lines else []

    def run(
        self, layout: Layout = NOTHING, spent: Mapping[int, Any] = MappingProxyType({})
    ) -> tuple[Any, Any, KeptRows]:
        """(outputs, counts, what is kept). spent: {number of a buffer: the trajectory whose place it takes}."""
        xs = self.inputs.xs
        rest = {k: t for k, t in xs.items() if k not in spent.values()}

        def one(carry: Any, n: Any, rows: dict[int, Any]) -> Any:
            x = {**read(rest, n), **{key: rows[number] for number, key in spent.items()}}
            state, outputs, counts, kept = self.step(carry[0], n, x)
            return (state, jax.tree.map(jnp.add, carry[1], counts)), outputs, layout.buffered(kept)

        buffers = {number: xs[spent[number]].array if number in spent else None for number in layout.numbers}
        begin = {number: xs[key].start[0] for number, key in spent.items()}
        after = some_number((xs, self.inputs.params, self.start))
        zero = jnp.zeros((), jnp.int32)
        counted = jax.eval_shape(lambda: self.step(self.start, zero, read(xs, zero))[2])
        start = self.start, jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), counted)
        (_, counts), outputs, buffers = scan_stacked(one, start, self.n_steps, after, buffers=buffers, rows=begin)
        return outputs, {k: jnp.sum(v) for k, v in counts.items()}, KeptRows(buffers, layout)

    def what_to_keep(self, moving: Names) -> tuple[Layout, dict[int, Any]]:
        """What the way back needs of a step, and which inputs of one step's age, not needed again, make room for it."""
        step_back = StepBack(self.body, self.inputs, self.constants, moving)
        zero, found = jnp.zeros((), jnp.int32), []

        def once_forth() -> Any:
            x = read(self.inputs.xs, zero)
            _, outputs, _, kept = self.step(self.start, zero, x)
            found.append(Layout.of(kept, outputs))
            return x, self.start[1], self.lines(self.start[2], zero), kept, floats(outputs)

        *seen, d_out = jax.eval_shape(once_forth)
        rows = {k: jax.ShapeDtypeStruct((self.n_steps + 1, *d_out[k].shape), d_out[k].dtype) for k in self.start[2]}
        state = jax.eval_shape(lambda: step_back.start({**self.lined, **rows}))
        wanted: Seen = needed(step_back, state, zero, Seen(*seen), d_out)[2]
        layout = found[0].only(wanted.kept, seen[3])
        sent, xs = self.body.given(self.inputs.xs), self.inputs.xs
        free = {
            k: t.array for k, t in xs.items()
            if t.delay == 1 and k not in sent and k not in self.lined and not wanted.x[k]
        }  # fmt: skip
        return layout, matched(layout.buffered(seen[3]), free)


def _is_primal(value: Any) -> bool:
    return hasattr(value, "perturbed")
