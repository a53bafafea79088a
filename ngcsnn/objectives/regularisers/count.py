"""The base of regularisers of spike counts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import jax.numpy as jnp

from ngcsnn.graph import Component, GraphError, UnknownNameError, closest
from ngcsnn.objectives.base import recordable
from ngcsnn.objectives.regularisers.regulariser import Regulariser

OVER = ("sample", "batch")


@dataclass(frozen=True)
class CountRegulariser(Regulariser, abstract=True):
    """Base of regularisers of spike counts: a square cost on either side of a target.

    It records `counted`, the spikes of a cell as regularisers count them: 0 or 1 in each step, with the surrogate's
    derivative under surrogate gradients and ds = dh at spikes under EventProp (a count has no derivative there).
    target: spikes per trial. strength_upper, strength_lower: loss per spike^2, above and below the target.
    over: the count of each "sample", or its mean over the real samples of the "batch".
    """

    reads: ClassVar[tuple[str, ...]] = ("counted",)

    target: float
    strength_upper: float = 0.0
    strength_lower: float = 0.0
    over: Literal["sample", "batch"] = "sample"

    def __post_init__(self) -> None:
        self.set_number("target", low=0.0, unit="spikes per trial")
        self.set_number("strength_upper", low=0.0, unit="(loss per spike^2)")
        self.set_number("strength_lower", low=0.0, unit="(loss per spike^2)")
        if self.over not in OVER:
            raise UnknownNameError(
                f"`over` of {type(self).__name__} must be one of {', '.join(OVER)}, got {self.over!r}"
                f"{closest(str(self.over), OVER)}"
            )

    def check(self, component: Component) -> None:
        found = component.compartments.get("counted")
        if found is None or not recordable(found):
            others = [c.name for c in component.context.components.values() if "counted" in c.compartments]
            raise GraphError(
                f"regulariser '{self.kind}' counts spikes, and {type(component).__name__} '{component.name}' is no "
                f"spiking cell (it has no `counted` of shape (n,)); it goes on {', '.join(others) or 'a spiking cell'}"
            )

    @abstractmethod
    def cost(self, count: Any) -> Any:
        """From counts (..., n) the cost (...)."""

    def side(self, count: Any) -> Any:
        """Half the square distance from the target, times the strength of that side."""
        strength = jnp.where(count > self.target, self.strength_upper, self.strength_lower).astype(count.dtype)
        return 0.5 * strength * jnp.square(count - self.target)

    def __call__(self, recorded: Mapping[str, Any], params: Mapping[str, Any], weight: Any) -> Any:
        count = recorded["counted"].sum(axis=0)
        if self.over == "sample":
            return (weight * self.cost(count)).sum()
        n_real = weight.sum()
        mean = (weight[:, None] * count).sum(axis=0) / jnp.maximum(n_real, 1.0)
        return n_real * self.cost(mean)
