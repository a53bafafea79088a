"""Writing checkpoints while a network trains: when, and which of them stay."""

from __future__ import annotations

import math
import os
import shutil
import time
from numbers import Real
from pathlib import Path
from typing import Any

from ngcsnn.graph import GraphError
from ngcsnn.graph.checks import whole
from ngcsnn.graph.interrupt import uninterrupted
from ngcsnn.training.callbacks import NEVER, Callback, Record
from ngcsnn.training.checkpoint_files import clear_unfinished, names, read_facts, write_checkpoint
from ngcsnn.training.figure import figure_of, figures_of, is_low_good, known_figure


class Checkpoints(Callback):
    """Writes all of a run (parameters, states, optimiser, random keys, position, order of the data, the callbacks' own
    state) to `folder`, so that `train(..., resume=folder)` goes on as though it had not been cut short.

    Args:
        folder: of the checkpoints, made where it is missing.
        every_epochs: epochs between two (1); None: not after epochs. every_batches: batches between two within an epoch
        (default: none there). every_minutes: the least time between two (0).
        keep_last: how many of the newest stay (2). keep_best: how many of the best stay besides (1), those with the
        lowest or highest `best` (such as "validation_loss", "accuracy"; lowest for a name that ends in "loss", "error"
        or "penalty"; default: the validation loss, else the loss; None or keep_best=0: none).
        at_end: write one when the run ends too, or is interrupted.
    Written to a folder of its own and then renamed: a kill or a full disk leaves the earlier ones as they were.
    Errors: `GraphError` for arguments out of range; `CheckpointError` where a checkpoint cannot be written, which ends
        the run.
    """

    late = True  # what the other callbacks know after an epoch belongs into its checkpoint

    def __init__(
        self,
        folder: str | os.PathLike[str],
        every_epochs: int | None = 1,
        every_batches: int | None = None,
        every_minutes: float = 0.0,
        keep_last: int = 2,
        keep_best: int = 1,
        best: str | None = "auto",
        at_end: bool = True,
    ):
        self.folder = Path(folder)
        self.every_epochs = None if every_epochs is None else whole("every_epochs", every_epochs)
        self.every_batches = NEVER if every_batches is None else whole("every_batches", every_batches)
        if (
            isinstance(every_minutes, bool)
            or not isinstance(every_minutes, Real)
            or not 0 <= float(every_minutes) < 1e9
        ):
            raise GraphError(f"`every_minutes` must be a number >= 0, got {every_minutes!r}")
        self.every_minutes = float(every_minutes)
        self.keep_last, self.keep_best = whole("keep_last", keep_last), whole("keep_best", keep_best, low=0)
        self.best, self.at_end = None if best is None else known_figure(best, "best"), at_end

    def on_train_begin(self, num_epochs: int) -> None:
        clear_unfinished(self.folder)
        self._scores: dict[str, float | None] = {}
        for name in names(self.folder):
            self._scores[name] = _score_of(self.folder / name)
        self._newest, self._written_at = "", time.monotonic()

    def on_batch_end(self, epoch: int, batch: int) -> None:
        if self.run is not None and batch < self.run.n_batches:
            self._write_if_due(None)

    def on_epoch_end(self, epoch: int, records: list[Record]) -> None:
        if self.every_epochs is not None and (epoch + 1) % self.every_epochs == 0:
            self._write_if_due(self._score(records))

    def on_train_end(self) -> None:
        run = self.run
        if run is None or not run.settled or not (self.at_end or not run.finished):
            return
        if run.epoch == run.first and run.batch == 0:
            return  # nothing was learned
        if self._name() != self._newest:
            records = [r for r in run.history if r["epoch"] == run.epoch - 1] if run.batch == 0 else []
            self._write(self._score(records))

    def _write_if_due(self, score: float | None) -> None:
        if time.monotonic() - self._written_at >= 60.0 * self.every_minutes:
            self._write(score)

    def _write(self, score: float | None) -> None:
        run: Any = self.run
        snapshot = run.snapshot()
        snapshot.facts["score"] = score
        with uninterrupted():
            name = write_checkpoint(self.folder, snapshot).name
            self._scores[name], self._newest, self._written_at = score, name, time.monotonic()
            self._prune()

    def _prune(self) -> None:
        stay = set(sorted(self._scores)[-self.keep_last :]) | {self._newest}
        scored = sorted((s, name) for name, s in self._scores.items() if s is not None)
        stay |= {name for _, name in scored[: self.keep_best]}
        for name in set(self._scores) - stay:
            shutil.rmtree(self.folder / name, ignore_errors=True)
            del self._scores[name]

    def _name(self) -> str:
        run: Any = self.run
        return f"{run.epoch:06d}-{run.batch:08d}"

    def _score(self, records: list[Record]) -> float | None:
        """What is to be low."""
        if self.best is None or not self.keep_best or not records:
            return None
        default = ("validation_loss", "loss")
        if self.best == "auto" and not set(default) & set(figures_of(records)):
            return None
        name, value = figure_of(records, None if self.best == "auto" else self.best, default, "Checkpoints: `best`")
        value = value if is_low_good(name) else -value
        return value if math.isfinite(value) else None


def _score_of(path: Path) -> float | None:
    try:
        return read_facts(path)["facts"].get("score")
    except GraphError:  # damaged: no best one
        return None
