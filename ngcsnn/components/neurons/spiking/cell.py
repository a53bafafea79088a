"""The base of every spiking cell: a step written once, from velocity, threshold and reset.

A step receives the events of the last step, flows for dt, and lets the credit rule of the run detect spikes and restart
the cells that spiked; what it emits acts one step later. A subclass states `velocity`, `threshold` and `reset_map`;
closed forms (`exact_flow`, `crossing_terms`, ...) may replace the generic pieces for speed.
"""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer

from ngcsnn.components.dynamics import DynamicCell
from ngcsnn.components.integrators import INTEGRATORS
from ngcsnn.credit import resolve
from ngcsnn.graph import GraphError, checks, count, keep, output, param, state


class SpikingCell(DynamicCell):
    """Base of spiking cells; see `ngcsnn.components.neurons.spiking.cell`.

    clamped: the fields that stand still during the refractory time (synaptic currents never do).
    The first moment of `s` in step n is the offset of the spike (ms, from the step's end), plus what an arrival moved
    the spike of step n - 1 by (see `reorder`): a moment in a step without spike belongs to the spike before it.
    """

    clamped: ClassVar[tuple[str, ...]] = ("v",)

    refract_time = param(
        0.0, shape="n_units", unit="ms", check=checks.non_negative, trainable=False,
        doc="time after a spike during which the membrane stays at its reset",
    )  # fmt: skip
    s = output(shape="n_units", timed=True, doc="spikes emitted during the step (0 or 1)")
    counted = output(shape="n_units", doc="the same spikes with the derivative that regularisers of spike counts use")

    def setup(self) -> None:
        super().setup()
        for method in ("threshold", "reset_map"):
            if getattr(type(self), method) is getattr(SpikingCell, method):
                raise GraphError(f"{type(self).__name__} '{self.name}' must define {method}(x)")
        self.refractory = self._rests()
        if self.refractory:
            if not set(self.clamped) <= set(self.fields):
                raise GraphError(f"'{self.name}': `clamped` {self.clamped} must be among its fields {self.fields}")
            self.declare("refrac", state(shape="n_units", unit="ms", doc="refractory time left at the step's end"))

    def _rests(self) -> bool:
        return bool(np.any(np.asarray(self.context.live[self.name].get("refract_time", 0.0)) > 0))

    # --- the mathematics ----------------------------------------------------------------------------------------
    def threshold(self, x: Any) -> Any:
        """h(x): crosses zero upwards at a spike."""
        raise TypeError(f"{type(self).__name__} must define threshold(x)")

    def reset_map(self, x: Any) -> Any:
        """The state right after a spike, from the state right before it."""
        raise TypeError(f"{type(self).__name__} must define reset_map(x)")

    def before_reset(self, x: Any) -> Any:
        """The state that a spike on the step's end resets: `x`, without what ran away since the threshold."""
        return x

    def crossing_terms(self, x: Any, j: Any) -> tuple[Any, Any, Any]:
        """(h, dh/dt, d2h/dt2) along the flow, by nested derivatives of `threshold`."""

        def slope(y: Any) -> Any:
            return jax.jvp(self.threshold, (y,), (self.rate(y, j),))[1]

        return self.threshold(x), *jax.jvp(slope, (x,), (self.rate(x, j),))

    def hold(self, x: Any, j: Any, dt: Any) -> Any:
        """The state `dt` later with the clamped fields standing still."""

        def rate(y: Any) -> Any:
            d = self.rate(y, j)
            return d._replace(**{f: jnp.zeros_like(getattr(d, f)) for f in self.clamped})

        name = self.integration if self.integration in INTEGRATORS else "rk4"
        return INTEGRATORS[name](rate, x, dt)

    def restart(self, x: Any, j: Any, tau: Any) -> Any:
        """Back to the crossing at offset `tau`, reset, and forward to the step's end."""
        return self.after_reset(self.reset_map(self.flow(x, j, tau)), j, -tau)

    def restart_on_grid(self, x: Any, j: Any, tau: Any) -> Any:
        """Reset at the step's end: `tau` is zero, its tangent moves the crossing along the flow before and after."""
        before = self.rate(x, j)
        crossing = type(x)(*(a + b * tau for a, b in zip(x, before, strict=True)))
        reset = self.reset_map(crossing)
        after = self.rate(reset, j)
        shifts = {f: tau if f not in self.clamped else self.free_part(tau) for f in x._fields}
        return type(x)(*(getattr(reset, f) - getattr(after, f) * shift for f, shift in shifts.items()))

    def free_part(self, shift: Any) -> Any:
        """`shift` (ms) where a spike leaves the clamped fields free at once; 0 where a refractory time follows."""
        return jnp.where(self.refract_time.get() > 0, 0.0, shift) if self.refractory else shift

    def after_reset(self, x: Any, j: Any, rest: Any) -> Any:
        """`rest` ms after the reset: refractory first, then free."""
        return self.held_flow(x, j, rest, self.free_time(rest)) if self.refractory else self.flow(x, j, rest)

    def free_time(self, rest: Any) -> Any:
        """How much of the `rest` ms after a spike comes after its refractory time."""
        return jnp.maximum(rest - self.refract_time.get(), 0.0) if self.refractory else rest

    def held_flow(self, x: Any, j: Any, dt: Any, free: Any) -> Any:
        """The state `dt` ms later, of which the clamped fields stand still until the last `free` ms."""
        return self.flow(self.hold(x, j, dt - free), j, free)

    # --- the step -----------------------------------------------------------------------------------------------
    def advance(self) -> None:
        """Receive, flow for dt, detect, restart, emit."""
        rule = resolve(self.context.crossing)
        dt, j, x = self.context.dt, self.current(), self.read()
        x, shift = self.reorder(x, j) if rule.orders else (x, None)
        if self.refractory:
            x = self._refractory_step(x, j, dt)
        else:
            x = self.flow(self.arrivals(x, j), j, dt)
        before = type(x)(*map(keep, x))  # what the crossing needs; the way here is not walked twice
        x, s, offset, guarded, counted = rule.cross(self, before, j)
        count(f"{self.name}.grazing", guarded)
        self.write(x)
        if self.refractory:
            left = self.refract_time.get() + (0.0 if offset is None else offset)
            self.refrac.set(jnp.where(s > 0, jnp.maximum(left, 0.0), self.refrac.get()))
        heard = self.sends(before, s)
        if heard is not True:
            s, counted = jnp.where(heard, s, 0.0), jnp.where(heard, counted, 0.0)
            offset = None if offset is None else jnp.where(heard, offset, 0.0)
        self.counted.set(counted)
        self.s.set_moments(s, (offset if shift is None else offset + shift) if rule.timed else None)

    def reset(self) -> None:
        super().reset()
        given = self.context.live[self.name].get("refract_time")
        if not self.refractory and not isinstance(given, Tracer) and self._rests():
            raise GraphError(
                f"`refract_time` of '{self.name}' was 0 when the cell was made and is now {np.asarray(given)} ms: "
                "give it a refractory time in the constructor"
            )

    def piecewise_constant(self, crossing: Any) -> tuple[str, ...]:
        return ("s",) if crossing.timed else ()  # the size of an event with a time never changes, its time does

    def reorder(self, x: Any, j: Any) -> tuple[Any, Any]:
        """(x, by how much the last step's spikes move for arrivals of that same step; None where not worked out)."""
        return x, None

    def sends(self, x: Any, s: Any) -> Any:
        """Of the cells that spike in the state `x` those that are heard: a boolean array, or True: all."""
        return True

    def may_spike(self, x: Any) -> Any:
        return self.refrac.get() <= 0 if self.refractory else True

    def _refractory_step(self, x: Any, j: Any, dt: float) -> Any:
        """Arrivals and flow; the clamped fields rest until the refractory time is over, inside the step if need be."""
        left = self.refrac.get()
        resting, ends = left > 0, (left > 0) & (left <= dt)
        received = self.arrivals(x, j)
        still = {f: jnp.where(resting, getattr(x, f), getattr(received, f)) for f in self.clamped}
        free = jnp.where(ends, dt - left, jnp.where(resting, 0.0, dt))
        self.refrac.set(jnp.where(left > dt, left - dt, 0.0))
        return self.held_flow(received._replace(**still), j, dt, free)
