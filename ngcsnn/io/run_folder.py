"""The folder of one run. It is made once and never written over."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from ngcsnn.compilers.saved_state import context_arrays
from ngcsnn.graph import Context, GraphError
from ngcsnn.io.weights_file import KINDS, WeightsError, parameters, put_weights, read_weights
from ngcsnn.training import is_checkpoint, read_checkpoint

RUNS = Path("runs")
MODEL, METRICS, WEIGHTS, VERSIONS = "model.yaml", "metrics.jsonl", "weights", "versions.json"


class RunFolderError(GraphError):
    """A run folder that exists already, or a folder that is none."""


def refuse_existing(out: str | os.PathLike[str] | None) -> None:
    """Raise where `out` exists, before anything is computed."""
    if out is not None and os.path.lexists(out):
        raise RunFolderError(f"{out} already exists; nothing was computed or written (choose another folder)")


def create_run_folder(name: str, out: str | os.PathLike[str] | None = None) -> Path:
    """Make a new, empty folder: `out`, or `runs/<name>-<date>-<time>` with a number after it where that is taken.

    Errors: `RunFolderError` if `out` exists, `OSError` if it cannot be made.
    """
    if out is not None:
        path = Path(out)
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.mkdir()  # fails if it has come into being since
        except FileExistsError:
            refuse_existing(out)
            raise
        return path
    RUNS.mkdir(parents=True, exist_ok=True)
    stem, number = f"{name}-{datetime.now():%Y-%m-%d-%H%M%S}", 1
    while True:
        path = RUNS / (stem if number == 1 else f"{stem}-{number}")
        try:
            path.mkdir()
            return path
        except FileExistsError:
            number += 1


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there in full or not at all."""
    fresh = path.with_name(f".{path.name}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)


def model_of(folder: str | os.PathLike[str]) -> Path:
    """The model file of a run folder. Errors: `RunFolderError` where there is none."""
    path = Path(folder) / MODEL
    if not path.is_file():
        raise RunFolderError(f"{folder} is no run folder: it has no {MODEL} (ngcsnn train writes such folders)")
    return path


def weights_folder(folder: str | os.PathLike[str]) -> Path:
    """Where the weights are: in a run folder, in a checkpoint, in a folder written by `Context.save`, or in a file.

    Errors: `RunFolderError` for anything else.
    """
    for path in (Path(folder) / WEIGHTS, Path(folder)):
        if (path / "state.npz").is_file():
            return path
    if (Path(folder).is_file() and Path(folder).suffix in KINDS) or is_checkpoint(Path(folder)):
        return Path(folder)
    raise RunFolderError(
        f"{folder} holds no weights: expected a run folder, a checkpoint in it, a folder written by Context.save, or a "
        f"file {' or '.join(KINDS)}"
    )


def load_weights(context: Context, folder: str | os.PathLike[str], allow_modules: tuple[str, ...] = ()) -> None:
    """Put the saved values of all parameters into `context`; the two networks must have the same parameters.

    folder: a run folder, a checkpoint (RUN/checkpoints/...; `training.best_checkpoint` finds one), a folder written by
        `Context.save`, or a file written by `save_weights`.
    Errors: `RunFolderError` where there are no weights, or (of a file: `WeightsError`) naming a parameter that is
    missing, foreign or of another shape.
    """
    path = weights_folder(folder)
    if path.is_file():
        put_weights(context, read_weights(path), path)
        return
    if is_checkpoint(path):
        own = parameters(context)
        held = {k: v for k, v in context_arrays(read_checkpoint(path).arrays).items() if k in own}
        # what cells keep from trial to trial is there for each sample of the batch
        put_weights(context, {k: v[0] if v.ndim > own[k].ndim else v for k, v in held.items()}, path)
        return
    try:
        put_weights(context, parameters(Context.load(path, allow_modules)), path)
    except WeightsError as error:
        raise RunFolderError(str(error)) from error
