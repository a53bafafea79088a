"""The decision regions of a network that was trained on Yin-Yang, with the test points."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ngcsnn.data import which_class
from ngcsnn.io.pictures.picture import Picture

if TYPE_CHECKING:
    from ngcsnn.io.experiment import Experiment


def decision_picture(experiment: Experiment, answer: Callable[[np.ndarray], np.ndarray]) -> Picture:
    """The picture `decision_regions`. answer: from points (n, 4) as x, y, 1 - x, 1 - y to classes (n,)."""
    from ngcsnn import viz

    dataset, plan = experiment.dataset, experiment.data
    raw = dataset.raw
    if plan is None or raw is None:
        raise ValueError("the picture needs the points of the data set")
    r_small, r_big = plan.options["r_small"], plan.options["r_big"]

    def draw() -> Any:
        return viz.decision_regions(
            lambda xy: answer(np.concatenate([xy, 1.0 - xy], axis=1)),
            raw["test"][:, :2],
            dataset.test.labels,
            extent=((0.0, 2 * r_big), (0.0, 2 * r_big)),
            inside=lambda xy: which_class(xy[:, 0], xy[:, 1], r_small, r_big) >= 0,
            class_names=dataset.class_names,
        )

    text = "The ground is what the network answers there; points are test samples in the colour of their class."
    return Picture("decision_regions", "Decision regions", text, draw)
