"""The decision regions of a network that was trained on Yin-Yang, with the test points."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ngcsnn.data import which_class

if TYPE_CHECKING:
    from ngcsnn.io.experiment import Experiment


def decision_picture(experiment: Experiment, answer: Callable[[np.ndarray], np.ndarray], folder: Path) -> None:
    """Write `decision_regions.png`. answer: from points (n, 4) as x, y, 1 - x, 1 - y to classes (n,)."""
    from ngcsnn import viz

    dataset, plan = experiment.dataset, experiment.data
    if plan is None or dataset.raw is None:
        raise ValueError("the picture needs the points of the data set")
    r_small, r_big = plan.options["r_small"], plan.options["r_big"]
    axes = viz.decision_regions(
        lambda xy: answer(np.concatenate([xy, 1.0 - xy], axis=1)),
        dataset.raw["test"][:, :2],
        dataset.test.labels,
        extent=((0.0, 2 * r_big), (0.0, 2 * r_big)),
        inside=lambda xy: which_class(xy[:, 0], xy[:, 1], r_small, r_big) >= 0,
        class_names=dataset.class_names,
    )
    viz.save(axes, folder / "decision_regions.png")
