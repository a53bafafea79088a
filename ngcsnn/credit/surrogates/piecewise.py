"""Surrogate functions made of straight pieces, cheap to evaluate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import jax.numpy as jnp

from ngcsnn.credit.surrogates.base import SurrogateFunction


@dataclass(frozen=True)
class PiecewiseLinear(SurrogateFunction):
    """A triangle (also called `triangular`).

        psi(h) = height max(0, 1 - |h| / width)
        step(h) = 1/2 + sign(h) height width (u - u^2 / 2),   u = min(|h| / width, 1)

    width: where psi reaches 0, in the unit of h (default 1.0). height: psi(0) (default 0.3). For a threshold v_thr,
    Bellec et al. have width = v_thr and height = 0.3 / v_thr.
    Source: Esser et al. 2016 (doi:10.1073/pnas.1604850113); Bellec et al. 2020 (doi:10.1038/s41467-020-17236-y).
    """

    aliases: ClassVar[tuple[str, ...]] = ("triangular",)
    width: float = 1.0
    height: float = 0.3

    def psi(self, h: Any) -> Any:
        return self.height * jnp.maximum(1.0 - jnp.abs(h) / self.width, 0.0)

    def step(self, h: Any) -> Any:
        u = jnp.minimum(jnp.abs(h) / self.width, 1.0)
        return 0.5 + self.height * self.width * jnp.sign(h) * (u - 0.5 * u * u)


@dataclass(frozen=True)
class Boxcar(SurrogateFunction):
    """A rectangle.

        psi(h) = height where |h| <= width, else 0
        step(h) = 1/2 + height min(max(h, -width), width)

    width: half the rectangle's, in the unit of h (default 0.5). height: psi(0) (default 1.0). With
    height = 1 / (2 width), as by default, the step runs from 0 to 1.
    Source: Wu et al. 2018 (doi:10.3389/fnins.2018.00331).
    """

    width: float = 0.5
    height: float = 1.0

    def psi(self, h: Any) -> Any:
        return jnp.where(jnp.abs(h) <= self.width, jnp.full_like(h, self.height), 0.0)

    def step(self, h: Any) -> Any:
        return 0.5 + self.height * jnp.clip(h, -self.width, self.width)


@dataclass(frozen=True)
class StraightThrough(SurrogateFunction):
    """The same derivative everywhere.

        psi(h) = height
        step(h) = 1/2 + height h

    height: default 1.0. Every cell learns in every step, however far from threshold: gradients grow fast with time.
    Source: Bengio, Leonard & Courville 2013 (arXiv:1308.3432).
    """

    height: float = 1.0

    def psi(self, h: Any) -> Any:
        return jnp.full_like(h, self.height)

    def step(self, h: Any) -> Any:
        return 0.5 + self.height * h


@dataclass(frozen=True)
class Leaky(SurrogateFunction):
    """Straight through above threshold, leaky below, as a leaky rectifier.

        psi(h) = height where h > 0, else leak
        step(h) = 1/2 + h psi(h)

    height: default 1.0. leak: default 0.1, may be 0.
    Source: the derivative of Maas, Hannun & Ng 2013 (Rectifier nonlinearities improve neural network acoustic models).
    """

    may_vanish: ClassVar[tuple[str, ...]] = ("leak",)
    height: float = 1.0
    leak: float = 0.1

    def psi(self, h: Any) -> Any:
        return jnp.where(h > 0, jnp.full_like(h, self.height), self.leak)

    def step(self, h: Any) -> Any:
        return 0.5 + h * self.psi(h)
