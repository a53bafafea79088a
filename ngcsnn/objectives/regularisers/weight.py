"""The base of regularisers of parameters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ngcsnn.graph import Component, GraphError, closest
from ngcsnn.objectives.regularisers.regulariser import Regulariser


@dataclass(frozen=True)
class WeightRegulariser(Regulariser, abstract=True):
    """Base of regularisers of a parameter of one component, the weights of a synapse if nothing else is said.

    strength: loss per unit of the cost. parameter: its name, default "weights".
    """

    reads: ClassVar[tuple[str, ...]] = ()

    strength: float
    parameter: str = "weights"

    def __post_init__(self) -> None:
        self.set_number("strength", low=0.0)
        if not isinstance(self.parameter, str):
            raise TypeError(
                f"`parameter` of {type(self).__name__} must be the name of a parameter, got {self.parameter!r}"
            )

    def check(self, component: Component) -> None:
        own = [c.name for c in component.compartments.values() if c.role == "param"]
        if self.parameter not in own:
            raise GraphError(
                f"regulariser '{self.kind}' is about the parameter '{self.parameter}', which "
                f"{type(component).__name__} '{component.name}' does not have{closest(self.parameter, own)}"
            )

    @abstractmethod
    def cost(self, values: Any) -> Any:
        """The cost of the parameter's values, a scalar, before the strength."""

    def __call__(self, recorded: Mapping[str, Any], params: Mapping[str, Any], weight: Any) -> Any:
        return self.strength * self.cost(params[self.parameter]) * weight.sum()
