"""Which pictures a run gets: a learning curve, and what its data set has a picture for."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ngcsnn.io.experiment import Experiment
from ngcsnn.io.pictures.yin_yang import decision_picture
from ngcsnn.training import Record

Picture = Callable[[Experiment, Callable[[np.ndarray], np.ndarray], Path], None]
BY_DATA_SET: dict[str, Picture] = {  # a new data set's picture is one file and one line
    "yin_yang": decision_picture,
}


def draw_pictures(experiment: Experiment, records: list[Record], folder: Path, finished: bool = True) -> str | None:
    """Write the pictures into `folder`; returns a note where one is left out.

    records: those of the run. finished: whether to draw the picture of the data set too, which runs the network.
    """
    if importlib.util.find_spec("matplotlib") is None:
        return 'no pictures: matplotlib is not installed (pip install "ngcsnn[viz]")'
    from ngcsnn import viz

    if records:
        viz.save(viz.learning_curve(records), folder / "learning_curve.png")
    if experiment.data is None or experiment.data.name not in BY_DATA_SET or not finished:
        return None
    outputs = experiment.compiled.objective.outputs
    if len(outputs) != 1 or outputs[0].readout.keeps_time:
        return "no picture of decisions: the network does not answer with one class for each sample"
    BY_DATA_SET[experiment.data.name](experiment, lambda raw: classes(experiment, raw), folder)
    return None


def classes(experiment: Experiment, raw: np.ndarray) -> np.ndarray:
    """The class that the network answers for inputs as they are before encoding, (n,)."""
    if experiment.dataset.encode is None or experiment.data is None:
        raise ValueError(f"data set '{experiment.dataset.name}' does not say how its inputs are encoded")
    events = experiment.dataset.encode(raw)
    answer = experiment.compiled.predict({name: events for name in experiment.data.inputs})
    return np.argmax(np.asarray(answer), axis=-1)
