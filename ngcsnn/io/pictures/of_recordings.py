"""Pictures of what recorders left in a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ngcsnn import viz
from ngcsnn.graph import GraphError
from ngcsnn.io.pictures.picture import Chapter, Picture
from ngcsnn.recording import ConnVarRecording, Recording, SpikeRecording, load_recordings
from ngcsnn.viz.style import new_figure

_ENDINGS, _COLUMNS, _TRACES = (".h5", ".hdf5", ".npz"), 3, 10


def recordings_chapter(folder: Path) -> Chapter:
    """A picture for each recording in the files of the folder; a note for a file that cannot be read."""
    pictures, notes = [], []
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in _ENDINGS):
        try:
            for key, recording in load_recordings(path).items():
                if len(recording):
                    pictures.append(_picture(f"{path.stem}_{key}", path.name, key, recording))
        except (GraphError, ImportError) as error:
            notes.append(f"no pictures of {path.name}: {error}")
    return Chapter("Recordings", pictures, notes)


def _picture(name: str, file: str, key: str, recording: Recording) -> Picture:
    if isinstance(recording, ConnVarRecording):
        text = f"{file}: the weights recorded, over the epochs (-1: before the first)."
        draw: Any = lambda: viz.weight_course(recording.values, recording.epochs, title=key)  # noqa: E731
    elif isinstance(recording, SpikeRecording):
        last = "the last" if len(recording) <= 1 else f"the last {min(_COLUMNS, len(recording))}"
        text = f"{file}: {last} of {len(recording)} trials recorded."
        text = f"{file}: mean rates over {len(recording)} trials." if recording.counts_only else text
        draw = lambda: _spikes(recording) if not recording.counts_only else _counts(recording)  # noqa: E731
    else:
        text = f"{file}: the last of {len(recording)} trials recorded."
        draw = lambda: _values(recording, key)  # noqa: E731
    return Picture(name.replace(".", "_"), f"Recording of {key}", text, draw)


def _title(recording: Any, index: int) -> str:
    epoch, sample = int(recording.epochs[index]), int(recording.samples[index])
    return f"sample {sample}" + (f", epoch {epoch}" if epoch >= 0 else "")


def _spikes(recording: SpikeRecording) -> Any:
    shown = range(max(len(recording) - _COLUMNS, 0), len(recording))
    figure = new_figure(max(3.3 * len(shown), 6.4), 3.0)
    axes = [figure.add_subplot(1, len(shown), i + 1) for i in range(len(shown))]
    for i, (ax, k) in enumerate(zip(axes, shown, strict=True)):
        trial = recording[k]
        title = f"{recording.cell}   {_title(recording, k)}" if i == 0 else _title(recording, k)
        viz.raster(
            np.clip(trial.times, 0.0, recording.t_end), trial.units, ax, recording.n_units, recording.t_end, title
        )
    return tuple(axes)


def _counts(recording: SpikeRecording) -> Any:
    rates = recording.counts.mean(axis=0) / recording.t_end * 1000.0
    return viz.rate_histogram(viz.SpikeStatistics(rates, np.empty(0), np.empty(0)), title=f"{recording.cell}: rates")


def _values(recording: Any, key: str) -> Any:
    last = recording[len(recording) - 1]
    values = last.reshape(len(last), -1)[:, :_TRACES]
    units = range(values.shape[1]) if recording.units is None else recording.units[:_TRACES]
    title = f"{key}   {_title(recording, len(recording) - 1)}"
    ax = viz.traces(
        values, dt=recording.dt, names=[str(u) for u in units], title=title, quantity=key.rpartition(".")[2]
    )
    for line in ax.get_lines():
        if line.get_transform() == ax.transData and len(np.atleast_1d(line.get_xdata())) == len(last):
            line.set_xdata(recording.times)  # where steps were left out
    ax.set_xlim(0.0, recording.times[-1])
    return ax
