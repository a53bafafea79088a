"""Simplified leaky integrate-and-fire, with thresholds that regulate themselves."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from ngcsnn.components.neurons.homeostasis import pulled
from ngcsnn.components.neurons.membrane import leaky_flow, leaky_receive
from ngcsnn.components.neurons.spiking.cell import SpikingCell
from ngcsnn.graph import checks, hyper, output, param, state


class SLIFCell(SpikingCell):
    """Simplified leaky integrate-and-fire cells (rest and reset are 0) with exponential synaptic currents.

        tau_m dv/dt = -v + j + sum_r i_r,    tau_r di_r/dt = -i_r,    i_r += w at an event of weight w
        dthr/dt = -thr_leak thr
        spike when v crosses thr upwards; then v = 0, held for refract_time, and thr += thr_gain
        after each step  thr = max(thr + pull (spikes of the layer - target dt), thr_min)

    `sticky` is 1 while a cell spikes or rests, for receivers that should hear a spike for as long as its cell rests.
    The spikes that `pull` counts carry no credit. Shapes (batch, n_units).
    Source: Samadi, Lillicrap & Tweed 2017 (doi:10.1162/NECO_a_00929).
    """

    fields = ("v", "thr")

    tau_m = param(
        20.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")),
        doc="membrane time constant",
    )  # fmt: skip
    v_thr = param(0.4, shape="n_units", check=checks.positive, doc="threshold at the start")
    thr_gain = param(0.0, shape="n_units", check=checks.non_negative, doc="what a spike adds to the threshold")
    thr_leak = param(0.0, shape="n_units", unit="1/ms", check=checks.non_negative, doc="decay rate of the threshold")
    pull = param(0.0, shape="n_units", check=checks.non_negative, doc="pull of the layer's spikes on all thresholds")
    target = param(1.0, shape=(), unit="1/ms", check=checks.non_negative, doc="spikes of the layer that are wanted")
    thr_min = param(0.025, shape="n_units", check=checks.positive, trainable=False, doc="least threshold")
    keep_threshold = hyper(False, kind=bool, doc="thresholds outlast a trial")
    v = state(shape="n_units", doc="membrane potential")
    sticky = output(shape="n_units", doc="1 in the step of a spike and while refractory")

    def setup(self) -> None:
        kept = self.keep_threshold
        self.declare("thr", state(shape="n_units", init="v_thr", keep=kept, doc="threshold"))
        super().setup()

    def velocity(self, x: Any, j: Any) -> Any:
        return x._replace(v=(j - x.v) / self.tau_m.get(), thr=-self.thr_leak.get() * x.thr)

    def exact_flow(self, x: Any, j: Any, dt: Any) -> Any:
        return leaky_flow(self, x, j, dt, rest=0.0)._replace(thr=x.thr * jnp.exp(-dt * self.thr_leak.get()))

    def receive(self, x: Any, port: str, m0: Any, m1: Any, j: Any = 0.0) -> Any:
        return leaky_receive(self, x, port, m0, m1) if self.has_closed_form else super().receive(x, port, m0, m1, j)

    def threshold(self, x: Any) -> Any:
        return x.v - x.thr

    def reset_map(self, x: Any) -> Any:
        return x._replace(v=jnp.zeros_like(x.v), thr=x.thr + self.thr_gain.get())

    def advance(self) -> None:
        resting = self.refrac.get() > 0 if self.refractory else False
        super().advance()
        self.sticky.set(jnp.where(resting, 1.0, self.s.get()))
        self.thr.set(pulled(self, self.thr.get(), self.pull.get()))
