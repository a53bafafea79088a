"""One line an epoch, or more: loss, accuracy, spike rates, throughput, time left."""

from __future__ import annotations

import importlib.util
import sys
import time
from typing import Any, TextIO

from ngcsnn.training.callbacks import NEVER, Callback, Record


class Progress(Callback):
    """Prints a line after every epoch; in a terminal with `rich` installed, a bar with the newest line beside it.

    stream: where to (default: standard error, so that results on standard output stay clean). every_batches: batches
    between two further lines within an epoch, with the figures of the epoch so far (default: none).
    """

    def __init__(self, stream: TextIO | None = None, every_batches: int | None = None):
        self.stream = sys.stderr if stream is None else stream
        self.every_batches = every_batches if every_batches is not None else NEVER
        self._bar: Any = None

    def on_train_begin(self, num_epochs: int) -> None:
        self._total, self._done = num_epochs, 0.0
        self._first: float | None = None
        if self.stream.isatty() and importlib.util.find_spec("rich") is not None:
            from rich import progress as rich
            from rich.console import Console
            from rich.table import Column

            columns = [rich.TextColumn("epoch"), rich.MofNCompleteColumn(), rich.BarColumn(bar_width=16)]
            figures = rich.TextColumn("{task.description}", markup=False, table_column=Column(ratio=1))  # wraps
            self._bar = rich.Progress(*columns, figures, console=Console(file=self.stream), expand=True)
            self._bar.start()
            self._task = self._bar.add_task("", total=num_epochs)
        self._start = time.monotonic()

    def on_epoch_begin(self, epoch: int) -> None:
        if self._first is None and self.run is not None:  # where this process began, perhaps on a resume
            share = self.run.batch / self.run.n_batches if self.run.n_batches else 0.0
            self._done = self._first = epoch - self.run.first + share

    def on_batch_end(self, epoch: int, batch: int) -> None:
        run = self.run
        if run is None or batch == run.n_batches:
            return
        done = epoch - run.first + batch / run.n_batches
        self._say(f"epoch {epoch + 1}, batch {batch}/{run.n_batches}", [run.figures()], done)

    def on_epoch_end(self, epoch: int, records: list[Record]) -> None:
        self._done = self._done + 1 if self.run is None else epoch - self.run.first + 1
        self._say(f"epoch {epoch + 1}", records, self._done)

    def _say(self, where: str, records: list[Record], done: float) -> None:
        parts = [describe(records)]
        if self.run is not None and "seconds" in records[0]:
            parts.append(f"{self.run.samples_per_s(records[0]):.0f} samples/s")
        new = max(done - (self._first or 0.0), 1e-9)
        left = (time.monotonic() - self._start) / new * (self._total - done)
        text = f"{', '.join(parts)}, {duration(max(left, 0.0))} left"
        if self._bar is not None:
            self._bar.update(self._task, completed=int(done), description=text)
        else:
            print(f"{where}: {text}", file=self.stream, flush=True)

    def on_train_end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def describe(records: list[Record]) -> str:
    """The figures of an epoch in words."""
    parts = []
    for record in records:
        lead = "" if record.get("split") == "train" else f"{record.get('split')} "
        parts += [f"{lead}{k} {record[k]:.4g}" for k in record if _is_usual(k)]
    first = records[0]
    parts += [f"{k.removesuffix('.rate_hz')} {v:.1f} Hz" for k, v in first.items() if k.endswith(".rate_hz")]
    parts += [f"{k.removesuffix('.silent')} {v} silent" for k, v in first.items() if k.endswith(".silent") and v]
    parts += [f"{v} batches skipped (not finite)" for k, v in first.items() if k == "skipped" and v]
    parts += [f"{first['seconds']:.1f} s"] if "seconds" in first else []
    return ", ".join(parts)


def _is_usual(name: str) -> bool:
    last = name.rpartition(".")[2]
    return name == "loss" or last == "accuracy" or last.startswith("top_")


def duration(seconds: float) -> str:
    """`75` as `1:15`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
