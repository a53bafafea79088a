"""Pictures of what a network does with test samples: spikes, potentials, statistics, answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from ngcsnn import viz
from ngcsnn.io.experiment import Experiment
from ngcsnn.io.pictures.answers import answered_classes, answers_with_a_class
from ngcsnn.io.pictures.picture import Chapter, Picture
from ngcsnn.viz.style import new_figure

_NUMBERS = 4e7  # recorded at most
_COLUMNS, _TRACES, _UNITS = 3, 10, 400  # samples side by side; potentials in one picture; units that a raster shows


class TrialPictures:
    """Runs some test samples through the network once, when the first picture asks for them."""

    def __init__(self, experiment: Experiment, n_samples: int):
        self.experiment, self.network = experiment, experiment.compiled
        context = self.network.context
        sources = [c.name for c in context.components.values() if c.stage == "source" and "s" in c.compartments]
        self.cells = [name for name in self.network.spiking if name not in sources]
        self.emitting = [*sources, *self.cells]
        self.outputs = [o.name for o in self.network.objective.outputs if self._potential(o.name)]
        numbers = sum(int(np.prod(context.components[n].compartments["s"].shape)) for n in self.emitting)
        most = int(_NUMBERS // max(numbers * self.network.n_steps, 1))
        self.n = max(1, min(n_samples, most, len(experiment.dataset.test.labels)))

    def _potential(self, name: str) -> bool:
        found = self.network.context.components[name].compartments.get("v")
        return found is not None and found.role == "state"

    @cached_property
    def seen(self) -> dict[str, np.ndarray]:
        """What was recorded, (n_steps, n_samples, n_units) each."""
        offsets = [f"{n}.s.offset" for n in self.emitting] if self.network.crossing.timed else []
        first = [n for n in self.cells if self._potential(n)][:1]
        potentials = dict.fromkeys(f"{n}.v" for n in [*first, *self.outputs])
        record = [*(f"{n}.s" for n in self.emitting), *offsets, *potentials]
        test = self.experiment.dataset.test
        inputs = {name: test.events[: self.n] for name in self.experiment.inputs(test)}
        found = self.network.simulate(inputs, record)
        return {k: np.asarray(v).reshape(*v.shape[:2], -1) for k, v in found.items()}

    @property
    def dt(self) -> float:
        return self.network.context.dt

    @property
    def t_end(self) -> float:
        return self.network.n_steps * self.dt

    def spikes(self, cell: str, sample: int) -> tuple[np.ndarray, np.ndarray]:
        offsets = self.seen.get(f"{cell}.s.offset")
        here = None if offsets is None else offsets[:, sample]
        times, units = viz.recorded_spikes(self.seen[f"{cell}.s"][:, sample], here, self.dt)
        return np.clip(times, 0.0, self.t_end), units

    def label(self, sample: int) -> str:
        data = self.experiment.dataset
        if data.n_classes is None:
            return f"sample {sample}"
        label = int(data.test.labels[sample])
        return f"sample {sample}, class {data.class_names[label] if data.class_names else label}"

    @cached_property
    def beside(self) -> list[int]:
        """Samples to show side by side: of classes as different as they come, the first of each."""
        data = self.experiment.dataset
        if data.n_classes is None:
            return list(range(min(self.n, _COLUMNS)))
        labels = np.asarray(data.test.labels[: self.n])
        first = np.sort(np.unique(labels, return_index=True)[1]).tolist()
        return sorted((first + [k for k in range(self.n) if k not in first])[:_COLUMNS])

    # --- what is drawn ------------------------------------------------------------------------------------------
    def rasters(self) -> Any:
        """A row for each population, a column for each sample."""
        columns, rows = len(self.beside), len(self.emitting)
        sizes = [self.seen[f"{name}.s"].shape[-1] for name in self.emitting]
        heights = [float(np.clip(0.02 * n, 0.9, 2.4)) for n in sizes]
        figure = new_figure(max(3.3 * columns, 6.4), sum(heights) + 0.75 * rows)
        grid = figure.add_gridspec(rows, columns, height_ratios=heights)
        axes = []
        for i, name in enumerate(self.emitting):
            for k, sample in enumerate(self.beside):
                ax = figure.add_subplot(grid[i, k])
                title = f"{name}   {self.label(sample)}" if i == 0 else name
                viz.raster(*self.spikes(name, sample), ax=ax, n_units=sizes[i], t_end=self.t_end, title=title)
                if i < rows - 1:
                    ax.set_xlabel("")
                if k:
                    ax.set_ylabel("")
                axes.append(ax)
        return tuple(axes)

    def potentials(self, name: str) -> Any:
        """Of the first sample: of spiking cells those that spiked most, of others the first."""
        v, spikes = self.seen[f"{name}.v"][:, 0], self.seen.get(f"{name}.s")
        unit = self.network.context.components[name].compartments["v"].declared.unit or ""
        if spikes is None:
            names = self.experiment.dataset.class_names
            shown = np.arange(v.shape[1])[:_TRACES]
            labels = [names[i] for i in shown] if names and len(names) == v.shape[1] else [str(i) for i in shown]
            return viz.traces(v[:, shown], dt=self.dt, names=labels, title=f"{name}   {self.label(0)}", unit=unit)
        counts = spikes[:, 0].sum(axis=0)
        shown = np.sort(np.argsort(-counts, kind="stable")[: min(6, v.shape[1])])
        times, units = self.spikes(name, 0)
        kept = np.isin(units, shown)
        marks = times[kept], np.searchsorted(shown, units[kept])
        return viz.traces(
            v[:, shown], dt=self.dt, v_thr=self._threshold(name), spikes=marks, names=[str(i) for i in shown],
            title=f"{name}   {self.label(0)}", unit=unit,
        )  # fmt: skip

    def _threshold(self, name: str) -> float | None:
        value: Any = getattr(self.network.context.components[name], "v_thr", None)
        value = value.get() if hasattr(value, "get") else value
        if value is None:
            return None
        values = np.unique(np.asarray(value, np.float64))
        return float(values[0]) if values.size == 1 else None  # else the cells have one each

    def statistics(self, name: str) -> Any:
        trials = [self.spikes(name, k) for k in range(self.n)]
        return viz.spike_panels(viz.spike_statistics(trials, self.seen[f"{name}.s"].shape[-1], self.t_end), title=name)


def trials_chapter(experiment: Experiment, n_samples: int = 32) -> Chapter:
    """Rasters, potentials and spike statistics of the first test samples."""
    if experiment.train is None or experiment.data is None:
        return Chapter("Activity", [], ["no pictures of activity: the model names no data, or does not say how to run"])
    found = TrialPictures(experiment, n_samples)
    pictures = []
    if found.emitting:
        few = len(found.beside)
        text = f"Every spike of {'a test sample' if few == 1 else f'{few} test samples'}."
        pictures.append(Picture("raster", "Spikes", text, found.rasters))
    potentials = [n for n in found.cells if found._potential(n)][:1]
    for name in dict.fromkeys([*potentials, *found.outputs]):
        spiking = name in found.cells
        text = "The units that spike most, with threshold and spikes." if spiking else "One line for each unit."
        draw: Callable[[], Any] = lambda name=name: found.potentials(name)  # noqa: E731
        pictures.append(Picture(f"potentials_{name}", f"Potentials of {name}", text, draw))
    for name in found.cells:
        text = f"Over {found.n} test samples: mean rate of each unit, intervals between its spikes, their variation."
        draw = lambda name=name: found.statistics(name)  # noqa: E731
        pictures.append(Picture(f"statistics_{name}", f"Spike statistics of {name}", text, draw))
    return Chapter("Activity", pictures, [])


def answers_chapter(experiment: Experiment) -> Chapter:
    """The confusion matrix over the test samples."""
    if experiment.train is None or experiment.data is None or not answers_with_a_class(experiment):
        return Chapter(
            "Answers", [], ["no confusion matrix: the network does not answer with one class for each sample"]
        )
    data = experiment.dataset

    def draw() -> Any:
        answers = answered_classes(experiment, experiment.inputs(data.test))
        return viz.confusion_matrix(data.test.labels, answers, class_names=data.class_names, n_classes=data.n_classes)

    text = f"All {len(data.test.labels)} test samples: rows are their class, columns the answer."
    return Chapter("Answers", [Picture("confusion", "Confusion matrix", text, draw)], [])
