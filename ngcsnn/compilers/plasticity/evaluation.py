"""How a network that learns by its rules is asked what it has learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ngcsnn.compilers.parameters import Names
from ngcsnn.graph import Context, GraphError, ShapeError, UnknownNameError, closest
from ngcsnn.graph.checks import whole
from ngcsnn.objectives.label_assignment import WAYS


@dataclass(frozen=True)
class Labels:
    """The units of `cell`, which learn without labels, are named afterwards after the classes that they answer most.

    by: "average" or "proportion", how a sample's class is found from their answers (`ngcsnn.objectives.
    LabelAssignment`). samples: how many training samples, the first of them, the units are named by (None: all).
    """

    cell: str
    by: str = "average"
    samples: int | None = None

    def __post_init__(self) -> None:
        if self.by not in WAYS:
            raise GraphError(f"`by` must be one of {', '.join(WAYS)}, got {self.by!r}{closest(str(self.by), WAYS)}")
        if self.samples is not None:
            whole("samples", self.samples)


@dataclass(frozen=True)
class Evaluation:
    """How trials run while the rules rest: to name units, to validate, test and simulate.

    example_timesteps: steps of a trial (None: as in training). batch_size: samples side by side. values: {parameter:
    number or array} that hold there, such as {"exc.theta_plus": 0.0} for thresholds that do not rise.
    """

    example_timesteps: int | None = None
    batch_size: int = 32
    values: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.example_timesteps is not None:
            whole("example_timesteps", self.example_timesteps)
        whole("batch_size", self.batch_size)
        if not isinstance(self.values, Mapping):
            raise GraphError(f"`values` must be {{parameter: value}}, got {self.values!r}")


def moved_by_rules(context: Context) -> Names:
    """What rules move: weights and biases whose changes are wired."""
    moved = {"dweights": "weights", "dbias": "bias"}
    out: dict[str, tuple[str, ...]] = {}
    for part in context.components.values():
        driven = (part.compartments.get(change) for change in moved)
        keys = tuple(moved[c.name] for c in driven if c is not None and c.source is not None)
        if keys:
            out[part.name] = keys
    return out


def held_values(context: Context, values: Mapping[str, Any]) -> list[tuple[str, str, np.ndarray]]:
    """(component, parameter, value in full) for each of `values`."""
    every = {c.key: c for part in context.components.values() for c in part.owned() if c.role == "param"}
    out = []
    for key, value in values.items():
        name = getattr(key, "key", key)
        found = every.get(name)
        if found is None:
            raise UnknownNameError(
                f"`evaluation`: `values` takes parameters; there is no '{name}'{closest(str(name), every)}"
            )
        try:
            full = np.broadcast_to(np.asarray(value, np.asarray(found.get()).dtype), found.shape)
        except (ValueError, TypeError):
            raise ShapeError(f"`evaluation`: '{name}' has shape {found.shape}, got {value!r}") from None
        if not np.isfinite(full).all():
            raise GraphError(f"`evaluation`: '{name}' must be finite, got {value!r}")
        out.append((found.component.name, found.name, full))
    return out
