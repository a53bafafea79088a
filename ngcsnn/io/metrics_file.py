"""A run's figures as JSON lines: one strict JSON object for each record, on disk as soon as the epoch ends."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

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
        self.records += records
        with open(self.path, "a", encoding="utf-8") as file:
            file.writelines(json_line(record) + "\n" for record in records)

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
    """The records of a metrics file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
