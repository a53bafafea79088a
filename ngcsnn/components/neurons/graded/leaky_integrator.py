"""Leaky integrator: the usual readout."""

from __future__ import annotations

from typing import Any

from ngcsnn.components.dynamics import DynamicCell
from ngcsnn.components.neurons.membrane import half_second_moment, leaky_flow, leaky_receive
from ngcsnn.credit import resolve
from ngcsnn.graph import checks, output, param, state


class LICell(DynamicCell):
    """Leaky integrators without threshold.

        tau_m dv/dt = v_rest - v + bias + j + sum_r i_r,    tau_r di_r/dt = -i_r,    i_r += w at an event of weight w

    `v_mean` is the mean of v over the step, by the Hermite rule
        (v0 + v1) / 2 + dt (v0' - v1') / 12        (fourth order between events, second order over them),
    so that time integrals of v do not carry the first-order error of a sum over steps. Shapes (batch, n_units).
    """

    tau_m = param(
        20.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="membrane time constant",
    )  # fmt: skip
    v_rest = param(0.0, shape="n_units", check=checks.finite, doc="resting potential")
    bias = param(
        None, shape="n_units", fill=True, learned=True, check=checks.finite, doc="constant current; none by default"
    )
    v = state(shape="n_units", init="v_rest", doc="membrane potential")
    v_mean = output(shape="n_units", init="v_rest", doc="mean of v over the step")
    leaky = True  # marks the class whose closed forms these are

    def velocity(self, x: Any, j: Any) -> Any:
        return x._replace(v=(self.v_rest.get() + j - x.v) / self.tau_m.get())

    def exact_flow(self, x: Any, j: Any, dt: Any) -> Any:
        return leaky_flow(self, x, j, dt)

    def receive(self, x: Any, port: str, m0: Any, m1: Any, j: Any = 0.0) -> Any:
        return leaky_receive(self, x, port, m0, m1) if self._plain() else super().receive(x, port, m0, m1, j)

    def _plain(self) -> bool:
        return not self.restates("velocity", "flow", "exact_flow", "fields", since="leaky")

    def current(self) -> Any:
        j = super().current()
        return j if self.bias is None else j + self.bias.get()

    def advance(self) -> None:
        """Receive, flow for dt, and note the mean of v on the way."""
        dt, j = self.context.dt, self.current()
        start = self.arrivals(self.read(), j)
        end = self.flow(start, j, dt)
        slopes = self.rate(start, j).v - self.rate(end, j).v
        self.v_mean.set(0.5 * (start.v + end.v) + (dt / 12.0) * slopes + self._before() / dt)
        self.write(end)

    def _before(self) -> Any:
        """The integral of what arrivals did to v before this step began, from their own times on: w tau^2 / 2 tau_m.
        Left out, being of second order in dt, unless the rule puts the events of a step in order."""
        total: Any = 0.0
        if not self._plain() or not resolve(self.context.crossing).orders:
            return total
        for port in self.ports:
            m0, m1 = self.compartments[port].moments() if self.compartments[port].is_driven else (0.0, None)
            total = total if m1 is None else total + half_second_moment(m0, m1, self.context.dt) / self.tau_m.get()
        return total
