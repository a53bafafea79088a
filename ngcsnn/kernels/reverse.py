"""The way back through a time loop: cotangents of everything a loop reads.

Weights of synapses inside the loop are constants in it: the cotangents of what they transmit are stored, and every
weight gradient is formed after the loop as one product over (T x batch).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from ngcsnn.graph import Memo
from ngcsnn.kernels.lines import leaves_of, read_lines, seen_rows
from ngcsnn.kernels.stacked import once, scan_stacked, some_number
from ngcsnn.kernels.trajectory import Trajectory, read

Tree = Any


class Kept(NamedTuple):
    """What the forward pass keeps of each step: the state before it, decisions and values of its memo."""

    carry: Tree
    memo: tuple[Any, ...]


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Names:
    """Names that ride along as structure, not as arrays."""

    names: tuple[Any, ...] = field(metadata={"static": True})


class _State(NamedTuple):
    """What the loop back carries."""

    carry: Tree
    feedback: Tree
    params: Tree
    buffers: dict[Any, Any]  # of what delay lines read, row r seen at step r


def reverse(
    body: Any, inputs: Any, constants: Tree, outputs: dict[Any, Any], kept: Kept, moving: Names, cotangents: Tree,
    n_steps: int,
) -> tuple[Any, ...]:  # fmt: skip
    """The cotangents of `inputs`, in its order. moving: the trajectories that have a derivative."""
    from_outputs = {k: v for k, v in cotangents.items() if not isinstance(v, SymbolicZero)}
    fed = {k: Trajectory.written(outputs[k]).delayed(inputs.feedback[k]) for k in inputs.feedback}
    rows = {k: seen_rows({**inputs.xs, **fed}[k]) for k in leaves_of(inputs.lines)}
    sent = body.given(inputs.xs)
    # Where all that synapses read is one step old, cotangents are stored beside what they belong to, one step early:
    # then no shifted copy of either is made.
    late_rows = all(t.delay == 1 for part in (fed, sent) for t in part.values())
    late_xs = {k for k, t in inputs.xs.items() if t.delay == 1}

    def moves(x: dict[Any, Any]) -> dict[Any, Any]:
        return {k: v for k, v in _floats(x).items() if k in moving.names}

    def back(state: _State, n: Any) -> tuple[_State, Tree, Tree]:
        """One step back; and the cotangents of (arrivals, x), those of what is one step old and the others."""
        x, feedback = read(inputs.xs, n), read(fed, n)
        lines = [read_lines(inputs.lines, rows, n)] if inputs.lines else []
        carry, memo = jax.tree.map(lambda a: a[n], tuple(kept))
        d_out = jax.tree.map(lambda a: a[n], _floats(from_outputs))

        def transmit(feedback_: Tree, x_: Tree) -> Any:
            return body.transmit(inputs.weights, constants, {**feedback, **feedback_}, {**body.given(x), **x_})

        def step(params: Tree, carry_: Tree, feedback_: Tree, arrivals: Tree, x_: Tree, lines: list[Any]) -> Any:
            given = {**carry, **carry_}, {**feedback, **feedback_}, arrivals, {**x, **x_}
            new, outputs, _ = body.step(params, constants, *given, Memo(list(memo)), *lines)
            return _floats(new), _floats(outputs)

        # integers in the state are carried, not differentiated
        arrivals, back_transmit = jax.vjp(transmit, _floats(feedback), moves(body.given(x)))
        _, back_step = jax.vjp(step, inputs.params, _floats(carry), _floats(feedback), arrivals, moves(x), lines)
        d_out = {k: _sum(d_out.get(k), state.feedback.get(k), outputs[k]) for k in _floats(outputs)}
        d_out = {k: d + state.buffers[k][n + 1] if k in state.buffers and k in fed else d for k, d in d_out.items()}
        d_params, d_carry, d_feedback, d_arrivals, dx, d_lines = back_step((state.carry, d_out))
        buffers = state.buffers
        for key, line in inputs.lines.items():
            buffers = line.put_back(buffers, n, d_lines[0][key])
        more, dx_more = back_transmit(d_arrivals)
        dx = {k: v + dx_more[k] if k in dx_more else v for k, v in dx.items()}
        new = _State(d_carry, _add(d_feedback, more), _add(state.params, d_params), buffers)
        late = d_arrivals if late_rows else {}, {k: v for k, v in dx.items() if k in late_xs}
        others = {} if late_rows else d_arrivals, {k: v for k, v in dx.items() if k not in late_xs}
        if body.truncate is not None:  # of what arrives, the state is cut and not the weights that it came through
            crosses = (n % body.truncate != 0) | (n == 0)
            new = new._replace(carry=_where(crosses, new.carry), feedback=_where(crosses, new.feedback))
            first = {k: n + (0 if k in inputs.xs and inputs.xs[k].delay == 0 else 1) for k in buffers}  # written since
            later = {k: (jnp.arange(len(b)) >= first[k])[:, None, None] for k, b in buffers.items()}
            new = new._replace(buffers={k: jnp.where(crosses | later[k], b, 0) for k, b in buffers.items()})
        return new, late, others

    start = _State(_floats(inputs.carry), _floats(inputs.feedback), inputs.params, rows)
    state, (d_first, dx_first), late, others = _early(back, jax.tree.map(jnp.zeros_like, start), n_steps, outputs)
    d_arrivals, d_xs = late[0] if late_rows else others[0], {**late[1], **others[1]}
    d_weights = inputs.weights
    if jax.tree.leaves(d_weights):
        given = d_arrivals, d_first if late_rows else None
        d_weights = _weight_cotangents(body, inputs.weights, constants, fed, sent, *given)
    out: dict[Any, Any] = {}
    for k, t in inputs.xs.items():
        if k not in d_xs:
            out[k] = _none(t)
        elif k in late_xs:
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


def _early(back: Callable[..., Any], state: _State, n_steps: int, outputs: Tree) -> tuple[_State, Tree, Tree, Tree]:
    """Run `back` from the last step to the first: (state, late at step 0, stacks of late and of the others); the stacks
    of late hold at n what was found at n + 1."""
    layout: dict[str, Any] = {}

    def one(carry: Tree, n: Any) -> tuple[Tree, Tree]:
        state, before = carry
        state, late, others = back(state, n)
        arrays, layout["together"] = once(late)  # what is the same is carried and stored once
        return (state, arrays), (before, others)

    shapes = jax.eval_shape(lambda: once(back(state, jnp.zeros((), jnp.int32))[1])[0])
    zeros = [jnp.zeros(s.shape, s.dtype) for s in shapes]
    (state, first), (late, others) = scan_stacked(one, (state, zeros), n_steps, some_number(outputs), reverse=True)
    together = layout["together"]
    return state, together(first), together(late), others


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
    return _add(back(lambda t: t.start[0], d_first), back(lambda t: _rows(t.array), d_rows))


def _sum(a: Any, b: Any, written: Any) -> Any:
    """a + b, of which either may be missing: the cotangent of one step of `written`."""
    if a is not None and b is not None:
        return a + b
    return jnp.zeros(written.shape[1:], written.dtype) if a is None and b is None else b if a is None else a


def _where(crosses: Any, tree: Tree) -> Tree:
    return jax.tree.map(lambda a: jnp.where(crosses, a, 0), tree)


def _floats(values: dict[Any, Any]) -> dict[Any, Any]:
    return {k: v for k, v in values.items() if jnp.issubdtype(v.dtype, jnp.inexact)}


def _none(tree: Tree) -> Tree:
    """The cotangent of what nothing differentiates."""
    return jax.tree.map(lambda a: np.zeros(a.shape, jax.dtypes.float0), tree)


def _rows(a: Any) -> Any:
    return a.reshape(-1, *a.shape[2:])


def _add(a: Tree, b: Tree) -> Tree:
    return jax.tree.map(jnp.add, a, b)
