"""One cell and its filters with all that it receives given: the derivatives of e-prop, forward and backward in time."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from ngcsnn.compilers.eprop.heads import Head
from ngcsnn.compilers.eprop.network_step import NetworkStep, State
from ngcsnn.compilers.parameters import Params
from ngcsnn.compilers.plan import Leaf
from ngcsnn.graph import Memo


class Given(NamedTuple):
    """What a cell met in K steps: reads {leaf: (K, batch, m)} of synapses, what was fed, decisions to repeat."""

    reads: State
    fed: State
    memo: tuple[Any, ...]


class Credit(NamedTuple):
    """Derivatives of the sum of signals times what they act on, from the end of K steps backward.

    state (D, batch, n): by the state at the start, reads {leaf: (K, batch, m)}: by what arrived, theta {parameter:
    (batch, n)}. D numbers make up the local state.
    """

    state: Any
    reads: State
    theta: dict[str, Any]


class Flow(NamedTuple):
    """Derivatives of the state at the end of K steps: phi (D, D, batch, n), [end, start], by the state at the start, u
    {leaf: (D, K, batch, m)} by what arrived, by_theta {parameter: (D, batch, n)}."""

    phi: Any
    u: State
    by_theta: dict[str, Any]


class Replay:
    """K steps of a cell. acted_on: ([y of each head (K, batch, n)], the watched leaf). filters: [F of each head]."""

    def __init__(self, acted_on: Any, end: Any, edges: list[int], vjp: Any):
        self.acted_on, self._end, self._vjp = acted_on, end, vjp
        self.filters = [end[low:high] for low, high in itertools.pairwise(edges)]

    def credit(self, signals: Any) -> Credit:
        """signals: of the form of `acted_on`."""
        return Credit(*self._vjp((signals, jnp.zeros_like(self._end))))

    def flow(self) -> Flow:
        end, none = self._end, jax.tree.map(jnp.zeros_like, self.acted_on)
        units = jnp.eye(len(end), dtype=end.dtype)[:, :, None, None] * jnp.ones_like(end)
        return Flow(*jax.vmap(lambda unit: self._vjp((none, unit)))(units))


class LocalCell:
    """name: the cell. watch: what signals act on: one of its leaves, or None. theta: its parameters that learn."""

    def __init__(self, step: NetworkStep, name: str, watch: Leaf | None, theta: tuple[str, ...]):
        self.step, self.name, self.watch, self.theta = step, name, watch, theta
        cell: Any = step.context.components[name]
        self.fields = [(name, f) for f in cell.State._fields]
        self.own = [leaf for leaf in step.leaves if leaf[0] == name]

    def replay(
        self, params: Params, heads: list[Head], state: State, filters: list[Any], given: Given, crossing: Any = None
    ) -> Replay:
        """state: of the cell, before the first step. filters: [F of each head (d, batch, n)], before it.

        crossing: another credit rule than the network's.
        """
        x0 = jnp.stack([state[leaf] for leaf in self.fields])
        start = jnp.concatenate([x0, *filters])
        batch = x0.shape[1]
        theta = {k: jnp.broadcast_to(params[self.name][k], (batch, *x0.shape[2:])) for k in self.theta}
        rest = {leaf: state[leaf] for leaf in self.own if leaf not in self.fields}
        edges = [len(self.fields)]
        for head in heads:
            edges.append(edges[-1] + head.size)

        def run(start: Any, reads: State, theta: dict[str, Any]) -> tuple[Any, Any]:
            known = {**params, self.name: {**params.get(self.name, {}), **theta}}

            def one(carry: tuple[Any, State], now: Given) -> Any:
                x, rest = carry
                here = {**rest, **dict(zip(self.fields, x, strict=False)), **now.reads, **now.fed}
                frame = self.step.frame(known, here, crossing)
                frame.memo = Memo(list(now.memo))
                self.step.advance(frame, self.name)
                values, ys = frame.values, []
                new = [jnp.stack([values[n][k] for n, k in self.fields])]
                for head, low, high in zip(heads, edges, edges[1:], strict=False):
                    f, y = head(x[low:high], values[self.name]["s"])
                    new.append(f)
                    ys.append(y)
                watched = None if self.watch is None else values[self.watch[0]][self.watch[1]]
                rest = {leaf: lax.stop_gradient(values[leaf[0]][leaf[1]]) for leaf in rest}
                return (jnp.concatenate(new), rest), (ys, watched)

            (end, _), found = lax.scan(one, (start, rest), Given(reads, given.fed, given.memo))
            return found, end

        (found, end), vjp = jax.vjp(run, start, given.reads, theta)
        return Replay(found, end, edges, vjp)
