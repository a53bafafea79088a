"""The objective of a compiled network: a loss and a readout for each output cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from ngcsnn.compilers.plan import Leaf
from ngcsnn.graph import Component, Context, GraphError, closest
from ngcsnn.objectives import Loss, Readout, resolve_loss, resolve_readout


@dataclass(frozen=True)
class Output:
    """One output cell: the compartment that is recorded, how it is read, and what it should do."""

    name: str
    leaf: Leaf
    readout: Readout
    loss: Loss
    n_units: int


class Objective:
    """The outputs of a network; the total loss is the sum over them of the mean over samples."""

    def __init__(self, context: Context, losses: Any, readouts: Any):
        by_name = {c.name: c for c in context.components.values()}
        losses = _by_output(context, losses, "losses")
        readouts = _by_output(context, readouts, "readouts", losses)
        if set(losses) != set(readouts):
            lost = sorted(set(losses) ^ set(readouts))
            raise GraphError(f"`losses` and `readouts` must name the same outputs; {lost} stand in one only")
        self.dt = context.dt
        self.outputs = [self._output(by_name[name], losses[name], readouts[name]) for name in losses]

    @staticmethod
    def _output(cell: Component, loss: Any, readout: Any) -> Output:
        loss, readout = resolve_loss(loss), resolve_readout(readout)
        loss.supports(readout)
        compartment = readout.compartment(cell)
        return Output(cell.name, (cell.name, compartment.name), readout, loss, compartment.shape[0])

    def targets(self, context: Context, given: Mapping[Any, Any], n_samples: int, n_steps: int) -> dict[str, Any]:
        """Checked targets by output, on the device. given: {output or its name: labels or values}."""
        given = _by_output(context, given, "targets")
        names = [o.name for o in self.outputs]
        for name in given:
            if name not in names:
                raise GraphError(f"targets: '{name}' is no output of this network{closest(name, names)}")
        out = {}
        for o in self.outputs:
            if o.name not in given:
                raise GraphError(f"no targets for the output '{o.name}'")
            steps = n_steps if o.readout.keeps_time else None
            out[o.name] = jnp.asarray(o.loss.check_target(given[o.name], n_samples, o.n_units, steps, o.name))
        return out

    def read(self, recorded: dict[Leaf, Any]) -> dict[str, Any]:
        """What each output says: {name: (batch, n) or (batch, T, n)}."""
        return {o.name: o.readout(recorded[o.leaf], self.dt) for o in self.outputs}

    def sums(self, y: dict[str, Any], targets: dict[str, Any], weight: Any) -> tuple[Any, dict[str, Any]]:
        """(sum of the losses, sums of the further metrics) over the samples, each times its weight."""
        total: Any = jnp.zeros((), weight.dtype)
        metrics: dict[str, Any] = {}
        for o in self.outputs:
            total = total + jnp.sum(o.loss(y[o.name], targets[o.name]) * weight)
            for key, value in o.loss.metrics(y[o.name], targets[o.name]).items():
                label = key if len(self.outputs) == 1 else f"{o.name}.{key}"
                metrics[label] = jnp.sum(value * weight)
        return total, metrics


def _by_output(context: Context, given: Any, argument: str, like: Iterable[str] = ()) -> dict[str, Any]:
    """{component name: value}; a single value stands for the only output."""
    if not isinstance(given, Mapping) or not _is_keyed(context, given):
        names = list(like)
        if len(names) != 1:
            raise GraphError(f"`{argument}` must be {{output: ...}}, got {given!r}")
        return {names[0]: given}
    out = {}
    for key, value in given.items():
        found = context.find(key)
        found = getattr(found, "component", found)
        out[found.name] = value
    return out


def _is_keyed(context: Context, given: Mapping[Any, Any]) -> bool:
    """Whether a mapping's keys are outputs, rather than {"avg_var": {...}}."""
    return all(not isinstance(k, str) or k.partition(".")[0] in context.components or len(given) != 1 for k in given)


