"""One training run: from an experiment to a folder with everything that came of it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ngcsnn.graph import Context
from ngcsnn.io.experiment import Experiment
from ngcsnn.io.metrics_file import MetricsFile
from ngcsnn.io.pictures import draw_pictures
from ngcsnn.io.resolved import resolved_yaml
from ngcsnn.io.run_folder import METRICS, MODEL, VERSIONS, WEIGHTS, create_run_folder, refuse_existing, write_new
from ngcsnn.io.versions import versions
from ngcsnn.training import Callback, Progress, Record


@dataclass
class Outcome:
    """folder: of the run. records: one for each line of metrics. test: the figures over the test split, None if the
    run was interrupted before. epochs: how many ended. note: on pictures that could not be drawn."""

    folder: Path
    records: list[Record]
    test: Record | None = None
    epochs: int = 0
    interrupted: bool = False
    note: str | None = None


class _LastEpoch(Callback):
    """Holds the state of the last epoch that ended, so that weights and metrics of an interrupted run agree."""

    def __init__(self, context: Context):
        self.context = context
        self.state: Any = context.state

    def on_epoch_end(self, epoch: int, records: list[Record]) -> None:
        self.state = self.context.state


def run_training(
    experiment: Experiment, out: str | os.PathLike[str] | None = None, callbacks: Sequence[Callback] | None = None
) -> Outcome:
    """Train as the experiment says, evaluate on the test split, and keep all of it in a new folder.

    Args:
        experiment: from `load_experiment`, with `data` and `train`.
        out: the folder, which must not exist; default `runs/<model name>-<date>-<time>`.
        callbacks: those who watch (default: a progress line; [] for silence).
    Returns: the outcome. Ctrl-C ends the run early: what finished epochs learned is saved, and the outcome says so.
    Errors: `YamlError` for what the model lacks or its data do not fit, `RunFolderError` for a folder that exists;
    either before anything is computed or written.
    """
    refuse_existing(out)
    network, plan, dataset = experiment.trainable, experiment.train, experiment.dataset
    folder = create_run_folder(experiment.context.name, out)
    write_new(folder / MODEL, resolved_yaml(experiment))
    write_new(folder / VERSIONS, json.dumps(versions(), indent=2) + "\n")
    metrics = MetricsFile(folder / METRICS)
    last = _LastEpoch(experiment.context)
    outcome = Outcome(folder, metrics.records)
    try:
        network.train(
            experiment.inputs(dataset.train),
            experiment.targets(dataset.train),
            num_epochs=plan.epochs if plan is not None and plan.epochs is not None else 0,
            shuffle=plan is None or plan.shuffle,
            callbacks=[metrics, last, *([Progress()] if callbacks is None else callbacks)],
            **experiment.validation(),
        )
    except KeyboardInterrupt:
        outcome.interrupted = True
    finally:  # also where training failed: earlier epochs are not lost
        outcome.epochs = metrics.epochs
        experiment.context.state = last.state
        experiment.context.save(folder / WEIGHTS)
    try:
        if not outcome.interrupted:
            test = experiment.evaluate()
            metrics.write([{"epoch": outcome.epochs - 1, "split": "test", **test}])
            outcome.test = test
        outcome.note = draw_pictures(experiment, outcome.records, folder, finished=not outcome.interrupted)
    except KeyboardInterrupt:
        outcome.interrupted = True
    return outcome
