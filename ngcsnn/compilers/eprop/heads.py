"""Linear filters of a cell's spikes, on whose outputs learning signals act.

    F(t) = a F(t - 1) + b s(t),    y(t) = c F(t - 1) + e s(t)        F of d numbers for each cell

A readout's dynamics, a filter kappa, a running mean of spikes and a count are all of this form.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.compilers.eprop.feedback import Filter
from ngcsnn.compilers.eprop.network_step import NetworkStep
from ngcsnn.compilers.parameters import Params
from ngcsnn.compilers.plan import Leaf
from ngcsnn.graph import GraphError


class Head(NamedTuple):
    """a (d, d), b (d,), c (d,), e a number, as above."""

    a: Any
    b: Any
    c: Any
    e: Any

    @property
    def size(self) -> int:
        return self.b.shape[0]

    def __call__(self, state: Any, s: Any) -> tuple[Any, Any]:
        """(F, y) from the last F (d, batch, n) and the spikes (batch, n)."""
        a, b, c = (x.astype(s.dtype)[..., None, None] for x in (self.a, self.b, self.c))
        return (a * state).sum(axis=1) + b * s, (c * state).sum(axis=0) + self.e * s


def leaky(kappa: float, gain: float, lag: int = 0) -> Head:
    """kappa F + gain s, heard in the same step (lag 0) or one step later (1)."""
    a, b = jnp.full((1, 1), kappa), jnp.full((1,), gain)
    return Head(a, b, a[0], gain) if lag == 0 else Head(a, b, jnp.ones(1), 0.0)


def of_filter(way: Filter) -> Head:
    """That of a filter between outputs and hidden cells."""
    if way.lag not in (0, 1):
        raise GraphError(
            f"`mode` 'streaming' and 'online' hear an error in its own step or one step later, not with a lag of "
            f"{way.lag} steps; choose other conventions, or mode 'factorised'"
        )
    return leaky(way.kappa, way.gain, way.lag)


def of_readout(step: NetworkStep, params: Params, output: str, recorded: Leaf, arriving: Leaf, at_once: bool) -> Head:
    """That of a linear output cell, from arrivals to what is recorded, as its first unit has it."""
    system = _system(step, params, output, recorded, arriving)
    a, b, c, e = (x[..., 0] for x in system)
    if at_once:
        return Head(a, b, c, e)
    d = b.shape[0]  # what arrives is one step old: s is part of the state
    late = jnp.zeros((d + 1, d + 1), a.dtype).at[:d, :d].set(a).at[:d, d].set(b)
    return Head(late, jnp.zeros(d + 1, a.dtype).at[d].set(1.0), jnp.append(c, e), jnp.zeros((), a.dtype))


def check_uniform(step: NetworkStep, params: Params, output: str, recorded: Leaf, arriving: Leaf) -> None:
    """Raise unless all units of the output are one linear filter."""
    a, b, c, e = jax.jit(lambda p: _system(step, p, output, recorded, arriving))(params)
    again = jax.jit(lambda p: _system(step, p, output, recorded, arriving, at=0.5))(params)
    same = all(np.allclose(x, x[..., :1], rtol=1e-6) for x in (a, b, c, e))
    linear = all(np.allclose(x, y, rtol=1e-6) for x, y in zip((a, b, c, e), again, strict=True))
    if not same or not linear:
        what = "have time constants of their own" if linear else "are not linear"
        raise GraphError(
            f"`mode` 'streaming' and 'online' need outputs that filter all alike, and the units of '{output}' {what}; "
            "give a `kappa`, or choose mode 'factorised'"
        )


def _system(step: NetworkStep, params: Params, output: str, recorded: Leaf, arriving: Leaf, at: float = 0.0) -> Any:
    """a (d, d, n), b (d, n), c (d, n), e (n): derivatives of one step of the output at a state of `at` everywhere."""
    cell: Any = step.context.components[output]
    start = step.start(params, 1)
    fields = [(output, f) for f in cell.State._fields]
    state = {leaf: value for leaf, value in start.items() if leaf[0] == output}
    sources = {leaf: jnp.zeros_like(value) for leaf, value in start.items() if leaf[0] != output}

    def one(x: Any, size: Any) -> tuple[Any, Any]:
        here = {**sources, **state, **dict(zip(fields, x, strict=True))}
        frame = step.frame(params, {**here, arriving: sources[arriving] + size})
        step.advance(frame, output)
        values = frame.values
        return jnp.stack([values[n][k] for n, k in fields])[:, 0], values[recorded[0]][recorded[1]][0]

    x = jnp.full((len(fields), *start[fields[0]].shape), at, start[fields[0]].dtype)
    columns = [jax.jvp(lambda x: one(x, 0.0), (x,), (jnp.zeros_like(x).at[d].set(1.0),))[1] for d in range(len(fields))]
    size = jnp.zeros((), x.dtype)
    b, e = jax.jvp(lambda size: one(x, size), (size,), (jnp.ones_like(size),))[1]
    return jnp.stack([new for new, _ in columns], axis=1), b, jnp.stack([y for _, y in columns]), e
