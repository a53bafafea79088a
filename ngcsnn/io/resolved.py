"""An experiment as plain data with nothing left to defaults: trained again, it gives the same numbers."""

from __future__ import annotations

from typing import Any

import yaml

from ngcsnn.graph import describe
from ngcsnn.io.compiler_table import compiler_arguments, find_compiler, in_full, is_by_output
from ngcsnn.io.data_section import DataPlan
from ngcsnn.io.experiment import Experiment
from ngcsnn.io.train_section import TrainPlan
from ngcsnn.optim import describe as describe_optimiser


def resolved(experiment: Experiment) -> dict[str, Any]:
    """The sections of a model file with every default and override written out."""
    out = describe(experiment.context)
    if experiment.data is not None:
        out["data"] = _data(experiment.data)
    if experiment.train is not None:
        out["train"] = _train(experiment.train)
    return out


def resolved_yaml(experiment: Experiment) -> str:
    """The same as text, for `load_experiment` or `ngcsnn train`."""
    return yaml.safe_dump(resolved(experiment), sort_keys=False, default_flow_style=None, width=120)


def _data(plan: DataPlan) -> dict[str, Any]:
    targets = {"targets": {name: "labels" for name in plan.targets}} if plan.targets else {}
    made: dict[str, Any] = {}
    if plan.split is not None:
        made["split"] = plan.split.describe()
    if plan.augment:
        made["augment"] = plan.augment.describe()
    return {plan.name: dict(plan.options), "inputs": {name: "events" for name in plan.inputs}, **targets, **made}


def _train(plan: TrainPlan) -> dict[str, Any]:
    outputs = plan.compiled.objective.outputs
    chosen = {
        "losses": {o.name: o.loss.describe() for o in outputs},
        "readouts": {o.name: o.readout.describe() for o in outputs},
    }
    arguments = {
        key: chosen[key] if is_by_output(key) else in_full(key, plan.arguments.get(key, _listed(parameter.default)))
        for key, parameter in compiler_arguments(find_compiler(plan.compiler)).items()
    }
    out: dict[str, Any] = {"compiler": {plan.compiler: arguments}}
    if plan.optimiser is not None:
        out["optimiser"] = describe_optimiser(plan.optimiser, full=True)
    if plan.learner is not None:
        out.update(epochs=plan.epochs, validation=plan.validation, shuffle=plan.shuffle, seed=plan.seed)
        out.update(plan.loop.describe())
    return out


def _listed(default: Any) -> Any:
    return list(default) if isinstance(default, tuple) else default
