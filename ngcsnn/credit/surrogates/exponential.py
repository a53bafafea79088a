"""Surrogate functions whose tails fall off exponentially or faster."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import Any, ClassVar

import jax.numpy as jnp
from jax.scipy.special import erf

from ngcsnn.credit.surrogates.base import SurrogateFunction

FAR = 100.0  # standard deviations; a Gaussian is zero there, and its square does not overflow


@dataclass(frozen=True)
class Exponential(SurrogateFunction):
    """Two exponential flanks.

        psi(h) = height exp(-|h| / width)
        step(h) = 1/2 + sign(h) height width (1 - exp(-|h| / width))

    width: where psi fell to 1 / e, in the unit of h (default 1.0). height: psi(0) (default 0.3); both are NEST's.
    Source: Shrestha & Orchard 2018 (SLAYER, arXiv:1810.08646).
    """

    width: float = 1.0
    height: float = 0.3

    def psi(self, h: Any) -> Any:
        return self.height * jnp.exp(-jnp.abs(h) / self.width)

    def step(self, h: Any) -> Any:
        return 0.5 - self.height * self.width * jnp.sign(h) * jnp.expm1(-jnp.abs(h) / self.width)


@dataclass(frozen=True)
class Sigmoid(SurrogateFunction):
    """Derivative of the logistic function.

        psi(h) = 4 height S(slope h) S(-slope h),   S(z) = 1 / (1 + exp(-z))
        step(h) = 1/2 + (4 height / slope) (S(slope h) - 1/2)

    slope: in 1 / unit of h (default 4.0). height: psi(0) (default 1.0). With height = slope / 4, as by default, the
    step runs from 0 to 1.
    Source: Neftci, Mostafa & Zenke 2019 (doi:10.1109/MSP.2019.2931595).
    """

    slope: float = 4.0
    height: float = 1.0

    def psi(self, h: Any) -> Any:
        tail = jnp.exp(-self.slope * jnp.abs(h))  # psi is even, and this side cannot overflow
        near = 1.0 / (1.0 + tail)
        return 4.0 * self.height * (tail * (near * near))

    def step(self, h: Any) -> Any:
        return 0.5 + 2.0 * self.height / self.slope * jnp.tanh(0.5 * self.slope * h)


@dataclass(frozen=True)
class Gaussian(SurrogateFunction):
    """A Gaussian.

        psi(h) = height exp(-(h / width)^2 / 2)
        step(h) = 1/2 + height width sqrt(pi / 2) erf(h / (width sqrt(2)))

    width: the standard deviation, in the unit of h (default 0.4). height: psi(0) (default 1.0). With
    height = 1 / (width sqrt(2 pi)) the step runs from 0 to 1, as it does by default within 0.3 %.
    Source: Yin, Corradi & Bohte 2020 (doi:10.1145/3407197.3407225).
    """

    width: float = 0.4
    height: float = 1.0

    def psi(self, h: Any) -> Any:
        return self.height * _bell(h / self.width)

    def step(self, h: Any) -> Any:
        return 0.5 + self.height * self.width * _area(h / self.width)


@dataclass(frozen=True)
class MultiGaussian(SurrogateFunction):
    """A Gaussian less two wide ones: psi is negative on both flanks, as that of a rate that saturates.

        psi(h) = height ((1 + dip) g(u) - (dip / ratio) (g((u - 1) / ratio) + g((u + 1) / ratio)))
        step(h) = 1/2 + height width ((1 + dip) G(u) - dip (G((u - 1) / ratio) + G((u + 1) / ratio)))
        u = h / width,   g(z) = exp(-z^2 / 2),   G(z) = int_0^z g

    width: standard deviation of the middle one, in the unit of h (default 0.5); ratio: of the others' to it (default
    6.0). dip: their share (default 0.15; 0 leaves a Gaussian). height: of the middle one without dip (default 0.4).
    Source: Yin, Corradi & Bohte 2021 (doi:10.1038/s42256-021-00397-w), with height = 0.5 / (width sqrt(2 pi)).
    """

    may_vanish: ClassVar[tuple[str, ...]] = ("dip",)
    width: float = 0.5
    height: float = 0.4
    ratio: float = 6.0
    dip: float = 0.15

    def psi(self, h: Any) -> Any:
        u, r = h / self.width, 1.0 / self.ratio
        sides = _bell((u - 1.0) * r) + _bell((u + 1.0) * r)
        return self.height * ((1.0 + self.dip) * _bell(u) - self.dip * r * sides)

    def step(self, h: Any) -> Any:
        u, r = h / self.width, 1.0 / self.ratio
        sides = _area((u - 1.0) * r) + _area((u + 1.0) * r)
        return 0.5 + self.height * self.width * ((1.0 + self.dip) * _area(u) - self.dip * sides)


def _bell(z: Any) -> Any:
    near = jnp.clip(z, -FAR, FAR)
    return jnp.exp(-0.5 * near * near)


def _area(z: Any) -> Any:
    return sqrt(pi / 2) * erf(z * sqrt(0.5))
