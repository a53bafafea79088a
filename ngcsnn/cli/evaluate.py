"""`ngcsnn eval`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ngcsnn.cli.models import opened
from ngcsnn.cli.results import figure_lines, result_lines
from ngcsnn.io import load_weights, weights_folder


def run(arguments: argparse.Namespace) -> int:
    given = Path(arguments.model)
    weights = arguments.weights or (given if given.is_dir() else None)
    if weights is not None:
        weights_folder(weights)  # before anything is built
    with opened(given / "model.yaml" if given.is_dir() else given, arguments) as experiment:
        if weights is None:
            print("no weights given (--weights DIR): these are the start values", file=sys.stderr)
        else:
            load_weights(experiment.context, weights, experiment.allow_modules)
        test = experiment.evaluate()
    print("\n".join([*figure_lines(test), *result_lines(test)]))
    return 0
