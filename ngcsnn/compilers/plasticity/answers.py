"""The objective of a network that descends none: the spikes of a cell are counted, or of none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ngcsnn.compilers.chosen_metrics import NO_METRICS
from ngcsnn.compilers.objective import Objective
from ngcsnn.graph import Context, GraphError
from ngcsnn.graph.parameter import brief


class Answers(Objective):
    """cell: the one whose spike counts are read, None: nothing is. Its targets are class labels; there is no loss."""

    def __init__(self, context: Context, cell: str | None):
        if cell is not None:
            super().__init__(context, None, {cell: "spike_count"})
            return
        self.dt, self.metrics, self.outputs, self.penalties = context.dt, NO_METRICS, [], []

    def targets(self, context: Context, given: Any, n_samples: int, n_steps: int) -> dict[str, Any]:
        """{cell: labels}, checked; {} where none are given."""
        names = [o.name for o in self.outputs]
        if given is None or (isinstance(given, Mapping) and not given):
            return {}
        if not names:
            raise GraphError("targets are given, but no unit has a name: `labels` of PlasticityCompiler says whose do")
        if isinstance(given, Mapping):
            found = {context.find(key): value for key, value in given.items()}
            others = [c.name for c in found if c.name != names[0]]
            if others:
                raise GraphError(f"targets: '{others[0]}' has no labels; `labels` names '{names[0]}'")
            given = next(iter(found.values()))
        labels = np.asarray(given)
        if labels.shape != (n_samples,) or labels.dtype.kind not in "iu" or labels.min(initial=0) < 0:
            raise GraphError(
                f"targets of '{names[0]}' must be class labels, ({n_samples},) whole numbers from 0, got {brief(given)}"
            )
        return {names[0]: labels}
