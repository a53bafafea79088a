"""A source of given events."""

from __future__ import annotations

from ngcsnn.graph import Component, checks, hyper, input_, output, relay


class SpikeSource(Component):
    """Emits the events it is fed, unchanged: the place where recorded or encoded spikes enter a network.

    Fed either through compilers (`{inp: events}`) or in a process (`{inp.s: (T, batch, n_units)}`: rows are what it
    emits during each step). Shapes (batch, n_units); several events of a unit in one step add up.
    """

    stage = "source"
    relays = ("inputs", "s")

    n_units = hyper(kind=int, check=checks.positive, doc="number of input units")
    inputs = input_(shape="n_units", timed=True, doc="events to emit during the step")
    s = output(shape="n_units", timed=True, doc="events emitted during the step")

    def advance(self) -> None:
        self.s.set_moments(*self.inputs.moments())
        relay(self.inputs, self.s)
