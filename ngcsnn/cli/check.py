"""`ngcsnn check`."""

from __future__ import annotations

import argparse

from ngcsnn.cli.models import opened
from ngcsnn.cli.summary import summary


def run(arguments: argparse.Namespace) -> int:
    with opened(arguments.model, arguments) as experiment:
        if experiment.data is not None and experiment.train is not None:
            _ = experiment.dataset  # loads the data and checks them against the network
        print(summary(experiment))
    return 0
