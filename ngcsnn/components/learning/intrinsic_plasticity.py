"""Intrinsic plasticity: a cell moves a parameter of its own until it is as active as it should be."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.learning.running_rate import running_rate
from ngcsnn.graph import Compartment, Component, GraphError, checks, hyper, input_, reference, state


class IntrinsicPlasticity(Component):
    """Homeostasis of excitability: a threshold, gain or other parameter of a cell follows its mean activity.

        dp_j/dt = rate (r_j - target_rate),    tau_rate dr_j/dt = -r_j + (spikes of cell j, as impulses, in Hz)

    p is the cell's `parameter`; raising a threshold makes a cell fire less, so its rate is positive, that of a gain or
    a bias negative. Where it is one number for all cells it moves with the mean over them; give it as an array for one
    each. With values in place of spikes (spikes=False) r is their running mean. Wire the cell's output to `activity`.
    The parameter keeps within [low, high] and its own bounds. r is the mean of all samples, lasts from trial to trial
    as the parameter does, and starts at target_rate. No synapse takes part: `evolve` moves the parameter itself, in
    `net.evolve` as the synapses do. Sources: Desai, Rutherford & Turrigiano 1999, Nat. Neurosci. 2:515; Lazar, Pipa &
    Triesch 2009, Front. Comput. Neurosci. 3:23 (thresholds).
    """

    stage = "rule"

    cell = reference(doc="the cell whose parameter moves, or its name")
    parameter = hyper("v_thr", kind=str, doc="the parameter that moves")
    target_rate = hyper(5.0, kind=float, unit="Hz", check=checks.finite, doc="mean activity of a cell")
    rate = hyper(1e-6, kind=float, check=checks.finite, doc="change of the parameter per ms and Hz too much")
    tau_rate = hyper(1e3, kind=float, unit="ms", check=checks.positive, doc="time constant of the mean activity")
    spikes = hyper(True, kind=bool, doc="whether `activity` are spikes, whose rate is told in Hz, or values")
    low = hyper(None, kind=(float, type(None)), check=checks.finite, doc="smallest value of the parameter")
    high = hyper(None, kind=(float, type(None)), check=checks.finite, doc="largest value of the parameter")
    activity = input_(shape=lambda c: (c.target.n_units,), doc="what the cell emits")

    def setup(self) -> None:
        label, moved = f"IntrinsicPlasticity '{self.name}'", self._moved()
        if moved.role != "param":
            raise GraphError(
                f"{label}: `parameter` '{self.parameter}' of '{self.cell}' is a {moved.role}, no parameter"
            )
        if moved.get().shape not in ((), (self.target.n_units,)):
            raise GraphError(
                f"{label}: `parameter` '{self.parameter}' of '{self.cell}' must be one number, or one for each of "
                f"{self.target.n_units} cells, has shape {moved.get().shape}"
            )
        low, high = self._bounds()
        if low > high:
            raise GraphError(
                f"{label}: `low` must be <= `high` within the bounds of '{self.parameter}': [{low}, {high}]"
            )
        shape, doc = (self.target.n_units,), "running mean of the activity"
        self.declare("r", state(shape=shape, init=self.target_rate, batched=False, keep=True, doc=doc))

    @property
    def target(self) -> Any:
        """The cell itself."""
        return self.referred("cell", "advance", "cell")

    def _moved(self) -> Compartment:
        return self.target.compartment(self.parameter)

    def _bounds(self) -> tuple[float, float]:
        low, high = self.target.bounds(self.parameter)
        return max(low, -jnp.inf if self.low is None else self.low), min(
            high, jnp.inf if self.high is None else self.high
        )

    def advance(self) -> None:
        mean = running_rate(self.r.get(), self.activity.get(), self.context.dt, self.tau_rate, self.spikes)
        self.r.set(mean)

    def evolve(self) -> None:
        """Move the parameter by what this step asks for."""
        moved = self._moved()
        value = moved.get()
        change = self.context.dt * self.rate * (self.r.get() - self.target_rate)
        new = value + (change.mean() if value.ndim == 0 else change)
        moved.set(jnp.clip(new, *self._bounds()))
