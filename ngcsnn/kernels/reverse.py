"""The way back through a time loop: cotangents of everything a loop reads.

Weights of synapses inside the loop are constants in it: the cotangents of what they transmit are stored, and every
weight gradient is formed after the loop as one product over (T x batch). What is stored takes the place of what was
kept of the same step, which nothing needs any more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from ngcsnn.kernels.kept import KeptRows, matched
from ngcsnn.kernels.lines import leaves_of, read_lines, seen_rows
from ngcsnn.kernels.stacked import once, scan_stacked, some_number
from ngcsnn.kernels.step_back import Names, Seen, State, StepBack, add, floats
from ngcsnn.kernels.trajectory import Trajectory, read

Tree = Any


def reverse(
    body: Any, inputs: Any, constants: Tree, outputs: dict[Any, Any], kept: KeptRows, moving: Names, cotangents: Tree,
    n_steps: int,
) -> tuple[Any, ...]:  # fmt: skip
    """The cotangents of `inputs`, in its order. moving: the trajectories that have a derivative."""
    step_back = StepBack(body, inputs, constants, moving)
    from_outputs = floats({k: v for k, v in cotangents.items() if not isinstance(v, SymbolicZero)})
    fed = {k: Trajectory.written(outputs[k]).delayed(inputs.feedback[k]) for k in inputs.feedback}
    rows = {k: seen_rows({**inputs.xs, **fed}[k]) for k in leaves_of(inputs.lines)}

    def back(state: State, n: Any, row: Callable[[int], Any]) -> tuple[State, Tree, Tree]:
        lines = [read_lines(inputs.lines, rows, n)] if inputs.lines else []
        seen = Seen(read(inputs.xs, n), read(fed, n), lines, kept.layout.read(n, outputs, row))
        return step_back(state, n, seen, jax.tree.map(lambda a: a[n], from_outputs))

    state, (d_first, dx_first), early, others = _loop(back, step_back.start(rows), kept, n_steps, outputs)
    d_arrivals, d_xs = early[0] if step_back.early else others[0], {**early[1], **others[1]}
    d_weights = inputs.weights
    if jax.tree.leaves(d_weights):
        given = d_arrivals, d_first if step_back.early else None
        d_weights = _weight_cotangents(body, inputs.weights, constants, fed, body.given(inputs.xs), *given)
    out: dict[Any, Any] = {}
    for k, t in inputs.xs.items():
        if k not in d_xs:
            out[k] = _none(t)
        elif k in step_back.early_xs:
            out[k] = Trajectory(d_xs[k], dx_first[k][None], 1)
        else:
            out[k] = t.cotangent(d_xs[k])
        if k in state.buffers and k in d_xs:
            late = t.cotangent(state.buffers[k][:n_steps])
            out[k] = Trajectory(out[k].array + late.array, out[k].start + late.start, t.delay)
    for k in fed:
        if k in state.buffers:
            state.feedback[k] = state.feedback[k] + state.buffers[k][0]
    d_carry, d_feedback = {**_none(inputs.carry), **state.carry}, {**_none(inputs.feedback), **state.feedback}
    return d_weights, state.params, d_carry, d_feedback, out, _none(inputs.lines)


def _loop(
    back: Callable[..., Any], state: State, kept: KeptRows, n_steps: int, outputs: Tree
) -> tuple[State, Tree, Tree, Tree]:
    """Run `back` from the last step to the first: (state, early at step 0, stacks of early and of the others); the
    stacks of early hold at n what was found at n + 1, and zeros at the end."""
    layout: dict[str, Any] = {}
    last = {number: kept.row(number, n_steps - 1) for number in kept.buffers}
    shapes = jax.eval_shape(lambda: once(back(state, jnp.zeros((), jnp.int32), last.__getitem__)[1])[0])
    spent = matched(dict(enumerate(shapes)), kept.buffers)
    of_buffer = {buffer: key for key, buffer in spent.items()}

    def one(carry: Tree, n: Any, rows: dict[int, Any]) -> tuple[Tree, Tree, dict[int, Any]]:
        def row(number: int) -> Any:
            return rows[of_buffer[number]] if number in of_buffer else kept.row(number, n)

        state, early, others = back(carry[0], n, row)
        arrays, layout["together"] = once(early)  # what is the same is stored once
        return (state, arrays), others, {i: jnp.where(n == 0, 0, a) for i, a in enumerate(arrays)}

    buffers = {i: kept.buffers[spent[i]] if i in spent else None for i in range(len(shapes))}
    rows = {key: last[buffer] for key, buffer in spent.items()}
    start = state, [jnp.zeros(s.shape, s.dtype) for s in shapes]
    (state, first), others, stacks = scan_stacked(
        one, start, n_steps, some_number(outputs), reverse=True, buffers=buffers, rows=rows
    )
    together = layout["together"]
    return state, together(first), together([stacks[i] for i in range(len(shapes))]), others


def _weight_cotangents(
    body: Any, weights: Tree, constants: Tree, fed: dict[Any, Trajectory], sent: dict[Any, Trajectory],
    d_arrivals: Tree, d_first: Tree,
) -> Tree:  # fmt: skip
    """One product over (T x batch) for every weight. d_first: of what arrived in step 0, where d_arrivals are early."""

    def back(values: Callable[[Trajectory], Any], cotangents: Tree) -> Tree:
        feedback, xs = ({k: values(t) for k, t in part.items()} for part in (fed, sent))
        return jax.vjp(lambda w: body.transmit(w, constants, feedback, xs), weights)[1](cotangents)[0]

    d_rows = jax.tree.map(_rows, d_arrivals)
    if d_first is None:
        return back(lambda t: _rows(t.seen()), d_rows)
    return add(back(lambda t: t.start[0], d_first), back(lambda t: _rows(t.array), d_rows))


def _none(tree: Tree) -> Tree:
    """The cotangent of what nothing differentiates."""
    return jax.tree.map(lambda a: np.zeros(a.shape, jax.dtypes.float0), tree)


def _rows(a: Any) -> Any:
    return a.reshape(-1, *a.shape[2:])
