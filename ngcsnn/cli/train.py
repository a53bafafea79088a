"""`ngcsnn train`."""

from __future__ import annotations

import argparse
import os
import sys

from ngcsnn.cli.models import opened
from ngcsnn.cli.results import result_lines
from ngcsnn.graph import GraphError
from ngcsnn.io import run_training
from ngcsnn.io.run_folder import model_of


def _model(arguments: argparse.Namespace) -> str | os.PathLike[str]:
    """The model file, or that of the run to go on with, of which only the number of epochs may change."""
    if arguments.resume is None:
        if arguments.model is None:
            raise GraphError("name a model file, or a run to go on with: --resume RUN")
        return arguments.model
    given = [text for text in (arguments.model, *arguments.overrides) if text is not None]
    others = [text for text in given if text.partition("=")[0].strip() not in ("epochs", "train.epochs")]
    if others or arguments.out is not None:
        what = " ".join(others) or f"--out {arguments.out}"
        raise GraphError(f"--resume goes on with a run as it is, in its own folder; only epochs=N may change: {what}")
    arguments.overrides = given
    return model_of(arguments.resume)


def run(arguments: argparse.Namespace) -> int:
    folder = arguments.resume
    with opened(_model(arguments), arguments) as experiment:
        watching = [] if arguments.quiet else None
        outcome = run_training(experiment, folder or arguments.out, callbacks=watching, resume=folder is not None)
        planned = experiment.train.epochs if experiment.train is not None else 0
    if outcome.test is None:
        saved = f"what they learned is in {outcome.folder} (weights and metrics)"
        print(f"interrupted after {outcome.epochs} of {planned} epochs; {saved}", file=sys.stderr)
        print(f"to go on: ngcsnn train --resume {outcome.folder}", file=sys.stderr)
        return 130
    if not arguments.quiet:
        for line in (outcome.note, f"run folder: {outcome.folder}"):
            print(line, file=sys.stderr) if line else None
    sys.stderr.flush()
    print("\n".join(result_lines(outcome.test)))
    return 130 if outcome.interrupted else 0
