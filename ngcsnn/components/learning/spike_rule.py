"""The base of rules whose two sides emit spikes: traces of them, exact in their times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax.numpy as jnp

from ngcsnn.components.learning.rule import LearningRule
from ngcsnn.components.traces.arrival import arrived
from ngcsnn.graph import checks, hyper, input_, state

PAIRINGS = ("all", "nearest")


def pairing() -> Any:
    """Declare `pairing`: the spikes that a spike on the other side is paired with."""
    doc = "the spikes that a spike on the other side is paired with: all before it, or the nearest"
    return hyper("all", kind=str, check=checks.one_of(*PAIRINGS), doc=doc)


class SpikeTrace(NamedTuple):
    """A trace of the spikes of one side, "pre" or "post": dx/dt = -x / tau (ms), x += 1 at a spike.

    nearest: x = 1 at a spike, so that only the last one counts.
    """

    side: str
    tau: float
    nearest: bool = False


class SpikeRule(LearningRule):
    """Base of rules that act at spikes and read traces of them, which they keep themselves.

    A subclass states `traces()`. A trace x is a state, its value at the step's end; x_earlier is the same without the
    spikes of the step, which is what they find themselves. Times are those of the spikes, inside the step where they
    are known: what a spike meets of the steps before is exact for any dt. Of two spikes within one step (one on each
    side) the order is not looked at: they count as half a pair of either order, at their distance. So drift by spikes
    of independent units is right to second order in dt, and a pair in one step is off by half of what order changes.
    """

    pre = input_(shape=lambda c: c.target.sizes[:1], timed=True, doc="spikes of the presynaptic units")
    post = input_(shape=lambda c: c.target.sizes[1:], timed=True, doc="spikes of the postsynaptic units")

    def traces(self) -> Mapping[str, SpikeTrace]:
        """The traces of the rule by their names."""
        return {}

    def setup(self) -> None:
        super().setup()
        for name, trace in self.traces().items():
            shape = self.compartments[trace.side].shape
            self.declare(name, state(shape=shape, doc=f"trace of the {trace.side}synaptic spikes, {trace.tau:g} ms"))
            self.declare(_earlier(name), state(shape=shape, doc=f"{name} without the spikes of this step"))

    def advance(self) -> None:
        for name, trace in self.traces().items():
            self._follow(name, trace)

    def _follow(self, name: str, trace: SpikeTrace) -> None:
        x, inputs = self.compartments[name], self.compartments[trace.side]
        earlier = x.get() * jnp.exp(-self.context.dt / trace.tau)
        new = arrived(inputs, lambda age: jnp.exp(-age / trace.tau), -1.0 / trace.tau)
        if trace.nearest:
            s = inputs.get()
            x.set(earlier * (1.0 - jnp.minimum(s, 1.0)) + new / jnp.maximum(s, 1.0))
        else:
            x.set(earlier + new)
        self.compartments[_earlier(name)].set(earlier)

    # --- what terms are made of -----------------------------------------------------------------------------------
    def met(self, name: str) -> Any:
        """What spikes of the other side find of a trace, told at the step's end; see `fired`."""
        return 0.5 * (self.compartments[name].get() + self.compartments[_earlier(name)].get())

    def own(self, name: str) -> Any:
        """What spikes of its own side find of a trace, told at the step's end; see `fired`."""
        return self.compartments[_earlier(name)].get()

    def fired(self, side: str, *taus: float) -> Any:
        """Spikes, each as large as it takes to bring a product of traces from the step's end back to its time.

        s exp(-offset (1 / tau_1 + ...)), offset <= 0: times a trace of time constant tau at the step's end, this is the
        trace at the spike.
        """
        m0, m1 = self.compartments[side].moments()
        if m1 is None:
            return m0
        some = m0 != 0
        offset = jnp.where(some, m1, 0.0) / jnp.where(some, m0, 1.0)
        return m0 * jnp.exp(-offset * sum(1.0 / tau for tau in taus))


def _earlier(name: str) -> str:
    return f"{name}_earlier"
