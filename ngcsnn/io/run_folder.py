"""The folder of one run. It is made once and never written over."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from ngcsnn.graph import Compartment, Context, GraphError

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


def run_model(folder: str | os.PathLike[str]) -> Path:
    """The model file of a run. Errors: `RunFolderError` where the folder is not that of a run."""
    path = Path(folder) / MODEL
    if not path.is_file():
        raise RunFolderError(f"{folder} is no run to go on with: there is no {MODEL} in it")
    return path


def weights_folder(folder: str | os.PathLike[str]) -> Path:
    """Where the weights are: in a run folder, or in a folder written by `Context.save`.

    Errors: `RunFolderError` for anything else.
    """
    for path in (Path(folder) / WEIGHTS, Path(folder)):
        if (path / "state.npz").is_file():
            return path
    raise RunFolderError(f"{folder} holds no weights: expected a run folder, or one written by Context.save")


def load_weights(context: Context, folder: str | os.PathLike[str], allow_modules: tuple[str, ...] = ()) -> None:
    """Put the saved values of all parameters into `context`; the two networks must have the same parameters.

    Errors: `RunFolderError` naming a parameter that is missing, foreign or of another shape.
    """
    path = weights_folder(folder)
    saved, wanted = _parameters(Context.load(path, allow_modules)), _parameters(context)
    for key in [*wanted, *saved]:
        if key not in saved or key not in wanted:
            where = f"in context '{context.name}'" if key not in wanted else f"in {path}"
            raise RunFolderError(f"the weights in {path} do not fit the model: there is no '{key}' {where}")
        if saved[key].shape != wanted[key].shape:
            raise RunFolderError(
                f"the weights in {path} do not fit the model: {key} has shape {saved[key].shape} there, "
                f"{wanted[key].shape} here"
            )
    for key, compartment in wanted.items():
        compartment.set(saved[key].get())


def _parameters(context: Context) -> dict[str, Compartment]:
    return {c.key: c for part in context.components.values() for c in part.owned() if c.role == "param"}
