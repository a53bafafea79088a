"""Winner-take-all cells: a softmax across the layer against a threshold."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.components.neurons.homeostasis import pulled
from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.graph import checks, param, state

STEEP = 1e17  # dh/dt where h jumps: puts the spike on the step's end, whatever the float type


class WTASCell(SpikingCell):
    """Cells of a layer that spike where their share of the layer's softmax exceeds a threshold.

        v = j + sum_r i_r (0 while refractory),    p = softmax(v) over the layer,    tau_r di_r/dt = -i_r
        spike where p > thr, at the step's end;  then  thr = max(thr + pull (spikes of the layer - target dt), thr_min)

    v has no memory and no reset. Thresholds outlast a trial. Spikes have no times, so there is no EventProp, and each
    cell's p depends on the others' inputs, so there is no e-prop; surrogate gradients are those of p. The spikes that
    move the thresholds carry no credit. Shapes (batch, n_units).
    Source: Tavanaei, Masquelier & Maida 2018 (doi:10.1016/j.neunet.2018.05.018).
    """

    fields = ("v", "thr")

    integration: Any = None
    thr_base = param(0.4, shape="n_units", check=checks.positive, doc="threshold at the start, a probability")
    pull = param(0.002, shape="n_units", check=checks.non_negative, doc="pull of the layer's spikes on all thresholds")
    target = param(1.0, shape=(), unit="1/ms", check=checks.non_negative, doc="spikes of the layer that are wanted")
    thr_min = param(0.025, shape="n_units", check=checks.positive, trainable=False, doc="least threshold")
    v = state(shape="n_units", doc="input current of the step")
    thr = state(shape="n_units", init="thr_base", keep=True, doc="threshold")

    def flow(self, x: Any, j: Any, dt: Any) -> Any:
        after = {f"i_{p}": getattr(x, f"i_{p}") * jnp.exp(-dt / self.tau_of(p)) for p in self.ports}
        moved = x._replace(**after)
        return moved._replace(v=jnp.broadcast_to(j + self.synaptic_current(moved), x.v.shape))

    def held_flow(self, x: Any, j: Any, dt: Any, free: Any) -> Any:
        end = self.flow(x, j, dt)
        return end._replace(v=jnp.where(free > 0, end.v, 0.0))

    def threshold(self, x: Any) -> Any:
        return jax.nn.softmax(x.v, axis=-1) - x.thr

    def crossing_terms(self, x: Any, j: Any) -> tuple[Any, Any, Any]:
        h = self.threshold(x)
        return h, jnp.full_like(h, STEEP), jnp.zeros_like(h)

    def reset_map(self, x: Any) -> Any:
        return x

    def restart(self, x: Any, j: Any, tau: Any) -> Any:
        return x

    def restart_on_grid(self, x: Any, j: Any, tau: Any) -> Any:
        return x

    def untrainable(self, crossing: Any) -> str:
        if crossing.timed:
            return "spikes where a softmax exceeds a threshold, at no time of its own: EventProp finds no gradient"
        if getattr(crossing, "local", False):
            return "compares each cell with the others of its layer, and e-prop gives credit within a cell alone"
        return super().untrainable(crossing)

    def advance(self) -> None:
        super().advance()
        self.s.set_moments(self.s.get(), None)
        self.thr.set(pulled(self, self.thr.get(), self.pull.get()))
