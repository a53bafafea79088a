"""One step back through a time loop: the cotangents of what the step read, from those of what it made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ngcsnn.graph import Memo
from ngcsnn.kernels.kept import Kept

Tree = Any


@jax.tree_util.register_dataclass
@dataclass(frozen=True)
class Names:
    """Names that ride along as structure, not as arrays."""

    names: tuple[Any, ...] = field(metadata={"static": True})


class State(NamedTuple):
    """What the loop back carries: cotangents."""

    carry: Tree
    feedback: Tree
    params: Tree
    buffers: dict[Any, Any]  # of what delay lines read, row r seen at step r


class Seen(NamedTuple):
    """What the step saw: of its inputs, of the step before, of its delay lines, and what was kept of it."""

    x: dict[Any, Any]
    feedback: dict[Any, Any]
    lines: list[Any]
    kept: Kept


class StepBack:
    """The step back of a loop. moving: the trajectories that have a derivative.

    early: whether all that synapses read is one step old; then the cotangents of what they sent, and in any case those
    of trajectories one step old (`early_xs`), are stored beside what they belong to, one row early: no shifted copy of
    either is made.
    """

    def __init__(self, body: Any, inputs: Any, constants: Tree, moving: Names):
        self.body, self.inputs, self.constants, self.moving = body, inputs, constants, moving
        self.early = all(t.delay == 1 for t in body.given(inputs.xs).values())
        self.early_xs = {k for k, t in inputs.xs.items() if t.delay == 1}

    def start(self, rows: dict[Any, Any]) -> State:
        """Cotangents before the first step back; rows: what delay lines read."""
        given = self.inputs
        found = State(floats(given.carry), floats(given.feedback), given.params, rows)
        return jax.tree.map(lambda a: jnp.zeros(a.shape, a.dtype), found)

    def moves(self, x: dict[Any, Any]) -> dict[Any, Any]:
        return {k: v for k, v in floats(x).items() if k in self.moving.names}

    def __call__(self, state: State, n: Any, seen: Seen, d_out: dict[Any, Any]) -> tuple[State, Tree, Tree]:
        """(state, cotangents of (arrivals, x) that are stored early, the others).

        d_out: the cotangents of outputs that come from outside the loop; those without are missing.
        """
        body, inputs, constants = self.body, self.inputs, self.constants
        x, feedback, lines, (carry, memo) = seen
        outputs: dict[Any, Any] = {}

        def transmit(feedback_: Tree, x_: Tree) -> Any:
            return body.transmit(inputs.weights, constants, {**feedback, **feedback_}, {**body.given(x), **x_})

        def step(params: Tree, carry_: Tree, feedback_: Tree, arrivals: Tree, x_: Tree, lines: list[Any]) -> Any:
            given = {**carry, **carry_}, {**feedback, **feedback_}, arrivals, {**x, **x_}
            new, out, _ = body.step(params, constants, *given, Memo(list(memo)), *lines)
            return floats(new), floats(out)

        # integers in the state are carried, not differentiated
        arrivals, back_transmit = jax.vjp(transmit, floats(feedback), self.moves(body.given(x)))
        (_, outputs), back_step = jax.vjp(
            step, inputs.params, floats(carry), floats(feedback), arrivals, self.moves(x), lines
        )
        d_out = {k: _sum(d_out.get(k), state.feedback.get(k), out) for k, out in outputs.items()}
        for k in state.buffers:
            if k in inputs.feedback:
                d_out[k] = d_out[k] + state.buffers[k][n + 1]
        d_params, d_carry, d_feedback, d_arrivals, dx, d_lines = back_step((state.carry, d_out))
        buffers = state.buffers
        for key, line in inputs.lines.items():
            buffers = line.put_back(buffers, n, d_lines[0][key])
        more, dx_more = back_transmit(d_arrivals)
        dx = {k: v + dx_more[k] if k in dx_more else v for k, v in dx.items()}
        new = State(d_carry, add(d_feedback, more), add(state.params, d_params), buffers)
        if body.truncate is not None:
            new = self.cut(new, n)
        early = d_arrivals if self.early else {}, {k: v for k, v in dx.items() if k in self.early_xs}
        others = {} if self.early else d_arrivals, {k: v for k, v in dx.items() if k not in self.early_xs}
        return new, early, others

    def cut(self, new: State, n: Any) -> State:
        """At a multiple of `truncate` steps. Of what arrives, the state is cut and not the weights it came through."""
        crosses = (n % self.body.truncate != 0) | (n == 0)
        xs = self.inputs.xs
        first = {k: n + (0 if k in xs and xs[k].delay == 0 else 1) for k in new.buffers}  # written since
        later = {k: (jnp.arange(len(b)) >= first[k])[:, None, None] for k, b in new.buffers.items()}
        return State(
            _where(crosses, new.carry),
            _where(crosses, new.feedback),
            new.params,
            {k: jnp.where(crosses | later[k], b, 0) for k, b in new.buffers.items()},
        )


def floats(values: dict[Any, Any]) -> dict[Any, Any]:
    return {k: v for k, v in values.items() if jnp.issubdtype(v.dtype, jnp.inexact)}


def add(a: Tree, b: Tree) -> Tree:
    return jax.tree.map(jnp.add, a, b)


def _sum(a: Any, b: Any, out: Any) -> Any:
    """a + b, of which either may be missing: the cotangent of `out`."""
    if a is not None and b is not None:
        return a + b
    return jnp.zeros(out.shape, out.dtype) if a is None and b is None else b if a is None else a


def _where(crosses: Any, tree: Tree) -> Tree:
    return jax.tree.map(lambda a: jnp.where(crosses, a, 0), tree)
