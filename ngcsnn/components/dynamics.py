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
    preferred: the integrator of a cell without.
    A state `x` is a NamedTuple of arrays (batch, n_units): the own fields, then `i_<port>` for each port. A subclass
    may state `flow` (of the whole state) instead of `velocity`.
    """

    fields: ClassVar[tuple[str, ...]] = ("v",)
    preferred: ClassVar[str] = "rk4"

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
        doc="exact, euler, rk2 (or midpoint), heun, ralston, rk4, exp_euler, exp_midpoint or adaptive (the last three "
        "for stiff cells); the closed form where the cell has one, else what suits it, mostly rk4",
    )  # fmt: skip
    j = input_(shape="n_units", doc="input current, held during the step")

    ports: tuple[str, ...]
    State: Any

    def setup(self) -> None:
        self.ports = tuple(self._declare_ports())
        names = dict.fromkeys([*self.fields, *map(self.field_of, self.ports)])
        self.State = namedtuple(f"{type(self).__name__}State", list(names))
        label = f"{type(self).__name__} '{self.name}'"
        for field in self.fields:
            if field not in self.compartments or self.compartments[field].role != "state":
                raise GraphError(f"{label}: the field '{field}' of its state needs a declaration {field} = state(...)")
        if self.own_flow:
            if self.integration is not None:
                raise GraphError(f"{label} states its own flow: `integration` does not apply, got {self.integration!r}")
            return
        if self.integration is None:
            self.integration = "exact" if self.has_closed_form else self.preferred
            self.arguments["integration"] = self.integration
        if self.integration == "exact" and not self.has_closed_form:
            raise GraphError(f"{label} has no closed form: `integration` must be one of {', '.join(INTEGRATORS)}")
        if not self.own_velocity and self.integration != "exact":
            raise GraphError(f"{label} must define velocity(x, j) for `integration` {self.integration!r}")

    def _declare_ports(self) -> dict[str, Any]:
        receptors = self._receptor_values()
        for port, tau in receptors.items():
            name, given = f"tau_{port}", self.receptors is not None
            taken = hasattr(self, port) or f"i_{port}" in self.compartments or (given and name in self.compartments)
            if taken or not port.isidentifier():
                raise GraphError(f"'{self.name}': `receptors` cannot name a port '{port}': not an identifier, or taken")
            if name not in self.compartments:
                declared: Any = param(
                    tau, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
                    doc=f"time constant of the synaptic current of port `{port}`",
                )  # fmt: skip
                self.declare(name, declared)
            self.declare(port, input_(shape="n_units", timed=True, doc=f"events for the synaptic current `i_{port}`"))
            self.declare(f"i_{port}", state(shape="n_units", doc=f"synaptic current of port `{port}`"))
        return receptors

    def _receptor_values(self) -> dict[str, Any]:
        if self.receptors is None:
            return {"syn": 5.0}
        if self.tau_syn is not None:
            raise GraphError(f"'{self.name}': give either `tau_syn` (in ms) or `receptors`, not both")
        if not self.receptors or not all(isinstance(port, str) for port in self.receptors):
            raise GraphError(
                f"'{self.name}': `receptors` must map names of ports to times in ms, got {self.receptors!r}"
            )
        if any(tau is None for tau in self.receptors.values()):
            raise GraphError(f"'{self.name}': `receptors` needs a time constant (in ms) for each port, got none")
        return self.receptors

    # --- what the class states ----------------------------------------------------------------------------------
    @property
    def own_velocity(self) -> bool:
        return type(self).velocity is not DynamicCell.velocity

    @property
    def own_flow(self) -> bool:
        return type(self).flow is not DynamicCell.flow

    @property
    def has_closed_form(self) -> bool:
        """Whether `exact_flow` is there, and solves the velocity that the class states."""
        return hasattr(self, "exact_flow") and not self.restates("velocity", since="exact_flow")

    def restates(self, *methods: str, since: str) -> bool:
        """Whether a subclass replaced any of `methods` below the class that wrote `since`, its closed form."""
        order = type(self).__mro__
        written = next((i for i, c in enumerate(order) if since in vars(c)), len(order))
        return any(method in vars(c) for c in order[:written] for method in methods)

    # --- the mathematics ----------------------------------------------------------------------------------------
    def velocity(self, x: Any, j: Any) -> Any:
        """dx/dt of the cell's own fields, as `x._replace(v=...)`; `j` holds all currents, synaptic ones included."""
        raise TypeError(f"{type(self).__name__} must define velocity(x, j)")

    def rate(self, x: Any, j: Any) -> Any:
        """dx/dt of the whole state."""
        if not self.own_velocity:
            start = jnp.zeros((), jnp.result_type(x[0]))
            return jax.jvp(lambda dt: self.flow(x, j, dt), (start,), (jnp.ones_like(start),))[1]
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
        field = self.field_of(port)
        moved = x._replace(**{field: getattr(x, field) + m0})
        if m1 is None:
            return moved
        zeros = {name: jnp.zeros_like(value) for name, value in x._asdict().items()}
        unit = type(x)(**{**zeros, field: jnp.ones_like(getattr(x, field))})
        along = jax.jvp(lambda y: self.rate(y, j), (x,), (unit,))[1]
        return type(x)(*(a - b * m1 for a, b in zip(moved, along, strict=True)))

    # --- reading and writing ------------------------------------------------------------------------------------
    def field_of(self, port: str) -> str:
        """The variable in which an event at `port` makes a jump."""
        return f"i_{port}"

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
        """The input current of this step; plain 0 where nothing can drive it."""
        return self.j.get() if self.j.is_driven else 0.0

    def arrivals(self, x: Any, j: Any) -> Any:
        """The state after the events that were emitted during the last step."""
        for port in self.ports:
            compartment = self.compartments[port]
            if compartment.is_driven:
                x = self.receive(x, port, *compartment.moments(), j)
        return x
