"""Opening the model that a command names."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import jax

from ngcsnn.graph import GraphError
from ngcsnn.io import Experiment, make_experiment, read_document, weights_folder
from ngcsnn.training import best_checkpoint


def chosen_weights(arguments: argparse.Namespace) -> Path | None:
    """Where the weights are that `--weights`, `--best` or the run itself give; None: nowhere.

    Errors: `GraphError` where there are none, before anything is built.
    """
    given = Path(arguments.model)
    weights = arguments.weights or (given if given.is_dir() else None)
    if arguments.best:
        if weights is None:
            raise GraphError("--best chooses among the checkpoints of a run: name its folder")
        return best_checkpoint(weights)
    if weights is None:
        print("no weights given (--weights DIR): these are the start values", file=sys.stderr)
        return None
    return weights_folder(weights)


@contextmanager
def opened(path: str | os.PathLike[str], arguments: argparse.Namespace) -> Iterator[Experiment]:
    """The experiment in the file `path`, with overrides and allowed modules of the command line.

    jax runs in 64 bits inside the block if the model asks for float64.
    """
    document = read_document(path, arguments.overrides)
    if arguments.allow_module and os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())  # last, so that it hides nothing
    head: Any = document.data.get("context")
    double = isinstance(head, dict) and head.get("dtype") == "float64"
    with jax.enable_x64(True) if double else nullcontext():
        yield make_experiment(document, arguments.allow_module)
