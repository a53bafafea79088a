"""Ending a run when a figure has stopped getting better."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from ngcsnn.graph import GraphError, closest
from ngcsnn.graph.checks import whole
from ngcsnn.training.callbacks import Callback, Record
from ngcsnn.training.figure import figure_of, is_low_good, known_figure


class EarlyStopping(Callback):
    """Ends the run after `patience` epochs in which the figure was not better than before by more than `least`.

    Args:
        figure: "validation_loss" (default: it, or the training loss where nothing is validated), "validation_accuracy",
            "loss", ...; it should fall where its name ends in "loss" or "error", else rise. None of the test split.
        patience: epochs (10). least: of an improvement (0). mode: "low" or "high", what is better (default: by name).
    `collected` tells {"early_stopping": {"best", "epoch" (of the best), "stopped" (after which epoch; None: it did
    not)}}.
    """

    def __init__(self, figure: str | None = None, patience: int = 10, least: float = 0.0, mode: str | None = None):
        self.figure = None if figure is None else known_figure(figure)
        self.patience = whole("patience", patience)
        if isinstance(least, bool) or not isinstance(least, Real) or not 0 <= float(least) < math.inf:
            raise GraphError(f"`least` must be a number >= 0, got {least!r}")
        if mode not in (None, "low", "high"):
            raise GraphError(f"`mode` must be 'low' or 'high', got {mode!r}{closest(str(mode), ['low', 'high'])}")
        self.least, self.mode = float(least), mode
        self.best: float | None = None
        self.epoch: int | None = None
        self.stopped: int | None = None
        self.waited = 0

    def on_train_begin(self, num_epochs: int) -> None:
        self.best, self.epoch, self.stopped, self.waited = None, None, None, 0

    def on_epoch_end(self, epoch: int, records: list[Record]) -> None:
        name, value = figure_of(records, self.figure, ("validation_loss", "loss"), "EarlyStopping")
        low = is_low_good(name) if self.mode is None else self.mode == "low"
        if math.isfinite(value):
            gain = math.inf if self.best is None else (self.best - value if low else value - self.best)
            if gain > self.least:
                self.best, self.epoch, self.waited = value, epoch, 0
                return
        self.waited += 1
        if self.waited >= self.patience and self.run is not None:
            self.stopped = epoch
            self.run.stop(f"{name} was not better for {self.waited} epochs")

    def collected(self) -> dict[str, Any]:
        return {"early_stopping": {"best": self.best, "epoch": self.epoch, "stopped": self.stopped}}

    def state(self) -> Any:
        return {"best": self.best, "epoch": self.epoch, "stopped": self.stopped, "waited": self.waited}

    def restore(self, state: Any) -> None:
        self.best, self.epoch, self.stopped, self.waited = (state[k] for k in ("best", "epoch", "stopped", "waited"))
