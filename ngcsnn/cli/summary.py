"""An experiment on one screen."""

from __future__ import annotations

import math
from typing import Any

from ngcsnn.compilers.plan import Stage, make_plan
from ngcsnn.graph import Context, GraphError
from ngcsnn.io import DataPlan, Experiment, TrainPlan
from ngcsnn.viz.graph_reading import read_graph

_MOST = 24  # lines of one list
# Memory of a batch in units of all states and outputs over all steps, as XLA for CPU needed it for layered networks.
_FORWARD, _BACKWARD = 0.7, 1.5


def summary(experiment: Experiment) -> str:
    """The text that `ngcsnn check` prints."""
    net = experiment.context
    parts = [
        [
            f"model       {net.name}: dt {net.dt:g} ms, seed {net.seed}, {net.dtype}",
            f"from        {experiment.document.source}",
        ],
        _components(net),
        [f"parameters  {_parameters(experiment)}"],
        _plan(net),
    ]
    if experiment.data is not None:
        parts.append(_data(experiment, experiment.data))
    if experiment.train is not None:
        parts.append(_train(experiment, experiment.train))
    absent = [s for s in ("data", "train") if getattr(experiment, s) is None]
    if absent:
        parts.append([f"no {' and no '.join(f'`{s}`' for s in absent)}: the network alone was checked"])
    return "\n".join(line for part in parts for line in part)


def batch_memory(experiment: Experiment, n_steps: int, batch_size: int) -> tuple[float, float]:
    """Bytes that evaluating, and training on, one batch takes, roughly: all states and outputs of all steps."""
    compartments = [c for part in experiment.context.components.values() for c in part.owned()]
    numbers = sum(math.prod(c.shape) for c in compartments if c.role in ("state", "output"))
    unit = float(numbers * n_steps * batch_size * experiment.context.dtype.itemsize)
    return _FORWARD * unit, _BACKWARD * unit


def _components(net: Context) -> list[str]:
    boxes = read_graph(net).boxes
    names, types = max(len(b.name) for b in boxes), max(len(b.type_name) for b in boxes)
    return _listed("components", [f"{b.name:<{names}}  {b.type_name:<{types}}  {b.size}" for b in boxes])


def _parameters(experiment: Experiment) -> str:
    sizes = {
        c.key: math.prod(c.shape)
        for part in experiment.context.components.values()
        for c in part.owned()
        if c.role == "param"
    }
    if experiment.train is None or experiment.train.epochs is None:
        return f"{sum(sizes.values()):,} numbers"
    trained = [f"{name}.{key}" for name, keys in experiment.train.compiled.names.items() for key in keys]
    return f"{sum(sizes.values()):,} numbers, {sum(sizes[k] for k in trained):,} trained ({', '.join(trained)})"


def _plan(net: Context) -> list[str]:
    try:
        stages = make_plan(net)
    except GraphError as error:  # a network of processes and rules, which no compiler takes
        return [f"plan        none: {error}"]
    return _listed("plan", [_stage(i, stage) for i, stage in enumerate(stages, 1)])


def _stage(number: int, stage: Stage) -> str:
    how = "time loop    " if stage.looped else "all at once  "
    return f"{number}. {how}{', '.join(stage.members)}"


def _data(experiment: Experiment, plan: DataPlan) -> list[str]:
    where = f"events to {', '.join(plan.inputs)}" + (f", labels to {', '.join(plan.targets)}" if plan.targets else "")
    if experiment.train is None:
        return [f"data        {plan.name}: {where}"]
    data = experiment.dataset
    parts = {"train": data.train, "validation": data.validation, "test": data.test}
    sizes = ", ".join(f"{name} {len(split.labels)}" for name, split in parts.items() if split is not None)
    shape = data.train.labels.shape[1:]
    kind = f"targets {shape}" if data.n_classes is None else f"{data.n_classes} classes"
    return [f"data        {plan.name}: {sizes}; {data.n_units} units, {kind}; {where}"]


def _train(experiment: Experiment, plan: TrainPlan) -> list[str]:
    network, learner = plan.compiled, plan.learner
    steps = (network if learner is None else learner).n_steps
    batch = (network if learner is None else learner).batch_size
    text = f"{plan.compiler}: {steps} steps of {experiment.context.dt:g} ms, batches of {batch}"
    if plan.epochs is not None:
        text += f", {plan.epochs} epochs"
    out = [f"train       {text}"]
    if (network.n_steps, network.batch_size) != (steps, batch):
        out.append(f"            evaluated in {network.n_steps} steps, batches of {network.batch_size}")
    out += [f"            {line}" for line in network.asked()]
    forward, backward = batch_memory(experiment, network.n_steps, network.batch_size)
    more = f", {_size(backward)} to train" if plan.optimiser is not None else ""
    return [*out, f"memory      about {_size(forward)} to evaluate a batch{more}"]


def _listed(title: str, lines: list[str]) -> list[str]:
    shown = lines if len(lines) <= _MOST else [*lines[: _MOST - 1], f"... and {len(lines) - _MOST + 1} more"]
    return [f"{title if i == 0 else '':<12}{line}" for i, line in enumerate(shown)]


def _size(n_bytes: float) -> str:
    value: Any = n_bytes
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            break
        value /= 1000
    return f"{value:.3g} {unit}"
