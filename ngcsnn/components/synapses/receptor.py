"""Synapses with dynamics: receptors between any synapse and a cell, current or conductance based."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.graph import Component, GraphError, checks, hyper, input_, output, param, state

AT_REST = 3.57  # mM of magnesium that block half of the receptors at 0 mV (Jahr & Stevens 1990)


def time_constant(default: float, doc: str) -> Any:
    """Declare a time constant of a receptor."""
    return param(default, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")), doc=doc)


def on_arrival(m0: Any, m1: Any, kernel: Any, dt: float) -> Any:
    """What events have become by the step's start, where an event of one has become kernel(age) after `age` ms.

    Linear in the events, whatever their signs: the kernel is taken on its chord from age 0 to dt, exact at both ends
    and right to second order in dt between. m1 None: all events are at the step's start.
    """
    now = kernel(jnp.zeros(()))
    return m0 * now if m1 is None else m0 * now - m1 * ((kernel(jnp.full((), dt)) - now) / dt)


class Receptor(Component):
    """Base of receptors: `w.outputs >> receptor.inputs; receptor.outputs >> cell.j`, w any synapse.

        outputs = mean of g                         current based (without `reversal`)
        outputs = mean of g * (reversal - v) B(v)   conductance based, with cell.v >> receptor.v
        B(v) = 1 / (1 + magnesium / 3.57 exp(-0.062 v)),  v in mV; 1 without `magnesium`

    g follows its events from step to step, exactly between them. What is put out is its mean over the step that it acts
    in, and over the rest of the step before for an event that came within that one: the charge of an event does not
    depend on dt. The potential is that at the step's start, held during the step.
    Weights of the synapse are amplitudes, in the unit of the cell's current, or of conductance. norm "peak": an event
    of weight 1 raises g to at most 1; norm "area": of integral 1 (per ms). A subclass states `follow`. Shapes
    (batch, n_units). Sources: Destexhe, Mainen & Sejnowski 1994, J. Comput. Neurosci. 1:195; Jahr & Stevens 1990, J.
    Neurosci. 10:3178.
    """

    stage = "synapse"

    n_units = hyper(kind=int, check=checks.positive, doc="number of receptors, one for each unit of the cell")
    reversal = param(
        None, shape="n_units", unit="mV", check=checks.finite, doc="reversal potential; current based without it"
    )
    magnesium = hyper(
        None, kind=(float, type(None)), unit="mM", check=checks.non_negative,
        doc="concentration that blocks the receptor at rest (NMDA, about 1); none by default",
    )  # fmt: skip
    norm = hyper("peak", kind=str, check=checks.one_of("peak", "area"), doc="peak or area")
    inputs = input_(shape="n_units", timed=True, doc="weighted events, what a synapse puts out")
    g = state(shape="n_units", doc="current or conductance at the step's start")
    outputs = output(shape="n_units", doc="current during the step, for `j` of a cell")

    def setup(self) -> None:
        if "reversal" in self.compartments:
            doc = "potential of the cell"
            self.declare("v", input_(shape="n_units", unit="mV", doc=doc))
        elif self.magnesium is not None:
            raise GraphError(f"{type(self).__name__} '{self.name}': `magnesium` needs `reversal`")

    def follow(self, m0: Any, m1: Any) -> tuple[Any, Any, Any]:
        """Bring the state to this step's start, with the events of the last step.

        Returns (g there, its integral over the step, the integral of g over a step that starts with an event of 1).
        """
        raise TypeError(f"{type(self).__name__} must define follow(m0, m1)")

    def advance(self) -> None:
        m0, m1 = self.inputs.moments()
        g, charge, of_one = self.follow(m0, m1)
        self.g.set(g)
        dt = self.context.dt
        mean = charge / dt if m1 is None else (charge - m1 / dt * of_one) / dt  # what came too late for its own step
        if "reversal" in self.compartments:
            v = self.v.get()
            mean = mean * (self.reversal.get() - v)
            if self.magnesium is not None:
                mean = mean / (1.0 + self.magnesium / AT_REST * jnp.exp(-0.062 * v))
        self.outputs.set(mean)
