"""The metrics that a call of `train` or `evaluate` asks for, beside those of the losses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.graph import GraphError
from ngcsnn.objectives import Metric, resolve_metric


class ChosenMetrics(tuple[Metric, ...]):
    """metrics: checked, each once; hashable, so that programs can be kept by them."""

    def sums(self, outputs: list[Any], y: Mapping[str, Any], targets: Mapping[str, Any], weight: Any) -> dict[str, Any]:
        """{name in a record: sum over the samples, each times its weight}."""
        out: dict[str, Any] = {}
        for metric in self:
            for o in () if metric.of_spikes else outputs:
                shown, wanted = o.loss.counted(y[o.name], targets[o.name])
                each = metric.each(-shown if o.readout.gives_times else shown, wanted)
                name = metric.label if len(outputs) == 1 else f"{o.name}.{metric.label}"
                out[name] = jnp.tensordot(weight, each, axes=1)
        return out

    def figures(self, sums: dict[str, Any], n_samples: int) -> dict[str, Any]:
        """Take them out of the sums of an epoch, as plain numbers."""
        labels = {metric.label: metric for metric in self if not metric.of_spikes}
        names = [name for name in sums if name.rpartition(".")[2] in labels]
        out = {n: labels[n.rpartition(".")[2]].figure(np.asarray(sums.pop(n)), n_samples) for n in names}
        for metric in self:
            for cell, total in sums["spikes"].items() if metric.of_spikes else ():
                out[f"{cell}.{metric.label}"] = metric.figure(np.asarray(total), n_samples)
        return out


NO_METRICS = ChosenMetrics()


def chosen(given: Any) -> ChosenMetrics:
    """From names, {name: fields} and objects. Errors: `GraphError` and its kin that name the metric."""
    if given is None:
        return NO_METRICS
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        raise GraphError(f"`metrics` must be a list such as ['accuracy', {{'top_k': {{'k': 3}}}}], got {given!r}")
    metrics = [resolve_metric(one) for one in given]
    labels = [metric.label for metric in metrics]
    for label in labels:
        if labels.count(label) > 1:
            raise GraphError(f"`metrics` names '{label}' twice")
    return ChosenMetrics(metrics)


@contextmanager
def measuring(objective: Any, metrics: ChosenMetrics, targets: Mapping[str, Any]) -> Iterator[None]:
    """Let `objective` take these metrics too, within the block; targets: by output, checked."""
    for o in objective.outputs:
        for metric in metrics:
            if not metric.of_spikes:
                metric.check(np.asarray(targets[o.name]), o.n_units, o.name)
    before, objective.metrics = objective.metrics, metrics
    try:
        yield
    finally:
        objective.metrics = before
