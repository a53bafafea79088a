"""Mean membrane potential, weighted by what another component does: early and late silence count less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jax import lax

from ngcsnn.graph import Compartment, Component, GraphError
from ngcsnn.objectives.readouts.time_integral import TimeIntegral


@dataclass(frozen=True)
class AvgVarInputWeight(TimeIntegral):
    """Mean of the membrane potential over the trial, weighted by a gate, such as the filtered input.

        y = (1 / T) int_0^T g(t) v dt
        exact:  y = mean over n of  g_mean(n) v_mean(n)        steps:  y = mean over n of  g(n) v(n)

    The gate is any state or output of shape (1,) or (n,), such as that of one LICell that all inputs drive with a small
    weight. It is a weight and no output: no gradient goes through it, and nothing that only feeds the gate learns.

    Args: gate, a component's name, whose `v_mean` ("exact") or `v` ("steps") is read, or "component.compartment".
    integral, "exact" (default; second order in dt where the gate is a `v_mean`, first order where it is a value at the
    steps' ends) or "steps".
    Shapes: recorded (v (T, batch, n), gate (T, batch, 1 or n)) -> y (batch, n), in the unit of v times the gate's.
    genn_eventprop's `sum_weigh_input`: one unit that every input event raises by 0.01; under cross-entropy its gradient
    is the one of "steps" divided by tau_m.
    Source: Nowotny, Turner and Knight 2022, arXiv:2212.01232.
    """

    gate: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.gate, str):
            raise TypeError(
                f'`gate` of {type(self).__name__} must be "component" or "component.compartment", got {self.gate!r}'
            )

    @property
    def reads(self) -> tuple[str, ...]:
        own = "v_mean" if self.exact else "v"
        return own, self.gate if "." in self.gate else f"{self.gate}.{own}"

    def instead(self, cell: Component, name: str) -> str:
        if name != self.reads[1]:
            return super().instead(cell, name)
        others = ", ".join(c.name for c in cell.context.components.values() if c is not cell and "v" in c.compartments)
        return f"`gate` names a component of the context that has a potential ({others or 'there is none'})"

    def compartments(self, cell: Component) -> tuple[Compartment | None, ...]:
        own, gate = super().compartments(cell)
        if own is not None and gate is not None and gate.shape not in ((1,), own.shape):
            raise GraphError(
                f"readout {self!r}: the gate {gate.key} has shape {gate.shape} per sample; it must be (1,) or that of "
                f"{own.key}, {own.shape}"
            )
        return own, gate

    def reduce(self, v: Any, dt: Any) -> Any:
        own, gate = v
        return (lax.stop_gradient(gate).astype(own.dtype) * own).mean(axis=0)
