"""Spike response: what a spike does to its own cell is an after-potential, added to a response that is never reset."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.graph import GraphError, checks, hyper, param, state


class SpikeResponse(SpikingCell):
    """Base of spike-response cells: v = (response to the input) + eta.

        tau_eta d(eta)/dt = -eta;    at a spike eta = eta_0 (or eta += eta_0, cumulative=True), and v moves along

    While refractory a cell goes on, but cannot spike; one that is above its threshold at the end of that time spikes
    then. Without refractory time, an input that holds v above v_thr in spite of eta_0 makes it spike in every step.
    A subclass states the flow of v and eta. Source: Gerstner et al. 2014, Neuronal Dynamics, section 6.4.
    """

    clamped: ClassVar[tuple[str, ...]] = ("v", "eta")

    refract_time = param(
        2.0, shape="n_units", unit="ms", check=checks.non_negative, trainable=False,
        doc="time after a spike without another; the potential goes on",
    )  # fmt: skip
    v_thr = param(1.0, shape="n_units", check=checks.finite, doc="threshold")
    tau_eta = param(
        20.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="time constant of the after-potential",
    )  # fmt: skip
    eta_0 = param(-1.0, shape="n_units", check=checks.finite, doc="after-potential right after a spike, < 0")
    cumulative = hyper(
        False, kind=bool, doc="after-potentials of all spikes add up; else the last spike's alone counts"
    )
    eta = state(shape="n_units", doc="after-potential")

    def setup(self) -> None:
        super().setup()
        eta_0 = np.asarray(self.context.live[self.name]["eta_0"])
        if np.any(eta_0 >= 0):
            raise GraphError(f"{type(self).__name__} '{self.name}': `eta_0` must lie below 0, got {eta_0}")
        if self.refractory:
            self.declare("since", state(shape="n_units", unit="ms", doc="time since a release in this step, else -1"))

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr.get()

    def reset_map(self, x: Any) -> Any:
        start = jnp.broadcast_to(self.eta_0.get(), x.eta.shape)
        if self.cumulative:
            return x._replace(v=x.v + start, eta=x.eta + start)
        return x._replace(v=x.v - x.eta + start, eta=start)

    # --- the refractory time ------------------------------------------------------------------------------------
    def _refractory_step(self, x: Any, j: Any, dt: float) -> Any:
        left = self.refrac.get()
        self.since.set(jnp.where((left > 0) & (left <= dt), dt - left, -1.0))
        self.refrac.set(jnp.where(left > dt, left - dt, 0.0))
        return self.flow(self.arrivals(x, j), j, dt)

    def crossing_terms(self, x: Any, j: Any) -> tuple[Any, Any, Any]:
        """Those of the flow; of a cell released above its threshold, of a line through 0 at its release."""
        h, slope, bend = super().crossing_terms(x, j)
        if not self.refractory:
            return h, slope, bend
        since = self.since.get()
        released = self.threshold(self.flow(x, j, -jnp.maximum(since, 0.0)))
        late = (since >= 0) & (released > 0) & (h > 0)
        line = since + lax.stop_gradient(jnp.maximum(1e-6 * self.context.dt - since, 0.0))  # moves with the release
        return jnp.where(late, line, h), jnp.where(late, 1.0, slope), jnp.where(late, 0.0, bend)

    def after_reset(self, x: Any, j: Any, rest: Any) -> Any:
        return self.flow(x, j, rest)

    def free_part(self, shift: Any) -> Any:
        return shift

    def worn_off(self, eta: Any, dt: Any) -> Any:
        return eta * jnp.exp(-dt / self.tau_eta.get())
