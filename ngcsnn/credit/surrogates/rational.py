"""Surrogate functions with heavy tails: cells far from threshold still learn a little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from ngcsnn.credit.surrogates.base import SurrogateFunction

FAR = 1e9  # widths from threshold; further out nothing changes, and squares do not overflow


@dataclass(frozen=True)
class FastSigmoid(SurrogateFunction):
    """Derivative of the fast sigmoid (soft sign).

        psi(h) = height / (1 + slope |h|)^2
        step(h) = 1/2 + height h / (1 + slope |h|)

    slope: in 1 / unit of h (default 10.0; the width at which psi fell to a quarter is 1 / slope). height: psi(0)
    (default 1.0). NEST's `fast_sigmoid_derivative` of width w has slope 1 / w.
    Source: Zenke & Ganguli 2018 (doi:10.1162/neco_a_01086).
    """

    slope: float = 10.0
    height: float = 1.0

    def psi(self, h: Any) -> Any:
        inverse = 1.0 / (1.0 + self.slope * jnp.abs(h))
        return self.height * (inverse * inverse)

    def step(self, h: Any) -> Any:
        inverse = 1.0 / (1.0 + self.slope * jnp.abs(h))
        return 0.5 + self.height / self.slope * jnp.sign(h) * (1.0 - inverse)


@dataclass(frozen=True)
class Arctan(SurrogateFunction):
    """Derivative of the arc tangent.

        psi(h) = height / (1 + (h / width)^2)
        step(h) = 1/2 + height width arctan(h / width)

    width: where psi fell to a half, in the unit of h (default 1 / pi). height: psi(0) (default 1.0). With the defaults
    it is the one of Fang et al. for alpha = 2; NEST's `arctan_derivative` takes the same two numbers.
    Source: Fang et al. 2021 (doi:10.1109/ICCV48922.2021.00266).
    """

    width: float = 0.3183098861837907
    height: float = 1.0

    def psi(self, h: Any) -> Any:
        u = jnp.clip(h / self.width, -FAR, FAR)
        return self.height / (1.0 + u * u)

    def step(self, h: Any) -> Any:
        return 0.5 + self.height * self.width * jnp.arctan(h / self.width)
