"""Leaky integrate-and-fire with a threshold that adapts."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.components.neurons.coincidence import leaky_shift
from ngcsnn.components.neurons.membrane import decayed, leaky_flow, leaky_receive, leaky_rise
from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.graph import GraphError, checks, hyper, param, state


class ALIFCell(SpikingCell):
    """Leaky integrate-and-fire cells with exponential synaptic currents and an adaptive threshold.

        tau_m dv/dt = v_rest - v + j + sum_r i_r,    tau_r di_r/dt = -i_r,    i_r += w at an event of weight w
        tau_adapt da/dt = -a
        spike when v crosses v_thr + beta a upwards; then a += 1, and v = v_reset (or v - (v_thr - v_reset),
        relative_reset=True), held for refract_time, during which a decays.

    Shapes (batch, n_units). Sources: Bellec et al. 2018 (arXiv:1803.09574), 2020 (doi:10.1038/s41467-020-17236-y).
    """

    fields = ("v", "a")

    tau_m = param(
        20.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="membrane time constant",
    )  # fmt: skip
    tau_adapt = param(
        2000.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="time constant of the adaptation",
    )  # fmt: skip
    beta = param(
        0.0174, shape="n_units", check=checks.non_negative, bounds=(0.0, float("inf")),
        doc="rise of the threshold at a spike",
    )  # fmt: skip
    v_thr = param(1.0, shape="n_units", check=checks.finite, doc="threshold of a rested cell")
    v_rest = param(0.0, shape="n_units", check=checks.finite, doc="resting potential")
    v_reset = param(0.0, shape="n_units", check=checks.finite, doc="potential after a spike")
    relative_reset = hyper(False, kind=bool, doc="a spike takes v_thr - v_reset off v instead of setting v_reset")
    v = state(shape="n_units", init="v_rest", doc="membrane potential")
    a = state(shape="n_units", doc="adaptation, in spikes")

    def velocity(self, x: Any, j: Any) -> Any:
        return x._replace(v=(self.v_rest.get() + j - x.v) / self.tau_m.get(), a=-x.a / self.tau_adapt.get())

    def exact_flow(self, x: Any, j: Any, dt: Any) -> Any:
        return leaky_flow(self, x, j, dt)._replace(a=self._worn_off(x.a, dt))

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr.get() - self.beta.get() * x.a

    def reset_map(self, x: Any) -> Any:
        if self.relative_reset:
            return x._replace(v=x.v - (self.v_thr.get() - self.v_reset.get()), a=x.a + 1.0)
        return x._replace(v=jnp.broadcast_to(self.v_reset.get(), x.v.shape), a=x.a + 1.0)

    # --- closed forms of the generic pieces; a subclass that restates the mathematics gets the generic ones back ---
    def setup(self) -> None:
        super().setup()
        self.linear = not self.restates("velocity", "flow", "exact_flow", "fields", since="adaptive")
        theirs = self.restates("threshold", "reset_map", "clamped", since="adaptive")
        self.plain = self.linear and self.integration == "exact" and not theirs
        thr, reset = (np.asarray(self.context.live[self.name][k]) for k in ("v_thr", "v_reset"))
        if np.any(reset >= thr):
            raise GraphError(f"ALIFCell '{self.name}': `v_reset` must lie below `v_thr`, got {reset} and {thr}")

    remembers = ("s",)

    def remembered(self, crossing: Any) -> tuple[str, ...]:
        return self.remembers if crossing is None or crossing.orders else ()

    adaptive = True  # marks the class whose closed forms these are

    def receive(self, x: Any, port: str, m0: Any, m1: Any, j: Any = 0.0) -> Any:
        return leaky_receive(self, x, port, m0, m1) if self.linear else super().receive(x, port, m0, m1, j)

    def crossing_terms(self, x: Any, j: Any) -> tuple[Any, Any, Any]:
        if not self.linear or self.restates("threshold", since="adaptive"):
            return super().crossing_terms(x, j)
        rate_m, rate_a = 1.0 / self.tau_m.get(), 1.0 / self.tau_adapt.get()
        slope = (self.v_rest.get() + j + self.synaptic_current(x) - x.v) * rate_m
        decay = sum(getattr(x, f"i_{p}") * (1.0 / self.tau_of(p)) for p in self.ports)
        fall = self.beta.get() * x.a * rate_a
        return self.threshold(x), slope + fall, -(decay + slope) * rate_m - fall * rate_a

    def reorder(self, x: Any, j: Any) -> tuple[Any, Any]:
        """As for a threshold v_thr + beta a at the spike, which falls; a started to wear off with the spike."""
        if not self.linear or self.restates("threshold", "reset_map", since="adaptive"):
            return super().reorder(x, j)
        s, tau = self.s.moments()
        tau_m, rate_a, beta = self.tau_m.get(), 1.0 / self.tau_adapt.get(), self.beta.get()
        rise = jnp.where(s > 0, beta * (self._worn_off(x.a, tau) - 1.0), 0.0)
        climb = tau_m * rise * rate_a
        moved, shift = leaky_shift(self, x, j - rise + climb, s, tau)
        if self.refractory:
            left = self.refrac.get()
            free = left <= 0
            self.refrac.set(jnp.where(left > 0, left + shift, left))
        else:
            free = True
        if not self.relative_reset:
            moved = moved._replace(v=moved.v + jnp.where(free, (climb - rise) / tau_m * shift, 0.0))
        return moved._replace(a=x.a + rate_a * shift), shift

    def hold(self, x: Any, j: Any, dt: Any) -> Any:
        return self._decayed(x, dt) if self.plain else super().hold(x, j, dt)

    def held_flow(self, x: Any, j: Any, dt: Any, free: Any) -> Any:
        if not self.plain:
            return super().held_flow(x, j, dt, free)
        end = self._decayed(x, dt)
        return end._replace(v=leaky_rise(self, x.v, end, j, free))

    def restart(self, x: Any, j: Any, tau: Any) -> Any:
        """Currents at the step's end do not depend on the reset, and a only by the spike's part of it."""
        if not self.plain:
            return super().restart(x, j, tau)
        start = self.v_reset.get()
        if self.relative_reset:
            start = start + self.beta.get() * self._worn_off(x.a, tau)
        v = leaky_rise(self, start, x, j, self.free_time(-tau))
        return x._replace(v=v, a=x.a + self._worn_off(1.0, -tau))

    def _decayed(self, x: Any, dt: Any) -> Any:
        return decayed(self, x, dt)._replace(a=self._worn_off(x.a, dt))

    def _worn_off(self, a: Any, dt: Any) -> Any:
        return a * jnp.exp(-dt / self.tau_adapt.get())
