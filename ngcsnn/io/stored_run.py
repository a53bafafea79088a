"""A run folder, read back: the experiment with its trained parameters, and what was written down."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ngcsnn.io.experiment import Experiment
from ngcsnn.io.metrics_file import read_metrics
from ngcsnn.io.run_folder import METRICS, VERSIONS, RunFolderError, load_weights, weights_folder
from ngcsnn.training import Record


@dataclass(frozen=True)
class StoredRun:
    """experiment: its context holds the trained parameters. start: the parameters before training, by name.
    records: the lines of metrics. versions: what it was computed with. notes: on what the folder lacks."""

    folder: Path
    experiment: Experiment
    start: dict[str, np.ndarray]
    records: list[Record]
    versions: dict[str, Any]
    notes: tuple[str, ...]


def read_run(folder: str | os.PathLike[str], experiment: Experiment) -> StoredRun:
    """Put the trained parameters of the run into `experiment`, which was read from its model file.

    Errors: `RunFolderError` for weights that do not fit, and for a damaged metrics or versions file. What is missing is
    noted: a run that was cut short lacks the end.
    """
    folder, notes = Path(folder), []
    parts = experiment.context.components.values()
    parameters = [c for part in parts for c in part.owned() if c.role == "param"]
    start = {c.key: np.asarray(c.get()) for c in parameters}
    try:
        weights_folder(folder)
    except RunFolderError:
        notes.append("no trained weights in the folder: these are the values before training")
    else:
        load_weights(experiment.context, folder, experiment.allow_modules)
    records = read_metrics(folder / METRICS) if (folder / METRICS).is_file() else []
    versions = _versions(folder / VERSIONS) if (folder / VERSIONS).is_file() else {}
    if not any(record.get("split") == "test" for record in records):
        notes.append("the run did not end: there are no figures over the test data")
    return StoredRun(folder, experiment, start, records, versions, tuple(notes))


def _versions(path: Path) -> dict[str, Any]:
    try:
        return dict.copy(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise RunFolderError(f"{path} is damaged: {error}") from error
