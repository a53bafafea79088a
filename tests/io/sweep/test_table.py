"""Tables of sweeps."""

import csv
import json
from pathlib import Path

import pytest

from ngcsnn.io.sweep import Sweep, table_of, table_text, write_tables


def ended(sweep: Sweep, figures: dict[tuple[int, int], dict]) -> None:
    for run in sweep.runs():
        if (run.number, run.seed) in figures:
            run.folder.mkdir()
            record = {"epoch": 1, "split": "test", "seconds": 9.0, **figures[run.number, run.seed]}
            (run.folder / "metrics.jsonl").write_text(json.dumps(record) + "\n")


def test_means_deviations_and_order(tmp_path: Path) -> None:
    sweep = Sweep(tmp_path / "s", {}, [{"k": "a"}, {"k": 0.5}, {"k": "gone"}, {"k": "nan"}], 3)
    sweep.begin()
    ended(sweep, {
        (0, 0): {"loss": 1.0, "accuracy": 0.5}, (0, 1): {"loss": 2.0, "accuracy": 0.7},
        (0, 2): {"loss": 3.0, "accuracy": 0.6},
        (1, 0): {"loss": 0.5, "accuracy": 0.9}, (3, 0): {"loss": None, "accuracy": None},
    })  # fmt: skip
    rows = table_of(sweep)
    assert [(row.setting["k"], row.seeds) for row in rows] == [(0.5, 1), ("a", 3), ("nan", 1)]
    assert rows[1].figures["accuracy"] == pytest.approx((0.6, 0.1)) and rows[1].figures["loss"] == pytest.approx(
        (2.0, 1.0)
    )
    assert rows[0].figures["loss"] == (0.5, None) and "seconds" not in rows[0].figures
    lines = [[c.strip() for c in line.split("|")[1:-1]] for line in table_text(rows).splitlines()]
    assert lines[0] == ["k", "test accuracy", "test loss", "seeds"]
    assert lines[2:] == [
        ["0.5", "90.00 %", "0.5", "1"], ["a", "60.00 ± 10.00 %", "2 ± 1", "3"],
        ["nan", "not finite", "not finite", "1"],
    ]  # fmt: skip
    write_tables(rows, tmp_path)
    with open(tmp_path / "table.csv", newline="") as file:
        found = list(csv.DictReader(file))
    assert found[1]["k"] == "a" and float(found[1]["accuracy sd"]) == pytest.approx(0.1) and found[0]["loss sd"] == ""
    assert (tmp_path / "table.md").read_text() == table_text(rows) + "\n"


def test_without_accuracy_the_lowest_loss_is_best(tmp_path: Path) -> None:
    sweep = Sweep(tmp_path / "s", {}, [{"k": 1}, {"k": 2}], 1)
    sweep.begin()
    assert table_text(table_of(sweep)) == "no run has ended"
    ended(sweep, {(0, 0): {"loss": 2.0}, (1, 0): {"loss": 1.0}})
    assert [row.setting["k"] for row in table_of(sweep)] == [2, 1]


def test_validation_decides_where_there_is_one(tmp_path: Path) -> None:
    sweep = Sweep(tmp_path / "s", {}, [{"k": 1}, {"k": 2}], 1)
    sweep.begin()
    ended(sweep, {(0, 0): {"loss": 1.0, "accuracy": 0.9}, (1, 0): {"loss": 2.0, "accuracy": 0.8}})
    for run, held in zip(sweep.runs(), (0.5, 0.75), strict=True):
        path = run.folder / "metrics.jsonl"
        lines = [{"epoch": e, "split": "validation", "seconds": 1.0, "accuracy": a} for e, a in ((0, 0.1), (1, held))]
        path.write_text("".join(json.dumps(line) + "\n" for line in lines) + path.read_text())
    rows = table_of(sweep)
    assert [row.setting["k"] for row in rows] == [2, 1] and rows[0].figures["validation_accuracy"] == (0.75, None)
    lines = [[c.strip() for c in line.split("|")[1:-1]] for line in table_text(rows).splitlines()]
    assert lines[0] == ["k", "validation accuracy", "test accuracy", "test loss", "seeds"]
    assert lines[2] == ["2", "75.00 %", "80.00 %", "2", "1"]


def test_groups_left_out_in_turn_have_their_mean(tmp_path: Path) -> None:
    sweep = Sweep(tmp_path / "s", {}, [{"data.split.leave_out": name} for name in ("ann", "bob")], 1)
    sweep.begin()
    for run, (accuracy, held) in zip(sweep.runs(), [(0.9, 0.4), (0.5, 0.8)], strict=True):
        run.folder.mkdir()
        records = [{"epoch": 0, "split": "validation", "accuracy": held}, {"split": "test", "accuracy": accuracy}]
        (run.folder / "metrics.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    rows = table_of(sweep)
    lines = [[c.strip() for c in line.split("|")[1:-1]] for line in table_text(rows).splitlines()]
    assert lines[0][:3] == ["data.split.leave_out", "validation accuracy", "test accuracy"]
    assert [line[:3] for line in lines[2:]] == [
        ["bob", "80.00 %", "50.00 %"], ["ann", "40.00 %", "90.00 %"], ["all", "60.00 ± 28.28 %", "70.00 ± 28.28 %"],
    ]  # fmt: skip
    write_tables(rows, tmp_path)
    with open(tmp_path / "table.csv", newline="") as file:
        assert [row["data.split.leave_out"] for row in csv.DictReader(file)] == ["bob", "ann"]
