"""Columns of a layered drawing from left to right, broken into rows like text where they get too wide.

Left of the boxes of each layer is a strip for the labels of its wires, and left of that a strip in which wires bend: no
label meets another, or a box, whatever the network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ngcsnn.viz.layered_order import Item, Layered, Link, Slot

BEND, TURN = 0.3, 0.36  # least width of a strip for bends, and of one in which a wire turns round


class Column(NamedTuple):
    """row: which row it stands in. entry: where its wires are level again and their labels begin. left, right: of its
    boxes. spare: room that wires which turn round take at its right."""

    row: int
    entry: float
    left: float
    right: float
    spare: float


def columns(
    layered: Layered,
    links: Sequence[Link],
    y: Mapping[Item, float],
    box_width: Mapping[str, float],
    label_width: Sequence[float],
    max_width: float,
    start: float,
) -> list[Column]:
    """The column of each layer; every row begins at x = `start`, before the bends of its first layer."""
    boxes = [[item for item in row if not isinstance(item, Slot)] for row in layered.rows]
    wide = [max((box_width[name] for name in row), default=0.3) for row in boxes]
    strip, bend, spare = ([0.0] * len(wide) for _ in range(3))
    for link in links:
        chain, target = layered.chain(link), layered.layer[link.target]
        strip[target] = max(strip[target], label_width[link.wire])
        if link in layered.back:
            bend[target] = max(bend[target], TURN)
            spare[layered.layer[link.source]] = TURN
        for a, b in zip(chain, chain[1:], strict=False):
            n = layered.layer_of(b)
            bend[n] = max(bend[n], min(BEND + 0.12 * abs(y[a] - y[b]), 0.8))  # steep wires need room
    for n in range(1, len(wide)):
        bend[n] = max(bend[n], spare[n - 1])
    rows = break_rows([sum(parts) for parts in zip(wide, strip, bend, strict=True)], max_width)
    out: list[Column] = []
    for n, row in enumerate(rows):
        x = out[-1].right if out and out[-1].row == row else start
        left = x + bend[n] + strip[n]
        out.append(Column(row, x + bend[n], left, left + wide[n], spare[n]))
    return out


def break_rows(widths: Sequence[float], max_width: float) -> list[int]:
    """The row of each column: as few rows as `max_width` allows, and these about equally wide."""

    def fill(limit: float) -> list[int]:
        rows, used = [], 0.0
        for width in widths:
            used += width
            first = not rows
            rows.append(0 if first else rows[-1] + (used > limit))
            if not first and rows[-1] > rows[-2]:
                used = width
        return rows

    fewest = fill(max_width)
    sums = sorted(sum(widths[i:j]) for i in range(len(widths)) for j in range(i + 1, len(widths) + 1))
    return next((rows for limit in sums if (rows := fill(limit + 1e-9))[-1] <= fewest[-1]), fewest)
