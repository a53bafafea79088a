"""Picking one figure out of the records of an epoch, by name; never one of the test split."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real

from ngcsnn.graph import GraphError, closest
from ngcsnn.training.callbacks import Record

_LOW = ("loss", "error", "penalty", "skipped", "silent")  # what should fall; all else should rise


def is_low_good(name: str) -> bool:
    """Whether a figure of this name should fall."""
    return name.endswith(_LOW)


def known_figure(name: object, argument: str = "figure") -> str:
    """`name`, if it may be one that decisions are taken by."""
    if not isinstance(name, str) or not name:
        raise GraphError(f"`{argument}` must be the name of a figure such as 'validation_loss', got {name!r}")
    if name.startswith("test"):
        raise GraphError(f"`{argument}` {name!r}: a decision by the test split would spoil what the test is to tell")
    return name


def figures_of(records: Sequence[Record]) -> dict[str, float]:
    """{"loss", ..., "validation_loss", ...} of an epoch's records."""
    out: dict[str, float] = {}
    for record in records:
        lead = "" if record["split"] == "train" else f"{record['split']}_"
        numbers = {k: v for k, v in record.items() if isinstance(v, Real) and not isinstance(v, bool) and k != "epoch"}
        out.update({f"{lead}{k}": float(v) for k, v in numbers.items()})
    return out


def figure_of(records: Sequence[Record], name: str | None, default: Sequence[str], who: str) -> tuple[str, float]:
    """(name, value) of the figure, or of the first of `default` that there is.

    Errors: `GraphError` with the closest name.
    """
    found = figures_of(records)
    for candidate in default if name is None else (name,):
        if candidate in found:
            return candidate, found[candidate]
    wanted = default[0] if name is None else name
    raise GraphError(f"{who}: the run has no figure '{wanted}'{closest(wanted, found)}")
