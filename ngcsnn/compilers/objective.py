"""The objective of a compiled network: a loss and a readout for each output cell."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from ngcsnn.compilers.plan import Leaf
from ngcsnn.graph import Component, Context, GraphError, UnknownNameError, closest
from ngcsnn.graph.parameter import brief
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
    """The outputs of a network; the total loss is the sum over them of the mean over samples.

    losses None: cross-entropy for each output, mean square error where the readout keeps the time axis.
    """

    def __init__(self, context: Context, losses: Any, readouts: Any):
        named_losses = _by_output(context, losses, "losses", Loss.family)
        named_readouts = _by_output(context, readouts, "readouts", Readout.family)
        names = list(named_losses or named_readouts or ())
        if not names:
            raise GraphError(f"name the outputs: `losses` must be {{output: ...}}, got {brief(losses)}")
        losses = dict.fromkeys(names, losses) if named_losses is None else named_losses
        readouts = dict.fromkeys(names, readouts) if named_readouts is None else named_readouts
        for argument, given, other in (("losses", losses, readouts), ("readouts", readouts, losses)):
            lacking = [name for name in other if name not in given]
            if lacking:
                raise GraphError(
                    f"`{argument}` names no output {', '.join(map(repr, lacking))}; it names {list(given)}"
                )
        self.dt = context.dt
        self.outputs = [_output(context.components[name], losses[name], readouts[name]) for name in names]

    def targets(self, context: Context, given: Any, n_samples: int, n_steps: int) -> dict[str, Any]:
        """Checked targets by output, on the device. given: {output or its name: labels or values}, or those of the
        only output."""
        named = _by_output(context, given, "targets", ())
        names = [o.name for o in self.outputs]
        if named is None and len(names) > 1:
            raise GraphError(f"targets: name the outputs, {{{', '.join(names)}: ...}}, got {brief(given)}")
        targets = {names[0]: given} if named is None else named
        for name in targets:
            if name not in names:
                raise GraphError(f"targets: '{name}' is no output of this network{closest(name, names)}")
        out = {}
        for o in self.outputs:
            if o.name not in targets:
                raise GraphError(f"no targets for the output '{o.name}'")
            steps = n_steps if o.readout.keeps_time else None
            out[o.name] = jnp.asarray(o.loss.check_target(targets[o.name], n_samples, o.n_units, steps, o.name))
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


def _output(cell: Component, loss: Any, readout: Any) -> Output:
    readout = _told(f"`readouts` of '{cell.name}'", resolve_readout, readout)
    if loss is None:
        loss = "mean_square_error" if readout.keeps_time else "sparse_categorical_crossentropy"
    loss = _told(f"`losses` of '{cell.name}'", resolve_loss, loss)
    _told(f"output '{cell.name}'", loss.supports, readout)
    compartment = _told(f"output '{cell.name}'", readout.compartment, cell)
    return Output(cell.name, (cell.name, compartment.name), readout, loss, compartment.shape[0])


def _by_output(context: Context, given: Any, argument: str, kinds: Iterable[str]) -> dict[str, Any] | None:
    """{component name: value}; None for a single value without a name (`kinds`: what such a value may be called)."""
    if not isinstance(given, Mapping) or _is_one_kind(context, given, list(kinds)):
        return None
    out: dict[str, Any] = {}
    for key, value in given.items():
        found = _told(f"`{argument}`", context.find, key)
        if not isinstance(found, Component):
            raise GraphError(f"`{argument}` names outputs, not compartments: '{found.component.name}', not {found.key}")
        if found.name in out:
            raise GraphError(f"`{argument}` names the output '{found.name}' twice")
        out[found.name] = value
    return out


def _is_one_kind(context: Context, given: Mapping[Any, Any], kinds: list[str]) -> bool:
    """Whether a mapping is {"avg_var": {...}}, perhaps misspelt, rather than {output: ...}."""
    (key, *others) = given or ("",)
    if others or not isinstance(key, str) or key.partition(".")[0] in context.components:
        return False
    near = difflib.get_close_matches(key, [*context.components, *kinds], n=1)
    return bool(near) and near[0] in kinds


def _told(where: str, ask: Callable[[Any], Any], value: Any) -> Any:
    """`ask(value)`; an error says `where` it was."""
    try:
        return ask(value)
    except UnknownNameError as error:
        raise UnknownNameError(f"{where}: {error}") from None
    except TypeError as error:
        raise TypeError(f"{where}: {error}") from None
    except ValueError as error:
        raise GraphError(f"{where}: {error}") from None
