"""Metrics as JSON lines."""

import json
import math
from pathlib import Path

import numpy as np

from ngcsnn.io import MetricsFile, json_line, read_metrics


def test_lines_are_there_as_soon_as_an_epoch_ends(tmp_path: Path) -> None:
    file = MetricsFile(tmp_path / "m.jsonl")
    file.on_train_begin(2)
    assert read_metrics(file.path) == []
    for epoch in range(2):
        file.on_epoch_end(epoch, [{"epoch": epoch, "split": s, "loss": 0.1} for s in ("train", "validation")])
        assert len(read_metrics(file.path)) == 2 * (epoch + 1)
    assert file.epochs == 2
    assert read_metrics(file.path) == file.records


def test_strict_json_with_every_digit() -> None:
    record = {"a": math.nan, "b": math.inf, "c": 0.1 + 0.2, "d": np.float32(0.1), "e": np.int64(3), "g": "x"}
    record["f"] = np.float32("nan")

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    read = json.loads(json_line(record), parse_constant=refuse)
    assert read == {"a": None, "b": None, "c": 0.1 + 0.2, "d": float(np.float32(0.1)), "e": 3, "f": None, "g": "x"}
    assert "\n" not in json_line(record)
