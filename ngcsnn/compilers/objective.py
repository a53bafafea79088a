"""The objective of a compiled network: a loss and a readout for each output cell, and what is regularised beside."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import jax.numpy as jnp

from ngcsnn.compilers.chosen_metrics import NO_METRICS
from ngcsnn.compilers.penalties import penalties, penalty_leaves, penalty_sum, told
from ngcsnn.compilers.plan import Leaf
from ngcsnn.graph import Component, Context, GraphError, closest
from ngcsnn.graph.parameter import brief
from ngcsnn.objectives import Loss, Readout, resolve_loss, resolve_readout


@dataclass(frozen=True)
class Output:
    """One output cell: the compartments that are recorded, how they are read, and what it should do.

    leaves: in the order of the readout's `reads`; None for what is optional there and the cell does not have.
    """

    name: str
    leaves: tuple[Leaf | None, ...]
    readout: Readout
    loss: Loss
    n_units: int


class Objective:
    """The outputs of a network; the total loss is the sum over them of the mean over samples.

    losses None: cross-entropy for each output, mean square error where the readout keeps the time axis, `first_spike`
    where it gives times. regularisers: {component or its name: a regulariser or a list of them}, each a name, {name:
    {field: value}} or an object; their costs come beside the loss, while training only.
    """

    def __init__(self, context: Context, losses: Any, readouts: Any, regularisers: Any = None):
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
        self.metrics = NO_METRICS  # those of a call, see `measuring`
        self.outputs = [_output(context.components[name], losses[name], readouts[name]) for name in names]
        self.penalties = penalties(context, regularisers)

    def adapt(self, context: Context, change: Callable[[str, Loss, Readout], tuple[Loss, Readout]]) -> None:
        """Replace loss and readout of each output by what `change` makes of them; checked as those given were."""
        self.outputs = [_output(context.components[o.name], *change(o.name, o.loss, o.readout)) for o in self.outputs]

    def leaves(self, timed: bool) -> list[Leaf]:
        """All that the readouts record, each once. timed: whether the credit rule keeps the times of spikes."""
        found = dict.fromkeys(
            leaf for o in self.outputs for leaf, optional in _marked(o) if leaf is not None and (timed or not optional)
        )
        return list(found)

    def penalty_leaves(self) -> list[Leaf]:
        """What the regularisers record besides, while training."""
        return penalty_leaves(self.penalties)

    def penalty(self, recorded: Mapping[Leaf, Any], params: Mapping[str, Mapping[str, Any]], weight: Any) -> Any:
        """The regularisers' cost per sample times the number of real samples, to be added to the sum of the losses.

        recorded: {leaf: (T, batch, n)} for `penalty_leaves`. params: {component: {parameter: array}}, trained and fixed
        ones. weight (batch,): 1 for real samples, else 0. Returns a scalar in weight's dtype.
        """
        return penalty_sum(self.penalties, recorded, params, weight)

    def targets(self, context: Context, given: Any, n_samples: int, n_steps: int) -> dict[str, Any]:
        """Checked targets by output, on the device. given: {output or its name: labels or values}, or those of the
        only output. Losses learn here how long a trial is; they must know before `sums`."""
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
        trial = n_steps * self.dt
        self.outputs = [replace(o, loss=told(f"output '{o.name}'", o.loss.fitted, trial)) for o in self.outputs]
        return out

    def read(self, recorded: dict[Leaf, Any]) -> dict[str, Any]:
        """What each output says: {name: (batch, n) or (batch, T, n)}."""
        out = {}
        for o in self.outputs:
            given = tuple(recorded.get(leaf) if optional else recorded[leaf] for leaf, optional in _marked(o))
            out[o.name] = o.readout(given[0] if isinstance(o.readout.reads, str) else given, self.dt)
        return out

    def sums(self, y: dict[str, Any], targets: dict[str, Any], weight: Any) -> tuple[Any, dict[str, Any]]:
        """(sum of the losses, sums of the further metrics) over the samples, each times its weight."""
        total: Any = jnp.zeros((), weight.dtype)
        metrics: dict[str, Any] = {}
        for o in self.outputs:
            total = total + jnp.sum(o.loss(y[o.name], targets[o.name]) * weight)
            for key, value in o.loss.metrics(y[o.name], targets[o.name]).items():
                label = key if len(self.outputs) == 1 else f"{o.name}.{key}"
                metrics[label] = jnp.sum(value * weight)
        return total, {**metrics, **self.metrics.sums(self.outputs, y, targets, weight)}


def _output(cell: Component, loss: Any, readout: Any) -> Output:
    readout = told(f"`readouts` of '{cell.name}'", resolve_readout, readout)
    if loss is None:
        loss = "mean_square_error" if readout.keeps_time else "sparse_categorical_crossentropy"
        loss = "first_spike" if readout.gives_times else loss
    loss = told(f"`losses` of '{cell.name}'", resolve_loss, loss)
    told(f"output '{cell.name}'", loss.supports, readout)
    found = told(f"output '{cell.name}'", readout.compartments, cell)
    readout = told(f"output '{cell.name}'", readout.fitted, cell)
    leaves = tuple(None if c is None else (c.component.name, c.name) for c in found)
    return Output(cell.name, leaves, readout, loss, found[0].shape[0])


def _marked(output: Output) -> list[tuple[Any, bool]]:
    """(leaf, whether the readout can do without it) for each that it reads."""
    reads = output.readout.reads
    names = (reads,) if isinstance(reads, str) else reads
    return [(leaf, name in output.readout.optional) for leaf, name in zip(output.leaves, names, strict=True)]


def _by_output(context: Context, given: Any, argument: str, kinds: Iterable[str]) -> dict[str, Any] | None:
    """{component name: value}; None for a single value without a name (`kinds`: what such a value may be called)."""
    if not isinstance(given, Mapping) or _is_one_kind(context, given, list(kinds)):
        return None
    out: dict[str, Any] = {}
    for key, value in given.items():
        found = told(f"`{argument}`", context.find, key)
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
