"""NEST's weight optimiser for updates within a trial: in every step, or whenever a synapse transmits."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from numbers import Real
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from ngcsnn.optim.errors import unknown_name
from ngcsnn.optim.nest_lazy import TYPES, nest_lazy_init, nest_lazy_step

PyTree = Any


class OnlineState(NamedTuple):
    """State of a `NestOnline`."""

    calls: jax.Array  # shape (), int32: time steps so far
    memory: PyTree  # `LazyParams` of every array


@dataclass(frozen=True, kw_only=True)
class NestOnline:
    """`nest_lazy_step` as an optimiser; made by `nest_optimiser(..., optimize_each_step=...)`, which has the equations.

    With True, every weight moves in every step in which its synapse takes part (`eprop_isi_trace_cutoff`), and Adam
    makes up for the steps in between. With False, gradients add up until a synapse is about to transmit.
    `EPropCompiler(mode="online")` tells it, by `step_where`, which synapses take part and which transmit next.

    Args, by NEST's names: type ("gradient_descent" or "adam"), batch_size (steps), eta, Wmin, Wmax, optimize_each_step,
    and of Adam beta_1, beta_2, epsilon (default None: NEST's 0.9, 0.999, 1e-7).
    Errors: `ValueError` for an unknown type, numbers out of range, and Adam's parameters without Adam.
    """

    type: str = "gradient_descent"
    batch_size: int = 1
    eta: float = 1e-4
    Wmin: float = -100.0
    Wmax: float = 100.0
    beta_1: float | None = None
    beta_2: float | None = None
    epsilon: float | None = None
    optimize_each_step: bool = True

    def __post_init__(self) -> None:
        if self.type not in TYPES:
            raise unknown_name("`type` of NEST's optimiser", self.type, TYPES)
        if not isinstance(self.optimize_each_step, bool):
            raise ValueError(f"`optimize_each_step` must be True or False, got {self.optimize_each_step!r}")
        for name in ("beta_1", "beta_2", "epsilon"):
            if self.type != "adam" and getattr(self, name) is not None:
                raise ValueError(f"`{name}` applies to type 'adam', not to '{self.type}'")
        told = self.parameters()
        for name, value in told.items():
            if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
                raise ValueError(f"`{name}` of NEST's optimiser must be a finite number, got {value!r}")
        for name, least, below in (("eta", 0.0, math.inf), ("beta_1", 0.0, 1.0), ("beta_2", 0.0, 1.0)):
            if not least <= told.get(name, 0.0) < below:
                raise ValueError(f"`{name}` must lie in [{least:g}, {below:g}), got {told[name]!r}")
        if self.batch_size != int(self.batch_size) or self.batch_size < 1:
            raise ValueError(f"`batch_size` must be a whole number >= 1, got {self.batch_size!r}")
        if self.Wmin > self.Wmax:
            raise ValueError(f"`Wmin` must not lie above `Wmax`, got {self.Wmin} and {self.Wmax}")

    def parameters(self) -> dict[str, Any]:
        """Those of this type, for `nest_lazy_step`."""
        given = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {k: default if given[k] is None else given[k] for k, default in TYPES[self.type].items()}

    def init(self, params: PyTree) -> OnlineState:
        """Return the state before the first step."""
        return OnlineState(jnp.zeros((), jnp.int32), jax.tree.map(nest_lazy_init, params))

    def step(self, opt_state: OnlineState, params: PyTree, grads: PyTree) -> tuple[OnlineState, PyTree]:
        """Return `(opt_state, params)` after a step in which every weight takes part.

        Errors: `ValueError` with optimize_each_step=False: nobody says which synapses transmit.
        """
        if not self.optimize_each_step:
            raise ValueError(
                "optimize_each_step=False needs to know which synapses transmit: EPropCompiler(mode='online')"
            )
        return self.step_where(opt_state, params, grads, jax.tree.map(lambda p: True, params), None)

    def step_where(
        self, opt_state: OnlineState, params: PyTree, grads: PyTree, active: PyTree, due: PyTree
    ) -> tuple[OnlineState, PyTree]:
        """The same, where only `active` weights take part, and those that are `due` transmit next.

        active, due: trees like `params` of bools that broadcast to the weights; due None: nobody asks.
        """
        leaves, tree = jax.tree.flatten(params)
        every: list[Any] = [True] * len(leaves)
        asked = not self.optimize_each_step and due is not None
        rows = zip(
            tree.flatten_up_to(opt_state.memory), leaves, tree.flatten_up_to(grads), tree.flatten_up_to(active),
            tree.flatten_up_to(due) if asked else every, strict=True,
        )  # fmt: skip
        told = self.parameters()
        done = [
            nest_lazy_step(memory, w, g, on, opt_state.calls, self.type, now, **told) for memory, w, g, on, now in rows
        ]
        memory, new = (tree.unflatten(part) for part in zip(*done, strict=True))
        return OnlineState(opt_state.calls + 1, memory), new

    def set_step(self, opt_state: OnlineState, step: Any) -> OnlineState:
        """Return `opt_state`: there is no schedule."""
        return opt_state
