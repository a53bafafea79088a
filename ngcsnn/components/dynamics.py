"""Cells as dynamics: a state that flows between events and receives them through ports.

A subclass states `velocity(x, j)` for its own fields; synaptic currents live in the ports and are added here:
    dx/dt = velocity(x, j + sum_r i_r),    tau_r di_r/dt = -i_r,    i_r += size of an event at port r.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from ngcsnn.components.integrators import INTEGRATORS
from ngcsnn.graph import Component, GraphError, checks, hyper, input_, param, state

_METHODS = ("exact", *INTEGRATORS)


class DynamicCell(Component):
    """Base of cells with a flow; see `ngcsnn.components.dynamics`.

    fields: names of the cell's own state compartments. `exact_flow(x, j, dt)`: the closed form, where there is one.
    A state `x` is a NamedTuple of arrays (batch, n_units): the own fields, then `i_<port>` for each port.
    """

    fields: ClassVar[tuple[str, ...]] = ("v",)
    default_integration: ClassVar[str] = "exact"

    n_units = hyper(kind=int, check=checks.positive, doc="number of cells")
    tau_syn = param(
        None, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="time constant of the synaptic current of port `syn`; 5.0 unless `receptors` are given",
    )  # fmt: skip
    receptors = hyper(
        None, kind=(dict, type(None)), unit="ms", doc="ports by name with their time constants, instead of `syn`"
    )
    integration = hyper(
        None, kind=(str, type(None)), check=checks.one_of(*_METHODS),
        doc="exact, euler, rk2, rk4 or exp_euler; the closed form where the cell has one, else rk4",
    )  # fmt: skip
    j = input_(shape="n_units", doc="input current, held during the step")

    ports: tuple[str, ...]
    State: Any

    def setup(self) -> None:
        receptors = self._receptor_values()
        for port, tau in receptors.items():
            if port in self.compartments or not str(port).isidentifier():
                raise GraphError(f"'{self.name}': `receptors` cannot name a port '{port}'")
            doc = f"time constant of the synaptic current of port `{port}`"
            if f"tau_{port}" not in self.compartments:
                tau_declared: Any = param(
                    tau, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")), doc=doc
                )
                self.declare(f"tau_{port}", tau_declared)
            self.declare(port, input_(shape="n_units", timed=True, doc=f"events for the synaptic current `i_{port}`"))
            self.declare(f"i_{port}", state(shape="n_units", doc=f"synaptic current of port `{port}`"))
        self.ports = tuple(receptors)
        self.State = namedtuple(f"{type(self).__name__}State", [*self.fields, *(f"i_{p}" for p in self.ports)])
        if self.integration is None:
            self.integration = self.default_integration
            self.arguments["integration"] = self.integration
        if self.integration == "exact" and not hasattr(self, "exact_flow"):
            raise GraphError(f"{type(self).__name__} '{self.name}' has no closed form: `integration` can be rk4, ...")

    def _receptor_values(self) -> dict[str, Any]:
        if self.receptors is None:
            return {"syn": 5.0}
        if self.tau_syn is not None:
            raise GraphError(f"'{self.name}': give either `tau_syn` (in ms) or `receptors`, not both")
        if not self.receptors:
            raise GraphError(f"'{self.name}': `receptors` must name at least one port")
        return self.receptors

    # --- the mathematics ----------------------------------------------------------------------------------------
    def velocity(self, x: Any, j: Any) -> Any:
        """dx/dt of the cell's own fields, as `x._replace(v=...)`; `j` holds all currents, synaptic ones included."""
        raise TypeError(f"{type(self).__name__} must define velocity(x, j)")

    def rate(self, x: Any, j: Any) -> Any:
        """dx/dt of the whole state."""
        own = self.velocity(x, j + self.synaptic_current(x))
        decays = {f"i_{p}": -getattr(x, f"i_{p}") / self.tau_of(p) for p in self.ports}
        return own._replace(**decays)

    def flow(self, x: Any, j: Any, dt: Any) -> Any:
        """The state `dt` ms later without events; `dt` may be an array, and negative."""
        if self.integration == "exact":
            return self.exact_flow(x, j, dt)
        return INTEGRATORS[self.integration](lambda y: self.rate(y, j), x, dt)

    def receive(self, x: Any, port: str, m0: Any, m1: Any, j: Any = 0.0) -> Any:
        """Effect of the events that reached `port` during the last step, given by their moments.

        x + e m0 - (dF/dx e) m1, with e the port's direction: an event that came -tau before the step's end has flowed
        since. Right to second order in dt for every port that is linear in its jump. m1 None: events at the step's end.
        """
        field = f"i_{port}"
        moved = x._replace(**{field: getattr(x, field) + m0})
        if m1 is None:
            return moved
        zeros = {name: jnp.zeros_like(value) for name, value in x._asdict().items()}
        unit = type(x)(**{**zeros, field: jnp.ones_like(getattr(x, field))})
        along = jax.jvp(lambda y: self.rate(y, j), (x,), (unit,))[1]
        return type(x)(*(a - b * m1 for a, b in zip(moved, along, strict=True)))

    # --- reading and writing ------------------------------------------------------------------------------------
    def tau_of(self, port: str) -> Any:
        return self.compartments[f"tau_{port}"].get()

    def synaptic_current(self, x: Any) -> Any:
        total = getattr(x, f"i_{self.ports[0]}")
        for port in self.ports[1:]:
            total = total + getattr(x, f"i_{port}")
        return total

    def read(self) -> Any:
        """The state as it stands in the compartments."""
        return self.State(*(self.compartments[f].get() for f in self.State._fields))

    def write(self, x: Any) -> None:
        for field in self.State._fields:
            self.compartments[field].set(getattr(x, field))

    def current(self) -> Any:
        """The input current of this step; plain 0 where nothing drives it."""
        return self.j.get() if self.j.is_driven else 0.0

    def arrivals(self, x: Any, j: Any) -> Any:
        """The state after the events that were emitted during the last step."""
        for port in self.ports:
            compartment = self.compartments[port]
            if compartment.is_driven:
                x = self.receive(x, port, *compartment.moments(), j)
        return x
