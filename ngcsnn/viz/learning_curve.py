"""Loss and accuracy over the epochs of a run."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ngcsnn.data.argument_checks import closest
from ngcsnn.viz.style import FONT, MUTED, PAPER, SMALL, SPLITS, axes_or_new, class_colour, legend, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NOT_METRICS = {"epoch", "split"}
_LEGEND = 0.5, 0.1, 0.06  # parts of the axes: its width, the height of a line in it and of its edges
_FEW = 12  # up to so many epochs every value gets a mark
Series = dict[str, list[tuple[float, float]]]  # split -> (epoch, value)


def learning_curve(
    records: Iterable[Mapping[str, Any]],
    ax: Axes | Sequence[Axes] | None = None,
    metrics: Sequence[str] | None = None,
    loss_scale: str = "linear",
) -> tuple[Axes, ...]:
    """Draw one panel for each metric, with one line for each split, against the epoch.

    The legends name the last value of each line. Where an epoch and split come twice (a resumed run), the later
    record counts. Values that are not finite leave a gap and are counted in a note.

    Args:
        records: dicts as in a run's `metrics.jsonl`: "epoch" (a number), "split" ("train", "validation", "test", or
            any other name), and the metrics as numbers; a metric may be missing or None in some of them.
        ax: axes for each metric; by default a new figure with the panels side by side.
        metrics: names of the metrics; by default "loss", "accuracy" and every "<output>.accuracy" that occur.
        loss_scale: "linear" or "log", the scale of the panel "loss".
    Returns: the axes of each metric. Errors: `ValueError` for no records, a metric that no record has, fewer or more
    axes than metrics, a log scale with values <= 0; `TypeError` for records that are no mappings.
    """
    table = _checked(records)
    known = list(dict.fromkeys(key for record in table for key in record if key not in _NOT_METRICS))
    chosen = sorted(filter(_is_usual, known), key=_is_accuracy) if metrics is None else _names(metrics)
    if not chosen:
        raise ValueError(f"no metric to draw: name some in `metrics`; the records have {known or 'none'}")
    for metric in chosen:
        if metric not in known:
            raise ValueError(f"no record has the metric '{metric}'{closest(metric, known)}; they have {known}")
    if loss_scale not in ("linear", "log"):
        raise ValueError(
            f"`loss_scale` must be 'linear' or 'log', got {loss_scale!r}{closest(str(loss_scale), ['log'])}"
        )
    if loss_scale == "log" and "loss" not in chosen:
        raise ValueError(f"`loss_scale` is 'log', but 'loss' is not among the metrics drawn: {chosen}")
    axes = _panels(ax, len(chosen))
    for panel, metric in zip(axes, chosen, strict=True):
        lines, lost = _series(table, metric)
        if metric == "loss" and loss_scale == "log":
            if any(value <= 0 for line in lines.values() for _, value in line):
                raise ValueError("`loss_scale` 'log' needs losses > 0; some are not")
            panel.set_yscale("log")
        _draw_panel(panel, metric, lines, lost)
    return axes


def _checked(records: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    table = list(records)
    if not table:
        raise ValueError("`records` is empty: there is no epoch to draw")
    for i, record in enumerate(table):
        if not isinstance(record, Mapping):
            raise TypeError(f"records[{i}] must be a dict with 'epoch' and 'split', got {record!r}")
        for key in ("epoch", "split"):
            if key not in record:
                raise ValueError(
                    f"records[{i}] has no '{key}'{closest(key, map(str, record))}; it has {sorted(record)}"
                )
        if isinstance(record["epoch"], bool) or not isinstance(record["epoch"], int | float):
            raise TypeError(f"records[{i}]: 'epoch' must be a number, got {record['epoch']!r}")
    return table


def _is_accuracy(metric: str) -> bool:
    return metric.rpartition(".")[2] == "accuracy"


def _is_usual(metric: str) -> bool:
    return metric == "loss" or _is_accuracy(metric)


def _names(metrics: Sequence[str]) -> list[str]:
    return [metrics] if isinstance(metrics, str) else list(metrics)


def _panels(ax: Axes | Sequence[Axes] | None, n: int) -> tuple[Axes, ...]:
    if ax is None:
        figure = new_figure(3.7 * n, 2.9)
        return tuple(figure.add_subplot(1, n, i + 1) for i in range(n))
    given = [ax] if hasattr(ax, "transData") else list(ax)  # type: ignore[arg-type]
    if len(given) != n:
        raise ValueError(f"`ax` must hold one axes for each of the {n} metrics drawn, got {len(given)}")
    return tuple(axes_or_new(one, 0.0, 0.0) for one in given)  # type: ignore[arg-type]


def _series(table: Sequence[Mapping[str, Any]], metric: str) -> tuple[Series, int]:
    """The points of each split in order of epoch, and how many values were not finite."""
    found: dict[str, dict[float, float]] = {}
    for record in table:
        if record.get(metric) is not None:
            found.setdefault(str(record["split"]), {})[record["epoch"]] = float(record[metric])
    lost = sum(not math.isfinite(value) for line in found.values() for value in line.values())
    return {split: sorted(line.items()) for split, line in found.items()}, lost


def _heading(metric: str) -> str:
    """`hidden.rate_hz` as `hidden: rate (Hz)`."""
    cell, _, rest = metric.rpartition(".")
    words = rest.replace("_", " ").replace(" hz", " (Hz)")
    return f"{cell}: {words}" if cell else words


def _draw_panel(ax: Axes, metric: str, lines: Series, lost: int) -> None:
    from matplotlib.ticker import MaxNLocator

    first = min((epoch for line in lines.values() for epoch, _ in line), default=1)
    tidy(ax, _heading(metric), x="epoch (the first is 0)" if first == 0 else "epoch", grid="y")
    order = [*SPLITS, *sorted(set(lines) - set(SPLITS))]
    for i, split in enumerate(s for s in order if s in lines):
        epochs, values = zip(*lines[split], strict=True)
        last = next((v for v in reversed(values) if math.isfinite(v)), math.nan)
        ax.plot(
            epochs, values, color=SPLITS.get(split, class_colour(i + len(SPLITS))), linewidth=1.6,
            marker="o" if len(epochs) <= _FEW else None, markersize=3.5, label=f"{split}  {last:.4g}",
        )  # fmt: skip
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    legend(ax, loc=_free_corner(ax, lines, "upper right" if metric == "loss" else "lower right"))
    if lost:
        low = metric == "loss"  # away from the legend and from where such a line starts
        ax.text(
            0.02, 0.02 if low else 0.98, f"{lost} value{'s' if lost > 1 else ''} not finite", transform=ax.transAxes,
            va="bottom" if low else "top", color=MUTED, fontsize=SMALL, fontfamily=FONT, backgroundcolor=PAPER,
        )  # fmt: skip


def _free_corner(ax: Axes, lines: Series, wanted: str) -> str:
    """A corner that no line goes through, `wanted` where it is free; where none is, the upper end of the axis moves up.

    Places are parts of the axes, from the lower left.
    """
    width, height = _LEGEND[0], _LEGEND[1] * len(lines) + _LEGEND[2]
    ax.autoscale_view()  # else the limits would be made later
    to_axes = ax.transData + ax.transAxes.inverted()
    places = []
    for line in lines.values():
        known = to_axes.transform([(x, y) for x, y in line if math.isfinite(y)] or [(0.0, math.nan)])
        places += known.tolist()
        for (x, y), (x1, y1) in itertools.pairwise(known):
            places += [(x + (x1 - x) * k / 20, y + (y1 - y) * k / 20) for k in range(1, 20)]
    corners = [wanted, *(c for c in ("upper right", "lower right", "upper left", "lower left") if c != wanted)]
    for corner in corners:
        right, top = corner.endswith("right"), corner.startswith("upper")
        if not any(
            (x > 1 - width if right else x < width) and (y > 1 - height if top else y < height) for x, y in places
        ):
            return corner
    low, high = to_axes.inverted().transform([(0.0, 0.0), (0.0, 1.0 / (1.0 - height))])[:, 1]
    ax.set_ylim(low, high)
    return "upper right"
