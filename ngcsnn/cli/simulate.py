"""`ngcsnn simulate`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ngcsnn import viz
from ngcsnn.cli.models import chosen_weights, opened
from ngcsnn.cli.sample_range import sample_range
from ngcsnn.graph import GraphError, closest
from ngcsnn.io import Experiment, RunFolderError, load_weights, model_of
from ngcsnn.recording import Recorder, SpikeRecorder, SpikeRecording, VarRecorder
from ngcsnn.viz.style import new_figure

_SPLITS, _PICTURES, _FILES = ("train", "validation", "test"), (".png", ".svg", ".pdf"), (".h5", ".hdf5", ".npz")


def run(arguments: argparse.Namespace) -> int:
    given = Path(arguments.model)
    weights = chosen_weights(arguments)
    out = _out(arguments.out)
    with opened(model_of(given) if given.is_dir() else given, arguments) as experiment:
        if weights is not None:
            load_weights(experiment.context, weights, experiment.allow_modules)
        split = _split(experiment, arguments.split)
        samples = sample_range(arguments.samples, len(split.labels))
        names = [n for n in (arguments.record or "").split(",") if n] or _spiking(experiment)
        picture = out is not None and out.suffix.lower() in _PICTURES
        recorders = [_recorder(name, samples, None if picture else out) for name in names]
        inputs = {name: split.events[samples.start : samples.stop] for name in experiment.inputs(split)}
        experiment.compiled.simulate(inputs, callbacks=recorders)
        for line in _told(recorders, len(samples)):
            print(line)
        if picture and out is not None:
            viz.save(_drawn(recorders, samples), out)
    if out is not None:
        print(f"written: {out}", file=sys.stderr)
    return 0


def _out(given: str | None) -> Path | None:
    if given is None:
        return None
    path = Path(given)
    if path.suffix.lower() not in (*_PICTURES, *_FILES):
        raise GraphError(f"--out {path}: the name must end in {', '.join((*_FILES, *_PICTURES))}")
    if os.path.lexists(path):
        raise RunFolderError(f"{path} already exists; nothing was computed or written (choose another name)")
    if not path.parent.is_dir():
        raise RunFolderError(f"--out {path}: there is no folder {path.parent}")
    return path


def _split(experiment: Experiment, name: str) -> Any:
    if name not in _SPLITS:
        raise GraphError(f"--split {name}: it is train, validation or test{closest(name, _SPLITS)}")
    split = getattr(experiment.dataset, name)
    if split is None:
        raise GraphError(f"--split {name}: data set '{experiment.dataset.name}' has no such split here")
    return split


def _spiking(experiment: Experiment) -> list[str]:
    return [f"{name}.s" for name in experiment.compiled.spiking]


def _recorder(name: str, samples: range, to: Path | None) -> Recorder:
    cell, _, rest = name.strip().partition(".")
    if not rest:
        raise GraphError(f"--record {name}: name compartments, such as {name}.s or {name}.v")
    return SpikeRecorder(cell, to=to) if rest == "s" else VarRecorder(cell, rest, to=to)


def _told(recorders: list[Recorder], n: int) -> list[str]:
    """One line for each recording."""
    out = []
    for recorder in recorders:
        found = recorder.recording
        if isinstance(found, SpikeRecording):
            counts = found.counts
            rate = counts.mean() / found.t_end * 1000.0
            silent = int((counts.sum(axis=0) == 0).sum())
            text = f"{counts.sum()} spikes in {n} samples, {rate:.4g} Hz, {silent} of {counts.shape[1]} units silent"
        else:
            values = found.values
            text = f"mean {values.mean():.4g}, from {values.min():.4g} to {values.max():.4g}, shape {values.shape}"
        out.append(f"{recorder.key}: {text}")
    return out


def _drawn(recorders: list[Recorder], samples: range) -> Any:
    """A row for each recording, a column for each sample, at most four."""
    columns, rows = min(len(samples), 4), len(recorders)
    figure = new_figure(max(3.3 * columns, 5.0), 2.5 * rows)
    axes = []
    for i, recorder in enumerate(recorders):
        found = recorder.recording
        for k in range(columns):
            ax = figure.add_subplot(rows, columns, i * columns + k + 1)
            title = f"{recorder.key}   sample {samples[k]}"
            if isinstance(found, SpikeRecording):
                trial = found[k]
                viz.raster(np.maximum(trial.times, 0.0), trial.units, ax, found.n_units, found.t_end, title)
            else:
                viz.traces(found[k][:, :12], ax, dt=found.dt, title=title, quantity=recorder.key.rpartition(".")[2])
            axes.append(ax)
    return tuple(axes)
