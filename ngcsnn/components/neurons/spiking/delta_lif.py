"""Leaky integrate-and-fire driven by jumps of the membrane potential, stepped as NEST steps it."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.components.neurons.membrane import leaky_flow, leaky_receive
from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.credit import resolve
from ngcsnn.graph import GraphError, checks, hyper, input_, param, state

ARRIVALS = ("start", "spread", "end")
RESETS = ("absolute", "relative", "delayed")
REFRACTORY = ("clamped", "frozen", "silent")


class DeltaLIFCell(SpikingCell):
    """Leaky integrate-and-fire cells in which an event moves the membrane potential itself.

        v(n + 1) = alpha v(n) + (1 - alpha) (v_rest + j) + g w,    alpha = exp(-dt / tau_m)
        a(n + 1) = rho a(n) + z(n),                                rho = exp(-dt / tau_adapt)
        spike, z = 1, where v > v_thr + beta a

    arrival: when in a step its events arrive. "start": g = alpha; "end": g = 1 (NEST's `regular_spike_arrival`);
        "spread", as a current all over the step: g = 1 - alpha (NEST without it).
    spike_reset: what a spike does. "absolute": v = v_reset. "relative": v - (v_thr - v_rest). "delayed": the same one
        step later and without decay, so that v of a spike's step is what crossed the threshold.
    refractory_period: what holds during refract_time. "clamped": v stands still. "frozen": a stands still too, and does
        not even take in the spike (NEST, whose adaptation then never begins). "silent": both flow on, without spikes.
    Under a credit rule without gradients through resets (`reset_gradient=False`) the derivatives of v and a flow on
    through resets and refractory times as though there were none, as eligibility traces do in NEST and Bellec et al.

    `jump` receives the events. With `tau_syn` or `receptors` there are ports of exponential currents beside it. Shapes
    (batch, n_units). Sources: Rotter & Diesmann 1999 (doi:10.1007/s004220050570); Bellec et al. 2020
    (doi:10.1038/s41467-020-17236-y), whose cells, NEST's `eprop_iaf_bsshslm_2020` and `eprop_iaf_adapt_bsshslm_2020`,
    are "spread" (or "end"), "delayed" and "silent". `eprop_iaf` is "end", "relative" and "silent", and
    `eprop_iaf_psc_delta` is "end", "absolute" and "clamped" (with adaptation "frozen").
    """

    fields = ("v", "a", "spiked")

    tau_m = param(
        20.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="membrane time constant",
    )  # fmt: skip
    tau_adapt = param(
        100.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="time constant of the adaptation",
    )  # fmt: skip
    beta = param(
        0.0, shape="n_units", check=checks.non_negative, bounds=(0.0, float("inf")),
        doc="rise of the threshold at a spike; none by default",
    )  # fmt: skip
    v_thr = param(1.0, shape="n_units", check=checks.finite, doc="threshold of a rested cell")
    v_rest = param(0.0, shape="n_units", check=checks.finite, doc="resting potential")
    v_reset = param(0.0, shape="n_units", check=checks.finite, doc="potential after an absolute reset")
    arrival = hyper("start", kind=str, check=checks.one_of(*ARRIVALS), doc="start, end or spread")
    spike_reset = hyper("absolute", kind=str, check=checks.one_of(*RESETS), doc="absolute, relative or delayed")
    refractory_period = hyper("clamped", kind=str, check=checks.one_of(*REFRACTORY), doc="clamped, frozen or silent")
    jump = input_(shape="n_units", doc="events, as jumps of v")
    v = state(shape="n_units", init="v_rest", doc="membrane potential")
    a = state(shape="n_units", doc="adaptation, in spikes")
    spiked = state(shape="n_units", doc="spikes of the last step, which adapt in this one (and reset, if delayed)")

    def _receptor_values(self) -> dict[str, Any]:
        return {} if self.receptors is None and self.tau_syn is None else super()._receptor_values()

    def _rests(self) -> bool:
        return True  # its own step below is the one with refractory times, of which 0 is one

    def setup(self) -> None:
        super().setup()
        live = self.context.live[self.name]
        thr, rest, reset = (np.asarray(live[k]) for k in ("v_thr", "v_rest", "v_reset"))
        low, name = (reset, "v_reset") if self.spike_reset == "absolute" else (rest, "v_rest")
        if np.any(low >= thr):
            raise GraphError(f"DeltaLIFCell '{self.name}': `{name}` must lie below `v_thr`, got {low} and {thr}")
        if self.spike_reset == "delayed" and self.refractory_period != "silent":
            raise GraphError(
                f"DeltaLIFCell '{self.name}': with spike_reset='delayed' v must flow on through the refractory time, "
                f"refractory_period='silent', got {self.refractory_period!r}"
            )

    # --- the mathematics ----------------------------------------------------------------------------------------
    def velocity(self, x: Any, j: Any) -> Any:
        dv, da = (self.v_rest.get() + j - x.v) / self.tau_m.get(), -x.a / self.tau_adapt.get()
        return x._replace(v=dv, a=da, spiked=jnp.zeros_like(x.spiked))

    def exact_flow(self, x: Any, j: Any, dt: Any) -> Any:
        return leaky_flow(self, x, j, dt)._replace(a=x.a * jnp.exp(-dt / self.tau_adapt.get()))

    def receive(self, x: Any, port: str, m0: Any, m1: Any, j: Any = 0.0) -> Any:
        return leaky_receive(self, x, port, m0, m1)

    def synaptic_current(self, x: Any) -> Any:
        return super().synaptic_current(x) if self.ports else 0.0

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr.get() - self.beta.get() * x.a

    def reset_map(self, x: Any) -> Any:
        spiked = x.spiked + 1.0
        if self.spike_reset == "delayed":
            return x._replace(spiked=spiked)
        if self.spike_reset == "relative":
            return x._replace(v=x.v - self._drop(), spiked=spiked)
        v = jnp.broadcast_to(self.v_reset.get(), x.v.shape)
        return x._replace(v=_moving_as(v, x.v) if self._unbroken() else v, spiked=spiked)

    def _unbroken(self) -> bool:
        return not getattr(resolve(self.context.crossing), "reset_gradient", True)

    def _drop(self) -> Any:
        return self.v_thr.get() - self.v_rest.get()

    # --- the step -----------------------------------------------------------------------------------------------
    def _refractory_step(self, x: Any, j: Any, dt: float) -> Any:
        """Events, flow, and what the spikes of the last step do in this one."""
        left = self.refrac.get()
        self.refrac.set(jnp.where(left > dt, left - dt, 0.0))
        free = self._free_step(x, j, dt)
        if self.refractory_period == "silent":
            return free
        held, still = left > 0, ("v", "a") if self.refractory_period == "frozen" else ("v",)
        for field in still:
            old, new = getattr(x, field), getattr(free, field)
            stays = _moving_as(old, new) if self._unbroken() else old
            free = free._replace(**{field: jnp.where(held, stays, new)})
        return free

    def _free_step(self, x: Any, j: Any, dt: float) -> Any:
        size = self.jump.get() if self.jump.is_driven else 0.0
        start = self.arrivals(x, j)
        if self.arrival == "start":
            start = start._replace(v=start.v + size)
        end = self.flow(start, j, dt)
        v = end.v
        if self.arrival == "end":
            v = v + size
        elif self.arrival == "spread":
            v = v + size * -jnp.expm1(-dt / self.tau_m.get())
        if self.spike_reset == "delayed":
            spiked = lax.stop_gradient(x.spiked) if self._unbroken() else x.spiked
            v = v - self._drop() * spiked
        return end._replace(v=v, a=end.a + x.spiked, spiked=jnp.zeros_like(x.spiked))


def _moving_as(value: Any, other: Any) -> Any:
    """`value` with the derivative of `other`."""
    return lax.stop_gradient(value) + (other - lax.stop_gradient(other))
