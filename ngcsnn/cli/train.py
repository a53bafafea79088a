"""`ngcsnn train`."""

from __future__ import annotations

import argparse
import sys

from ngcsnn.cli.models import opened
from ngcsnn.cli.results import result_lines
from ngcsnn.io import run_training


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments.model, arguments) as experiment:
        outcome = run_training(experiment, arguments.out, callbacks=[] if arguments.quiet else None)
        planned = experiment.train.epochs if experiment.train is not None else 0
    if outcome.test is None:
        saved = f"what they learned is in {outcome.folder} (weights and metrics)"
        print(f"interrupted after {outcome.epochs} of {planned} epochs; {saved}", file=sys.stderr)
        return 130
    if not arguments.quiet:
        for line in (outcome.note, f"run folder: {outcome.folder}"):
            print(line, file=sys.stderr) if line else None
    sys.stderr.flush()
    print("\n".join(result_lines(outcome.test)))
    return 130 if outcome.interrupted else 0
