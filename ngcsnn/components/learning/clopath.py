"""The voltage rule of Clopath and Gerstner."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp

from ngcsnn.components.learning.rule import Term
from ngcsnn.components.learning.spike_rule import SpikeRule, SpikeTrace
from ngcsnn.graph import checks, hyper, input_, state


class ClopathRule(SpikeRule):
    """Presynaptic spikes weaken at a depolarised membrane, and strengthen what is strongly depolarised for a while.

        dw_ij/dt = -A_minus S_i [u-_j - theta_minus]+ + A_plus x_i [u_j - theta_plus]+ [u+_j - theta_minus]+
        tau_x dx_i/dt = -x_i + S_i,  tau_minus du-/dt = -u- + u,  tau_plus du+/dt = -u+ + u,  [.]+ the positive part

    S: presynaptic spikes (impulses), u: the postsynaptic potential (mV), to be wired to `potential`; u- and u+ act
    `lag` ms late, so that a spike does not meet itself. Spiking cells are reset without a spike in their potential:
    for `spike_width` ms after a spike of `post`, u is `spike_potential`. With `u_ref` the loss is multiplied by
    (u_bar / u_ref)^2, u_bar the mean of u - theta_minus over tau_bar: homeostasis. A step holds u, so results are first
    order in dt. By default the constants of the source for visual cortex. Source: Clopath, Buesing, Vasilaki & Gerstner
    2010, Nat. Neurosci. 13:344.
    """

    A_plus = hyper(8e-5, kind=float, unit="1/mV^2", check=checks.finite, doc="of growth")
    A_minus = hyper(14e-5, kind=float, unit="1/mV", check=checks.finite, doc="of loss")
    theta_plus = hyper(-45.3, kind=float, unit="mV", check=checks.finite, doc="threshold of growth for u")
    theta_minus = hyper(-70.6, kind=float, unit="mV", check=checks.finite, doc="threshold for u- and u+")
    tau_x = hyper(15.0, kind=float, unit="ms", check=checks.positive, doc="time constant of the presynaptic trace")
    tau_plus = hyper(7.0, kind=float, unit="ms", check=checks.positive, doc="time constant of u+")
    tau_minus = hyper(10.0, kind=float, unit="ms", check=checks.positive, doc="time constant of u-")
    lag = hyper(5.0, kind=float, unit="ms", check=checks.non_negative, doc="by which u- and u+ are late")
    spike_potential = hyper(33.0, kind=float, unit="mV", check=checks.finite, doc="u after a spike")
    spike_width = hyper(2.0, kind=float, unit="ms", check=checks.non_negative, doc="for how long")
    u_ref = hyper(
        None, kind=(float, type(None)), unit="mV", check=checks.positive, doc="of homeostasis; none by default"
    )
    tau_bar = hyper(1000.0, kind=float, unit="ms", check=checks.positive, doc="time constant of u_bar, with `u_ref`")
    potential = input_(shape=lambda c: c.target.sizes[1:], unit="mV", doc="u of the postsynaptic cells")

    def traces(self) -> Mapping[str, SpikeTrace]:
        return {"x": SpikeTrace("pre", self.tau_x)}

    def setup(self) -> None:
        super().setup()
        n, rest = self.target.sizes[1], self.theta_minus
        self._steps = round(self.lag / self.context.dt)
        parts = {"u_minus": "u-, of now", "u_plus": "u+, of now"}
        for name, doc in parts.items():
            self.declare(name, state(shape=(n,), init=rest, unit="mV", doc=doc))
            if self._steps:
                shape, text = (self._steps, n), f"{name} of the last steps, the oldest first"
                self.declare(f"{name}_before", state(shape=shape, init=rest, unit="mV", doc=text))
        self.declare("late_minus", state(shape=(n,), init=rest, unit="mV", doc="u- that acts in this step"))
        self.declare("late_plus", state(shape=(n,), init=rest, unit="mV", doc="u+ that acts in this step"))
        self.declare("strong", state(shape=(n,), unit="mV", doc="mean of [u - theta_plus]+ in this step"))
        self.declare("spiking", state(shape=(n,), unit="ms", doc="for which u is still that of a spike"))
        if self.u_ref is not None:
            self.declare("u_bar", state(shape=(n,), unit="mV", doc="mean depolarisation"))

    def advance(self) -> None:
        super().advance()
        dt, v = self.context.dt, self.potential.get()
        share = self._share_of_spikes()
        u = share * self.spike_potential + (1.0 - share) * v
        high, low = (jnp.maximum(level - self.theta_plus, 0.0) for level in (self.spike_potential, v))
        self.strong.set(share * high + (1.0 - share) * low)
        for name, tau in (("minus", self.tau_minus), ("plus", self.tau_plus)):
            mean = self.compartments[f"u_{name}"]
            old = mean.get()
            mean.set(old - (u - old) * math.expm1(-dt / tau))
            self._delay(name, old)
        if self.u_ref is not None:
            old = self.u_bar.get()
            self.u_bar.set(old - (u - self.theta_minus - old) * math.expm1(-dt / self.tau_bar))

    def _share_of_spikes(self) -> Any:
        """Of this step, how much of the time u is that of a spike."""
        dt, left = self.context.dt, self.spiking.get()
        m0, m1 = self.post.moments()
        some = m0 != 0
        since = jnp.zeros_like(m0) if m1 is None else -jnp.where(some, m1, 0.0) / jnp.where(some, m0, 1.0)
        rest = jnp.where(some, self.spike_width - since, left - dt)
        self.spiking.set(jnp.maximum(rest, 0.0))
        here = jnp.minimum(left, dt) + jnp.where(some, jnp.minimum(since, self.spike_width), 0.0)
        return jnp.minimum(here / dt, 1.0)

    def _delay(self, name: str, newest: Any) -> None:
        """Let what was `lag` ago at the start of the step act."""
        late = self.compartments[f"late_{name}"]
        if not self._steps:
            late.set(newest)
            return
        line = self.compartments[f"u_{name}_before"]
        values = line.get()
        late.set(values[:, 0])
        line.set(jnp.concatenate([values[:, 1:], newest[:, None]], axis=1))

    def terms(self) -> Sequence[Term]:
        weak, lasting = (jnp.maximum(late.get() - self.theta_minus, 0.0) for late in (self.late_minus, self.late_plus))
        if self.u_ref is not None:
            weak = weak * (self.u_bar.get() / self.u_ref) ** 2
        grown = self.context.dt * self.A_plus / self.tau_x * self.strong.get() * lasting
        return [
            Term(self.met("x"), grown),
            Term(-self.A_minus * self.pre.get(), weak, events="pre"),
        ]
