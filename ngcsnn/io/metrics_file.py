"""A run's figures as JSON lines: one strict JSON object for each record, on disk as soon as the epoch ends."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

from ngcsnn.graph import GraphError
from ngcsnn.training import Callback, Record


class MetricsFile(Callback):
    """Appends every record to the file `path`.

    records: all of them so far, as they were given; in the file, NaN and infinities are null, for JSON has neither.
    """

    def __init__(self, path: Path):
        self.path = path
        self.records: list[Record] = []

    def on_train_begin(self, num_epochs: int) -> None:
        self.write([])

    def on_epoch_end(self, epoch: int, records: list[Record]) -> None:
        self.write(records)

    def write(self, records: list[Record]) -> None:
        """Errors: `GraphError` where the disk is full, say; the file is then as it was before."""
        self.records += records
        text = "".join(json_line(record) + "\n" for record in records).encode()
        size = self.path.stat().st_size if self.path.exists() else 0
        try:
            with open(self.path, "ab", buffering=0) as file:
                while text:
                    text = text[file.write(text) :]
        except OSError as error:
            if self.path.exists() and self.path.stat().st_size > size:
                os.truncate(self.path, size)
            raise GraphError(f"cannot write {self.path}: {error.strerror}; the figures before are intact") from error

    def restore(self, state: Any) -> None:
        """Go back to the records of the run as it was then; later ones come again."""
        self.records[:] = self.run.history if self.run is not None else []
        fresh = self.path.with_name(f".{self.path.name}")
        fresh.write_text("".join(json_line(record) + "\n" for record in self.records), encoding="utf-8")
        fresh.replace(self.path)

    def state(self) -> Any:
        return {"records": len(self.records)}

    @property
    def epochs(self) -> int:
        """How many epochs have ended."""
        return sum(record["split"] == "train" for record in self.records)


def json_line(record: Record) -> str:
    """One line of strict JSON; numbers keep every digit."""
    return json.dumps({key: _plain(value) for key, value in record.items()}, allow_nan=False)


def read_metrics(path: Path) -> list[Record]:
    """The records of a metrics file. Errors: `GraphError` for a damaged one, with the line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GraphError(f"cannot read {path}: {error}") from error
    records = []
    for number, line in enumerate(lines, 1):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            raise GraphError(f"{path}:{number} is damaged: it is no record of a run")
        records.append(record)
    return records


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
