"""Mean and standard deviation of every setting over its seeds."""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ngcsnn.io.sweep.runs import Sweep
from ngcsnn.io.sweep.settings import Setting, first_key

_HELD = "validation_"


class Row(NamedTuple):
    """setting; seeds: how many ended; figures: {name: (mean, standard deviation or None with one seed)}."""

    setting: Setting
    seeds: int
    figures: dict[str, tuple[float, float | None]]


def table_of(sweep: Sweep) -> list[Row]:
    """A row for each setting of which a run has ended, best first: by accuracy, else by loss; of validation where the
    runs have one, so that no choice is made by the test.

    The deviation is that of a sample, with n - 1.
    """
    found: dict[int, list[dict[str, Any]]] = {}
    settings: dict[int, Setting] = {}
    for run in sweep.runs():
        result = sweep.result(run)
        if result is not None:
            found.setdefault(run.number, []).append(result)
            settings[run.number] = run.setting
    rows = [Row(settings[number], len(results), _figures(results)) for number, results in found.items()]
    name = main_figure(rows)
    sign = -1.0 if name.endswith("accuracy") else 1.0

    def rank(row: Row) -> float:
        mean = row.figures.get(name, (math.nan, None))[0]
        return math.inf if math.isnan(mean) else sign * mean

    return sorted(rows, key=rank)


def main_figure(rows: Sequence[Row]) -> str:
    """What rows are compared by."""
    names = list(dict.fromkeys(name for row in rows for name in row.figures))
    held = [name for name in names if name.startswith(_HELD)]
    for among in (held, names):
        for ending in ("accuracy", "loss"):
            if found := [name for name in among if name.endswith(ending)]:
                return found[0]
    return "loss"


def over_all(rows: Sequence[Row]) -> Row | None:
    """Mean and deviation over groups that were left out in turn: what a cross-validation tells. None: it was none."""
    keys = list(rows[0].setting) if rows else []
    if len(rows) < 2 or len(keys) != 1 or not first_key(keys[0]).endswith("leave_out"):
        return None
    folds = [{name: mean for name, (mean, _) in row.figures.items()} for row in rows]
    return Row({keys[0]: "all"}, sum(row.seeds for row in rows), _figures(folds))


def table_text(rows: Sequence[Row]) -> str:
    """The table for a terminal or a README page (it is Markdown)."""
    if not rows:
        return "no run has ended"
    main, together = main_figure(rows), over_all(rows)
    shown = list(dict.fromkeys([main, main.removeprefix(_HELD), "loss"]))
    shown = [name for name in shown if name == main or any(name in row.figures for row in rows)]
    titles = [name.replace("_", " ", 1) if name.startswith(_HELD) else f"test {name}" for name in shown]
    head = [*map(first_key, rows[0].setting), *titles, "seeds"]
    lines = [
        [*(_value(v) for v in row.setting.values()), *(_spread(row.figures.get(n), n) for n in shown), str(row.seeds)]
        for row in (*rows, *([together] if together is not None else []))
    ]
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    texts = ["| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |" for line in [head, *lines]]
    return "\n".join([texts[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *texts[1:]])


def write_tables(rows: Sequence[Row], folder: Path) -> None:
    """table.md, and table.csv with every figure."""
    (folder / "table.md").write_text(table_text(rows) + "\n", encoding="utf-8")
    names = list(dict.fromkeys(name for row in rows for name in row.figures))
    keys = [first_key(keys) for keys in rows[0].setting] if rows else []
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([*keys, "seeds", *(part for name in names for part in (f"{name} mean", f"{name} sd"))])
    for row in rows:
        pairs = [row.figures.get(name, (None, None)) for name in names]
        flat = [_cell(value) for pair in pairs for value in pair]
        writer.writerow([*(_value(v) for v in row.setting.values()), row.seeds, *flat])
    (folder / "table.csv").write_text(buffer.getvalue(), encoding="utf-8")


def _figures(results: Sequence[dict[str, Any]]) -> dict[str, tuple[float, float | None]]:
    out: dict[str, tuple[float, float | None]] = {}
    for name in results[0]:
        values = [r.get(name) for r in results]
        if name in ("epoch", "split", "seconds") or any(isinstance(v, str | bool | list | dict) for v in values):
            continue
        numbers = [math.nan if v is None else float(v) for v in values]  # null in the file is not finite
        bad = any(map(math.isnan, numbers))
        spread = None if len(numbers) < 2 else math.nan if bad else statistics.stdev(numbers)
        out[name] = (math.nan if bad else statistics.fmean(numbers), spread)
    return out


def _spread(pair: tuple[float, float | None] | None, name: str) -> str:
    if pair is None:
        return "–"
    mean, sd = pair
    if math.isnan(mean):
        return "not finite"
    if name.endswith("accuracy"):
        return f"{100 * mean:.2f} %" if sd is None else f"{100 * mean:.2f} ± {100 * sd:.2f} %"
    return f"{mean:.4g}" if sd is None else f"{mean:.4g} ± {sd:.2g}"


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _cell(value: float | None) -> str:
    return "" if value is None else repr(value)
