"""Short-term plasticity: how much a synapse releases depends on the events before."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.graph import Component, GraphError, checks, hyper, input_, output, param, state


class ShortTermPlasticity(Component):
    """Depression and facilitation of a unit's synapses, between the unit and any synapse.

        du/dt = -u / tau_facil,          at an event   u <- u + U (1 - u)
        dx/dt = (1 - x) / tau_rec,       then          x <- x - u x,     and  u x  is released: the event's new size

    `cell.s >> stp.inputs; stp.outputs >> w.inputs`, weights the absolute efficacies. u: share of the resources that an
    event uses; x: share of the resources that is there. Without `tau_facil` u is U at every event (depression alone);
    without `tau_rec` x stays 1 (facilitation alone). Exact in time: each event acts at its own time within the step, so
    nothing depends on dt. At regular events every T ms it settles at

        u = U / (1 - (1 - U) exp(-T / tau_facil)),   x = (1 - e) / (1 - (1 - u) e),   e = exp(-T / tau_rec)

    Several events of a unit in one step are taken to come together, at their mean time: those after the first release
    x (1 - (1 - u)^k) together. A first moment without an event moves the release of the step before. Shapes
    (batch, n_units). Source: Tsodyks, Pawelzik & Markram 1998, Neural Comput. 10:821; Tsodyks & Markram 1997, PNAS
    94:719 (depressing: U 0.5, tau_rec 800 ms; facilitating: U 0.04, tau_facil 1000 ms, tau_rec 100 ms).
    """

    stage = "synapse"

    n_units = hyper(kind=int, check=checks.positive, doc="number of presynaptic units")
    U = param(0.5, shape="n_units", check=checks.fraction, bounds=(0.0, 1.0), doc="share that a first event uses")
    tau_facil = param(
        None, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="time constant of facilitation; none without it",
    )  # fmt: skip
    tau_rec = param(
        None, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="time constant of recovery from depression; none without it",
    )  # fmt: skip
    inputs = input_(shape="n_units", timed=True, doc="events of the presynaptic units")
    u = state(shape="n_units", doc="share that is used, at the step's start")
    x = state(shape="n_units", init=1.0, doc="share that is there, at the step's start")
    released = state(shape="n_units", doc="what the last step's events released")
    outputs = output(shape="n_units", timed=True, doc="events of the size that is released")

    def setup(self) -> None:
        if self.tau_facil is None and self.tau_rec is None:
            raise GraphError(
                f"ShortTermPlasticity '{self.name}' without `tau_facil` and `tau_rec` (in ms) changes nothing: give one"
            )

    def advance(self) -> None:
        m0, m1 = self.inputs.moments()
        some = m0 > 0
        size = jnp.where(some, m0, 0.0)
        age = jnp.zeros_like(m0) if m1 is None else jnp.where(some, -m1, 0.0) / jnp.where(some, m0, 1.0)
        u, x = self._flow(self.u.get(), self.x.get(), self.context.dt - age)
        first, more = jnp.minimum(size, 1.0), jnp.maximum(size - 1.0, 0.0)
        U = self.U.get()
        u = u + U * (1.0 - u) * first if self.tau_facil is not None else jnp.broadcast_to(U, u.shape)
        out = first * u * x
        if self.tau_rec is not None:
            x = x - out
        out, x, u = self._several(more, out, x, u)
        u, x = self._flow(u, x, age)
        before = self.released.get()
        for compartment, value in ((self.u, u), (self.x, x), (self.released, out)):
            compartment.set(value)
        self.outputs.set_moments(out, None if m1 is None else jnp.where(some, -age * out, before * m1))

    def _flow(self, u: Any, x: Any, time: Any) -> tuple[Any, Any]:
        """u and x after `time` ms without events."""
        if self.tau_facil is not None:
            u = u * jnp.exp(-time / self.tau_facil.get())
        if self.tau_rec is not None:
            x = 1.0 - (1.0 - x) * jnp.exp(-time / self.tau_rec.get())
        return u, x

    def _several(self, more: Any, out: Any, x: Any, u: Any) -> tuple[Any, Any, Any]:
        """(out, x, u) after `more` further events at the same time."""
        there, count = more > 0, jnp.where(more > 0, more, 1.0)
        if self.tau_facil is not None:
            u = jnp.where(there, 1.0 - (1.0 - u) * _left(self.U.get(), count), u)
        if self.tau_rec is None:
            return out + jnp.where(there, count * u * x, 0.0), x, u
        kept = x * _left(u, count)
        return jnp.where(there, out + x - kept, out), jnp.where(there, kept, x), u


def _left(share: Any, count: Any) -> Any:
    """(1 - share)^count, with a finite derivative where nothing is left."""
    return jnp.maximum(1.0 - share, 1e-12) ** count
