"""What a regulariser is: a cost of what a component does or is, whatever the target. A new one is one file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ngcsnn.graph import Component
from ngcsnn.objectives.described import Described


@dataclass(frozen=True)
class Regulariser(Described, ABC, abstract=True):
    """A cost on one component that is added to the loss while training, and left out when evaluating.

    A subclass states `check` (which components it is for) and the cost itself.
    reads: compartments of the component that are recorded for it at the end of every step.
    """

    noun: ClassVar[str] = "regulariser"
    family: ClassVar[dict[str, type[Any]]] = {}
    reads: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def check(self, component: Component) -> None:
        """Raise `GraphError` unless `component` has what the cost is about; it names what would do."""

    @abstractmethod
    def __call__(self, recorded: Mapping[str, Any], params: Mapping[str, Any], weight: Any) -> Any:
        """The cost per sample times the number of real samples: a scalar in weight's dtype; pure, for `jit` and `grad`.

        Args: recorded, {compartment of `reads`: (T, batch, n)}; params, {parameter: array} of the component; weight
            (batch,), 1 for real samples and 0 for filling.
        """
