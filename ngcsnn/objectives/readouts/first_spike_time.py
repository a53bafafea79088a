"""When each output cell spiked first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.graph import Component, GraphError
from ngcsnn.objectives.base import Readout


@dataclass(frozen=True)
class FirstSpikeTime(Readout):
    """Time of the first spike of the trial, in ms; the earliest unit is the prediction.

        y = t_first,   t(n) = (n + 1) dt + offset(n) for a spike in step n (its offset in ms from the step's end, <= 0)
        y = T + margin + lift max(0, v_thr - max_n v(n))   for a unit that did not spike during the trial of T ms

    Gradients. Under EventProp that of the spike's time, dy = -dh / (dh/dt), exact. Under rules that keep no times that
    of the product form  y = sum_n t(n) s(n) prod_{m<n} (1 - s(m)) + y_silent prod_m (1 - s(m)),  with ds the surrogate.
    A silent unit has no spike time, so EventProp finds no gradient for it: with lift = 0 (the default: then y depends
    on spike times only, and holds for a cell in any unit of v) it stays silent until something else moves it. lift > 0
    gives it the time that it lacks: the further its highest potential stays below threshold, the later; the gradient
    of that raises the potential of a silent unit that should have been first.

    An arrival in the very step of a spike moves that spike; this becomes known in the next step, whose first moment
    then holds the shift (see `SpikingCell`). It is added, unless the cell spiked in that step too.

    Args: margin, ms, at least 0.001, default 1.0. lift, ms per unit of v, >= 0, default 0.0. v_thr, the threshold that
    `lift` measures from, in the unit of v, default None: the largest `v_thr` of the output cell when it is compiled.
    Shapes: recorded (s, s.offset or None, and v where lift > 0), each (T, batch, n) -> y (batch, n), in ms.
    mlGeNN negates the time, counts it from the step's start, and has no finite value for a silent unit.
    Source: Wunderlich & Pehle 2021 (doi:10.1038/s41598-021-91786-z).
    """

    gives_times: ClassVar[bool] = True
    optional: ClassVar[tuple[str, ...]] = ("s.offset",)

    margin: float = 1.0
    lift: float = 0.0
    v_thr: float | None = None

    def __post_init__(self) -> None:
        self.set_number("margin", low=1e-3, unit="ms")
        self.set_number("lift", low=0.0, unit="ms per unit of v")
        if self.v_thr is not None:
            self.set_number("v_thr", low=-np.inf, unit="(in the unit of v)")
            if self.lift == 0:
                raise ValueError(f"`v_thr` of {type(self).__name__} does not apply without `lift`")

    @property
    def reads(self) -> tuple[str, ...]:
        return ("s", "s.offset", "v") if self.lift > 0 else ("s", "s.offset")

    def fitted(self, cell: Component) -> FirstSpikeTime:
        if self.lift == 0 or self.v_thr is not None:
            return self
        if "v_thr" not in cell.compartments:
            raise GraphError(
                f"readout {self!r} measures `lift` from the threshold, and {type(cell).__name__} '{cell.name}' has no "
                "`v_thr`: give the readout's `v_thr`, in the unit of v"
            )
        return replace(self, v_thr=float(np.max(np.asarray(cell.compartments["v_thr"].get()))))

    def instead(self, cell: Component, name: str) -> str:
        return "use an output cell that spikes, such as LIFCell"

    def reduce(self, v: Any, dt: Any) -> Any:
        s, offset = v[:2]
        n_steps, fired = s.shape[0], lax.stop_gradient(s) > 0
        steps = jnp.arange(n_steps)[:, None, None]
        ends = (steps + 1).astype(s.dtype) * dt
        silent = jnp.broadcast_to(n_steps * dt + jnp.asarray(self.margin, s.dtype), s.shape[1:])
        if self.lift > 0:
            silent = silent + self._gap(v[2]).astype(s.dtype)
        first = fired.argmax(axis=0)[None]
        later = fired & (steps > first)
        t = (first[0] + 1).astype(s.dtype) * dt
        if offset is not None:
            follows = (steps == first + 1) & ~fired  # its moment belongs to the first spike
            t = t + _at(offset, first) + jnp.where(follows, offset, 0.0).sum(axis=0)
        t = jnp.where(fired.any(axis=0), t, silent)
        # what each s(m) does to the product form: a spike more at t(m), or one less and the next takes its place
        second = jnp.where(later.any(axis=0), _at(jnp.broadcast_to(ends, s.shape), later.argmax(axis=0)[None]), silent)
        spared = jnp.where(steps < first, ends - t, t - second)
        spared = jnp.where(fired.any(axis=0), jnp.where(steps <= first, spared, 0.0), ends - silent)
        return t + (lax.stop_gradient(spared) * (s - lax.stop_gradient(s))).sum(axis=0)

    def _gap(self, v: Any) -> Any:
        """lift times what each unit's highest potential lacks to the threshold, in ms."""
        if self.v_thr is None:
            raise GraphError(f"readout {self!r} needs `v_thr`, in the unit of v, where no compiler fills it in")
        highest = _at(v, lax.stop_gradient(v).argmax(axis=0, keepdims=True))
        return self.lift * jnp.maximum(self.v_thr - highest, 0.0)


def _at(values: Any, step: Any) -> Any:
    return jnp.take_along_axis(values, step, axis=0, mode="promise_in_bounds")[0]
