"""Half the sum of squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from ngcsnn.objectives.regularisers.weight import WeightRegulariser


@dataclass(frozen=True)
class L2Regulariser(WeightRegulariser, kind="l2"):
    """Draws each value of a parameter to zero with a force that grows with it.

        L = strength / 2 sum w^2,    dL/dw = strength w

    Under plain gradient descent this is weight decay; under Adam it is not (its gradient is scaled like any other).
    Args: strength, loss per unit of w^2, >= 0. parameter, of the component, default "weights".
    Source: Krogh & Hertz 1991, A simple weight decay can improve generalization, NeurIPS 4.
    """

    def cost(self, values: Any) -> Any:
        return 0.5 * jnp.square(values).sum()
