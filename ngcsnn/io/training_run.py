"""One training run: from an experiment to a folder with everything that came of it."""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ngcsnn.graph import Context, GraphError
from ngcsnn.io.experiment import Experiment
from ngcsnn.io.loop_section import LoopPlan
from ngcsnn.io.metrics_file import MetricsFile, read_metrics
from ngcsnn.io.pictures import draw_pictures
from ngcsnn.io.resolved import resolved_yaml
from ngcsnn.io.run_folder import (
    METRICS,
    MODEL,
    VERSIONS,
    WEIGHTS,
    RunFolderError,
    create_run_folder,
    model_of,
    refuse_existing,
    write_whole,
)
from ngcsnn.io.versions import versions
from ngcsnn.training import Callback, Progress, Record
from ngcsnn.training.checkpoint_files import has_checkpoints


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
    """Holds what the last epoch that ended learned, so that weights and metrics of an interrupted run agree."""

    def __init__(self, context: Context):
        self.context = context
        self.learned: Any = context.state

    def on_epoch_begin(self, epoch: int) -> None:
        self.learned = self.context.state

    def on_epoch_end(self, epoch: int, records: list[Record]) -> None:
        self.learned = self.context.state

    def state(self) -> Any:
        return {}  # so that it is told of a resume

    def restore(self, state: Any) -> None:
        self.learned = self.context.state


def run_training(
    experiment: Experiment,
    out: str | os.PathLike[str] | None = None,
    callbacks: Sequence[Callback] | None = None,
    resume: bool = False,
) -> Outcome:
    """Train as the experiment says, evaluate on the test split, and keep all of it in a new folder.

    Args:
        experiment: from `load_experiment`, with `data` and `train`.
        out: the folder, which must not exist; default `runs/<model name>-<date>-<time>`.
        callbacks: those who watch (default: a progress line; [] for silence).
        resume: `out` is the folder of a run that was cut short, and `experiment` its `model.yaml`: go on from its last
            checkpoint, or from the start where it has none; the numbers are those of the run without the cut.
    Returns: the outcome. Ctrl-C ends the run early: what finished epochs learned is saved, and the outcome says so.
    Errors: `YamlError` for what the model lacks or its data do not fit, `RunFolderError` for a folder that exists (or,
        to resume, that is none of a run), `CheckpointError` for one that cannot be read; all before anything is
        computed or written. `CheckpointError` too where one cannot be written: the ones before it stay.
    """
    if resume:
        model_of(out if out is not None else "")
    else:
        refuse_existing(out)
    network, plan, dataset = experiment.trainable, experiment.train, experiment.dataset
    if resume and out is not None and plan is not None and plan.epochs is not None:
        _refuse_fewer(Path(out), plan.epochs)
    found = has_checkpoints(Path(out)) if resume and out is not None else False
    folder = Path(out) if resume and out is not None else create_run_folder(experiment.context.name, out)
    if resume:
        _warn_of_versions(folder / VERSIONS)
    write_whole(folder / MODEL, resolved_yaml(experiment))
    write_whole(folder / VERSIONS, json.dumps(versions(), indent=2) + "\n")
    if resume and not found:
        (folder / METRICS).unlink(missing_ok=True)  # of a run that comes again from its start
    metrics = MetricsFile(folder / METRICS)
    last = _LastEpoch(experiment.context)
    outcome = Outcome(folder, metrics.records)
    loop = plan.loop if plan is not None else LoopPlan()
    watching = [Progress(every_batches=loop.progress_every)] if callbacks is None else list(callbacks)
    try:
        network.train(
            experiment.inputs(dataset.train),
            experiment.targets(dataset.train),
            num_epochs=plan.epochs if plan is not None and plan.epochs is not None else 0,
            shuffle=plan is None or plan.shuffle,
            callbacks=[metrics, *loop.callbacks(folder), last, *watching],
            resume=folder if found else None,
            **loop.arguments(),
            **experiment.validation(),
        )
    except KeyboardInterrupt:
        outcome.interrupted = True
    finally:  # also where training failed: earlier epochs are not lost
        outcome.epochs = metrics.epochs
        experiment.context.state = last.learned
        _save(experiment.context, folder / WEIGHTS)
    try:
        if not outcome.interrupted:
            test = experiment.evaluate()
            metrics.write([{"epoch": outcome.epochs - 1, "split": "test", **test}])
            outcome.test = test
        outcome.note = draw_pictures(experiment, outcome.records, folder, finished=not outcome.interrupted)
    except KeyboardInterrupt:
        outcome.interrupted = True
    return outcome


def _refuse_fewer(folder: Path, epochs: int) -> None:
    """Raise where the run has learned for longer already, which going on would throw away."""
    try:
        done = sum(record.get("split") == "train" for record in read_metrics(folder / METRICS))
    except (OSError, GraphError):
        return  # no figures yet, or damaged ones: its checkpoints know better
    if epochs < done:
        raise RunFolderError(f"{folder} has learned for {done} epochs already: nothing is left of epochs={epochs}")


def _warn_of_versions(path: Path) -> None:
    """Say where the run was begun with something else than what it goes on with: its numbers may differ then."""
    try:
        then = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return  # it was killed before this file was there
    changed = [f"{key} {then.get(key)} -> {now}" for key, now in versions().items() if then.get(key) != now]
    if changed:
        text = f"this run was begun with other versions ({', '.join(changed)}): its last digits may differ"
        warnings.warn(text, UserWarning, stacklevel=3)


def _save(context: Context, folder: Path) -> None:
    """Save the weights; a disk that is full already has its error told, and keeps it."""
    failed = sys.exc_info()[1]
    try:
        context.save(folder, overwrite=True)
    except OSError:
        if failed is None or isinstance(failed, KeyboardInterrupt):
            raise
