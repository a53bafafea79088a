"""Firing rates near a target, the regulariser of e-prop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import jax.numpy as jnp
from jax import lax

from ngcsnn.graph import Component
from ngcsnn.objectives import Regulariser

FORMS = ("trial", "running", "signal")


@dataclass(frozen=True)
class FiringRate(Regulariser, abstract=True):
    """c_reg times half the squared distance of each cell's rate from `target`; both in spikes per step.

        trial:    c_reg / 2 (f - target)^2,              f the mean of s over the trial (NEST's update intervals)
        running:  c_reg / 2 sum_t (f(t) - target)^2,     f(t) = kappa f(t - 1) + (1 - kappa) s(t)  (NEST's continuous)
        signal:   the learning signal c_reg (f(t) - target), f(t) as above but taken as given (mlGeNN)

    target, c_reg: numbers, or one for each cell. kappa: of the running forms. factor: of it all. The derivative of s is
    the surrogate's, within its own cell.
    """

    reads: ClassVar[tuple[str, ...]] = ("counted",)

    target: float | tuple[float, ...]
    c_reg: float | tuple[float, ...]
    form: str = "trial"
    kappa: float = 0.0
    factor: float = 1.0

    def check(self, component: Component) -> None:
        """It is made for spiking cells alone."""

    def __call__(self, recorded: Mapping[str, Any], params: Mapping[str, Any], weight: Any) -> Any:
        s = recorded["counted"]
        c_reg, target = self.numbers(s.dtype)
        if self.form == "trial":
            cost = 0.5 * jnp.square(s.mean(axis=0) - target)
        else:
            over = running_mean(lax.stop_gradient(s) if self.form == "signal" else s, self.kappa) - target
            cost = (over * s if self.form == "signal" else 0.5 * jnp.square(over)).sum(axis=0)
        return self.factor * (weight[:, None] * c_reg * cost).sum()

    def numbers(self, dtype: Any) -> tuple[Any, Any]:
        """(c_reg, target) as arrays, one number for all cells or one for each."""
        return jnp.asarray(self.c_reg, dtype), jnp.asarray(self.target, dtype)


def running_mean(s: Any, kappa: float) -> Any:
    """f(t) = kappa f(t - 1) + (1 - kappa) s(t) along the first axis, from 0."""

    def step(f: Any, now: Any) -> tuple[Any, Any]:
        f = kappa * f + (1.0 - kappa) * now
        return f, f

    return lax.scan(step, jnp.zeros_like(s[0]), s)[1]
