"""A network that learns by rules, run forward while they rest: what its cells answer, and what that is taken for."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np

from ngcsnn.compilers.chosen_metrics import NO_METRICS, ChosenMetrics, chosen
from ngcsnn.compilers.feeding import Data
from ngcsnn.compilers.figures import figures
from ngcsnn.compilers.network import CompiledNetwork, _kinds
from ngcsnn.compilers.parameters import Params
from ngcsnn.compilers.plan import Leaf, make_plan
from ngcsnn.compilers.plasticity.answers import Answers
from ngcsnn.compilers.plasticity.evaluation import Evaluation, Labels, held_values, moved_by_rules
from ngcsnn.compilers.watching import attach, tell
from ngcsnn.credit import resolve
from ngcsnn.graph import Context, GraphError
from ngcsnn.objectives import LabelAssignment
from ngcsnn.training import Callback


class NetworkAtRest(CompiledNetwork):
    """A compiled network in which no rule learns; made by `PlasticNetwork.at_rest`.

    labels: whose units are named after classes (None: nobody's). known: their names, from `name_units`.
    """

    def __init__(self, context: Context, n_steps: int, evaluation: Evaluation, labels: Labels | None):
        make_plan(context)  # raises for what no rollout can run
        super().__init__(
            context, n_steps=evaluation.example_timesteps or n_steps, crossing=resolve(context.spike_timing),
            objective=Answers(context, None if labels is None else labels.cell), batch_size=evaluation.batch_size,
            names=moved_by_rules(context),
        )  # fmt: skip
        self.labels = labels
        self.known: LabelAssignment | None = None
        self._held = held_values(context, evaluation.values)

    @property
    def answers_with_a_class(self) -> bool:
        return self.labels is not None

    def asked(self) -> list[str]:
        if self.labels is None:
            return ["no labels: rates of the cells alone"]
        samples = "all" if self.labels.samples is None else str(self.labels.samples)
        return [f"{self.labels.cell}: units named by {samples} training samples, classes by {self.labels.by}"]

    def check_metrics(self, metrics: ChosenMetrics, targets: Mapping[str, Any], n_classes: int | None = None) -> None:
        for metric in metrics:
            if metric.of_spikes:
                continue
            if not targets:
                raise GraphError(
                    f"metric '{metric.kind}' needs classes: `labels` says whose units are named after them"
                )
            for cell, labels in targets.items():
                metric.check(labels, int(labels.max()) + 1 if n_classes is None else n_classes, cell)

    # --- what users call ----------------------------------------------------------------------------------------
    def name_units(self, inputs: Mapping[Any, Any], labels: Any, n_classes: int | None = None) -> LabelAssignment:
        """Name every unit after the class that it answers most, and keep that for `predict` and `evaluate`.

        inputs, labels: of the training samples; the first `samples` of `labels` are used. n_classes: default: the
        largest label and one. Names go with the weights: give them anew after learning.
        """
        self._check()
        data, n = self.data(inputs)
        return self.name_from(data, self.checked_labels(labels, n), np.arange(n), n_classes)

    def evaluate(
        self, inputs: Mapping[Any, Any], targets: Any = None, callbacks: Sequence[Callback] = (), metrics: Any = None
    ) -> dict[str, Any]:
        """Figures over all samples: with targets "accuracy" and `metrics`, of the classes that named units answer;
        always "<cell>.rate_hz", "<cell>.silent" (units that never spiked), "seconds"."""
        self._check()
        data, n = self.data(inputs)
        labels = self.objective.targets(self.context, targets, n, self.n_steps)
        attach(callbacks, self, data, n)
        found = self.figures_of(data, labels, np.arange(n), chosen(metrics))
        tell(callbacks, found)
        return found

    def predict(self, inputs: Mapping[Any, Any]) -> Any:
        """Scores of the classes (n_samples, n_classes) once units are named; before that spike counts of the units
        (n_samples, n)."""
        self._check()
        if self.labels is None:
            raise GraphError("nothing is predicted: `labels` of PlasticityCompiler says whose units answer")
        data, n = self.data(inputs)
        counts = self.counts(data, np.arange(n))[self.labels.cell]
        return counts if self.known is None else self.known.scores(counts, self.labels.by)

    def params(self) -> tuple[Params, Params]:
        trained, fixed = super().params()
        for name, key, value in self._held:
            part = trained if key in trained.get(name, {}) else fixed
            part[name] = {**part[name], key: jnp.asarray(value)}
        return trained, fixed

    # --- on data that are on the device -------------------------------------------------------------------------
    def name_from(
        self, data: Data, labels: np.ndarray, samples: np.ndarray, n_classes: int | None = None
    ) -> LabelAssignment:
        """`name_units` by the first of `samples`."""
        if self.labels is None:
            raise GraphError("no unit is named: `labels` of PlasticityCompiler says whose are")
        few = samples[: self.labels.samples]
        self.known = LabelAssignment(self.counts(data, few)[self.labels.cell], labels[few], n_classes)
        return self.known

    def figures_of(
        self, data: Data, labels: dict[str, Any], samples: np.ndarray, metrics: ChosenMetrics = NO_METRICS
    ) -> dict[str, Any]:
        """`evaluate` of these samples; labels: {cell: of all samples}, {} for rates alone."""
        start = time.perf_counter()
        counts = self.counts(data, samples)
        out: dict[str, Any] = {}
        for cell, all_labels in labels.items():
            if self.known is None or self.labels is None:
                raise GraphError("no unit has a name yet: call `name_units` with training samples and their labels")
            label, scores = all_labels[samples], self.known.scores(counts[cell], self.labels.by)
            out["accuracy"] = float(np.mean(scores.argmax(axis=1) == label))
            for metric in metrics:
                if not metric.of_spikes:
                    each = metric.each(jnp.asarray(scores, self.context.dtype), jnp.asarray(label))
                    out[metric.label] = metric.figure(np.asarray(jnp.sum(each, axis=0)), len(samples))
        spikes = {cell: each.sum(axis=0) for cell, each in counts.items()}
        sums = {"loss": 0.0, "spikes": spikes, "counts": {}}
        of_spikes = ChosenMetrics(metric for metric in metrics if metric.of_spikes)
        found = figures(sums, len(samples), self.n_steps * self.context.dt, of_spikes)
        found.pop("loss")
        return {**out, **found, "seconds": time.perf_counter() - start}

    def counts(self, data: Data, samples: np.ndarray) -> dict[str, np.ndarray]:
        """Spikes of every unit in the trial of each sample, {cell: (n_samples, n)}."""
        batches = self._batches(samples)
        program = self._program(("counts", _kinds(data)), lambda: self._counts_program(data))
        found = program(*self.params(), data, batches.index)
        return {k: np.asarray(v).reshape(-1, v.shape[-1])[: len(samples)] for k, v in found.items()}

    def checked_labels(self, labels: Any, n: int) -> np.ndarray:
        found = self.objective.targets(self.context, labels, n, self.n_steps)
        if not found:
            raise GraphError("`labels` are lacking: (n_samples,) whole numbers from 0")
        return next(iter(found.values()))

    def _counts_program(self, data: Data) -> Any:
        def count(recorded: dict[Leaf, Any]) -> dict[str, Any]:
            return {name: jnp.sum(s, axis=0).reshape(s.shape[1], -1) for (name, _), s in recorded.items()}

        return self._reading_program("counts", data, [(name, "s") for name in self.spiking], count)
