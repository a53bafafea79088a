"""`ngcsnn eval`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ngcsnn.cli.models import chosen_weights, opened
from ngcsnn.cli.results import figure_lines, result_lines
from ngcsnn.io import load_weights


def run(arguments: argparse.Namespace) -> int:
    given = Path(arguments.model)
    weights = chosen_weights(arguments)
    with opened(given / "model.yaml" if given.is_dir() else given, arguments) as experiment:
        if weights is not None:
            load_weights(experiment.context, weights, experiment.allow_modules)
        test = experiment.evaluate()
    print("\n".join([*figure_lines(test), *result_lines(test)]))
    return 0
