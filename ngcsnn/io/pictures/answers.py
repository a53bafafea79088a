"""What class a network answers with."""

from __future__ import annotations

from typing import Any

import numpy as np

from ngcsnn.io.experiment import Experiment


def answers_with_a_class(experiment: Experiment) -> bool:
    """Whether one output says one class for each sample."""
    return experiment.compiled.answers_with_a_class and experiment.dataset.n_classes is not None


def answered_classes(experiment: Experiment, inputs: dict[str, Any]) -> np.ndarray:
    """The class answered for each sample, (n,): of the largest answer, or of the earliest time."""
    network = experiment.answering
    y = np.asarray(network.predict(inputs))
    times = network.objective.outputs[0].readout.gives_times
    return np.argmin(y, axis=-1) if times else np.argmax(y, axis=-1)
