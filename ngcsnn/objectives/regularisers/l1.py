"""Sum of absolute values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
from jax import lax

from ngcsnn.objectives.regularisers.weight import WeightRegulariser


@dataclass(frozen=True)
class L1Regulariser(WeightRegulariser, kind="l1"):
    """Draws each value of a parameter to zero with the same force.

        L = strength sum |w|,    dL/dw = strength sign(w), 0 at w = 0

    Args: strength, loss per unit of w, >= 0. parameter, of the component, default "weights".
    Source: Tibshirani 1996 (doi:10.1111/j.2517-6161.1996.tb02080.x).
    """

    def cost(self, values: Any) -> Any:
        return (values * lax.stop_gradient(jnp.sign(values))).sum()  # the derivative of jnp.abs at 0 is 1
