"""Leaky noise cell: a rate cell of a noisy recurrent network."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import jax
import jax.numpy as jnp

from ngcsnn.components.integrators import INTEGRATORS, growth
from ngcsnn.components.neurons.graded.nonlinearities import NONLINEARITIES
from ngcsnn.graph import Component, checks, hyper, input_, output, param, state

_State = namedtuple("_State", "x")


class LeakyNoiseCell(Component):
    """A leaky state driven by white noise, and its noisy rate.

        tau_x dx/dt = -leak x + j + j_rec + sqrt(2 tau_x) sigma_pre noise(t),    r = f(x) + sigma_post n

    noise(t): unit white noise; n: a unit normal number of its own in each step. The stationary variance of x is
    sigma_pre^2 / leak at any dt: "exact" steps the Ornstein-Uhlenbeck process exactly; the other rules take the step of
    the drift and add noise of variance 2 dt / tau_x sigma_pre^2. `r_prime` is f'(x). Shapes (batch, n_units).
    Song, Yang & Wang 2016, PLoS Comput. Biol. 12:e1004792.
    """

    n_units = hyper(kind=int, check=checks.positive, doc="number of cells")
    tau_x = param(
        100.0, shape="n_units", unit="ms", check=checks.positive, bounds=(0.05, float("inf")), doc="time constant"
    )
    leak = param(1.0, shape="n_units", check=checks.positive, bounds=(1e-6, float("inf")), doc="strength of the leak")
    nonlinearity = hyper("relu", kind=str, check=checks.one_of(*NONLINEARITIES), doc=", ".join(NONLINEARITIES))
    sigma_pre = hyper(0.1, check=checks.non_negative, doc="noise of the state")
    sigma_post = hyper(0.1, check=checks.non_negative, doc="noise of the rate")
    integration = hyper(
        "exact", kind=str, check=checks.one_of("exact", *INTEGRATORS), doc=f"exact, {', '.join(INTEGRATORS)}"
    )
    j = input_(shape="n_units", doc="input, held during the step")
    j_rec = input_(shape="n_units", doc="recurrent input, held during the step")
    x = state(shape="n_units", doc="the noisy state")
    r = output(shape="n_units", doc="the noisy rate")
    r_prime = output(shape="n_units", doc="slope of the nonlinearity at the state")

    def f(self, x: Any) -> Any:
        """The nonlinearity."""
        return NONLINEARITIES[self.nonlinearity](x)

    def velocity(self, x: Any) -> Any:
        """The drift, dx/dt without noise."""
        return (self.j.get() + self.j_rec.get() - self.leak.get() * x) / self.tau_x.get()

    @property
    def draws(self) -> bool:
        return self.sigma_pre > 0 or self.sigma_post > 0

    def advance(self) -> None:
        before, dt = self.x.get(), self.context.dt
        rate = self.leak.get() / self.tau_x.get()
        if self.integration == "exact":
            x = before + self.velocity(before) * growth(jnp.full_like(before, dt), -rate)
            spread = growth(
                jnp.full_like(before, dt), -2.0 * rate
            )  # of unit white noise: (1 - exp(-2 rate dt)) / 2 rate
        else:
            step = INTEGRATORS[self.integration]
            x = step(lambda s: _State(self.velocity(s.x)), _State(before), dt).x
            spread = dt
        if self.sigma_pre:
            x = x + self.sigma_pre * jnp.sqrt(2.0 * spread / self.tau_x.get()) * self._normal(x)
        r, slopes = jax.vjp(self.f, x)
        if self.sigma_post:
            r = r + self.sigma_post * self._normal(x)
        self.x.set(x)
        self.r.set(r)
        self.r_prime.set(slopes(jnp.ones_like(x))[0])

    def _normal(self, x: Any) -> Any:
        return jax.random.normal(self.context.next_key(), x.shape, x.dtype)
