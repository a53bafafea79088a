"""Metrics as JSON lines."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from ngcsnn.graph import GraphError
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


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    file, record = MetricsFile(tmp_path / "m.jsonl"), {"epoch": 0, "split": "train", "loss": 0.5}
    file.write([record])
    before, limits = file.path.read_bytes(), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, limits[1]))
    try:
        with pytest.raises(GraphError, match=r"cannot write .*m\.jsonl: File too large; the figures before are intact"):
            file.write([record, record])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.path.read_bytes() == before


def test_damage_is_told_with_its_line(tmp_path: Path) -> None:
    for text in ("{", "5", "[1]", "\udcff"):
        (tmp_path / "m.jsonl").write_text('{"epoch": 0}\n' + text + "\n", errors="surrogateescape")
        with pytest.raises(GraphError, match=r"m\.jsonl:2 is damaged|cannot read .*m\.jsonl"):
            read_metrics(tmp_path / "m.jsonl")


def test_strict_json_with_every_digit() -> None:
    record = {"a": math.nan, "b": math.inf, "c": 0.1 + 0.2, "d": np.float32(0.1), "e": np.int64(3), "g": "x"}
    record["f"] = np.float32("nan")

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    read = json.loads(json_line(record), parse_constant=refuse)
    assert read == {"a": None, "b": None, "c": 0.1 + 0.2, "d": float(np.float32(0.1)), "e": 3, "f": None, "g": "x"}
    assert "\n" not in json_line(record)
