"""One line an epoch: loss, accuracy, spike rates, time left."""

from __future__ import annotations

import importlib.util
import sys
import time
from typing import Any, TextIO

from ngcsnn.training.callbacks import Callback, Record


class Progress(Callback):
    """Prints a line after every epoch; in a terminal with `rich` installed, a bar with the newest line beside it.

    stream: where to (default: standard error, so that results on standard output stay clean).
    """

    def __init__(self, stream: TextIO | None = None):
        self.stream = sys.stderr if stream is None else stream
        self._bar: Any = None

    def on_train_begin(self, num_epochs: int) -> None:
        self._total, self._done, self._start = num_epochs, 0, time.monotonic()
        if self.stream.isatty() and importlib.util.find_spec("rich") is not None:
            from rich import progress as rich
            from rich.console import Console
            from rich.table import Column

            columns = [rich.TextColumn("epoch"), rich.MofNCompleteColumn(), rich.BarColumn(bar_width=16)]
            figures = rich.TextColumn("{task.description}", markup=False, table_column=Column(ratio=1))  # wraps
            self._bar = rich.Progress(*columns, figures, console=Console(file=self.stream), expand=True)
            self._bar.start()
            self._task = self._bar.add_task("", total=num_epochs)

    def on_epoch_end(self, epoch: int, records: list[Record]) -> None:
        self._done += 1
        spent = time.monotonic() - self._start
        text = f"{describe(records)}, {duration(spent / self._done * (self._total - self._done))} left"
        if self._bar is not None:
            self._bar.update(self._task, advance=1, description=text)
        else:
            print(f"epoch {epoch + 1}: {text}", file=self.stream, flush=True)

    def on_train_end(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def describe(records: list[Record]) -> str:
    """The figures of an epoch in words."""
    parts = []
    for record in records:
        lead = "" if record.get("split") == "train" else f"{record.get('split')} "
        parts += [f"{lead}{k} {record[k]:.4g}" for k in record if k in ("loss", "accuracy") or k.endswith(".accuracy")]
    first = records[0]
    parts += [f"{k.removesuffix('.rate_hz')} {v:.1f} Hz" for k, v in first.items() if k.endswith(".rate_hz")]
    parts += [f"{k.removesuffix('.silent')} {v} silent" for k, v in first.items() if k.endswith(".silent") and v]
    parts += [f"{v} batches skipped (not finite)" for k, v in first.items() if k == "skipped" and v]
    parts += [f"{first['seconds']:.1f} s"] if "seconds" in first else []
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """`75` as `1:15`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
