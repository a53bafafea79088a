"""Opening the model that a command names."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import jax

from ngcsnn.io import Experiment, make_experiment, read_document


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
