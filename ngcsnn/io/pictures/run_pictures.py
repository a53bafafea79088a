"""Which pictures a run gets when it ends: a learning curve, and what its data set has a picture for."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ngcsnn.io.experiment import Experiment
from ngcsnn.io.pictures.answers import answered_classes, answers_with_a_class
from ngcsnn.io.pictures.of_metrics import curves
from ngcsnn.io.pictures.picture import Picture
from ngcsnn.io.pictures.yin_yang import decision_picture
from ngcsnn.training import Record

BY_DATA_SET: dict[str, Callable[[Experiment, Callable[[np.ndarray], np.ndarray]], Picture]] = {
    "yin_yang": decision_picture,  # a new data set's picture is one file and one line
}


def draw_pictures(experiment: Experiment, records: list[Record], folder: Path, finished: bool = True) -> str | None:
    """Write the pictures into `folder`; returns a note where one is left out.

    records: those of the run. finished: whether to draw the picture of the data set too, which runs the network.
    """
    if importlib.util.find_spec("matplotlib") is None:
        return 'no pictures: matplotlib is not installed (pip install "ngcsnn[viz]")'
    from ngcsnn import viz

    if records and curves(records) != []:
        viz.save(viz.learning_curve(records, metrics=curves(records)), folder / "learning_curve.png")
    if experiment.data is None or experiment.data.name not in BY_DATA_SET or not finished:
        return None
    pictures = data_set_pictures(experiment)
    if not pictures:
        return "no picture of decisions: the network does not answer with one class for each sample"
    for picture in pictures:
        viz.save(picture.draw(), folder / f"{picture.name}.png")
    return None


def data_set_pictures(experiment: Experiment) -> list[Picture]:
    """The pictures that only this data set has."""
    if experiment.data is None or experiment.data.name not in BY_DATA_SET or not answers_with_a_class(experiment):
        return []
    return [BY_DATA_SET[experiment.data.name](experiment, lambda raw: classes(experiment, raw))]


def classes(experiment: Experiment, raw: np.ndarray) -> np.ndarray:
    """The class that the network answers for inputs as they are before encoding, (n,)."""
    if experiment.dataset.encode is None or experiment.data is None:
        raise ValueError(f"data set '{experiment.dataset.name}' does not say how its inputs are encoded")
    events = experiment.dataset.encode(raw)
    return answered_classes(experiment, {name: events for name in experiment.data.inputs})
