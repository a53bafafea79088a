"""Columns of a layered drawing from left to right, broken into rows like text where they get too wide.

Left of the boxes of each layer is a strip for the labels of its wires, and left of that a strip in which wires bend: no
label meets another, or a box, whatever the network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
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


def rows_of(
    layered: Layered,
    links: Sequence[Link],
    box_width: Mapping[str, float],
    label_width: Sequence[float],
    max_width: float,
) -> list[int]:
    """The row of each layer."""
    wide, strip = _widths(layered, links, box_width, label_width)
    cut = [0] * len(wide)
    for link in links:
        for item in layered.chain(link)[1:]:
            cut[layered.layer_of(item)] += 1
    return break_rows([a + b + 1.3 * BEND for a, b in zip(wide, strip, strict=True)], cut, max_width)


def columns(
    layered: Layered,
    links: Sequence[Link],
    rows: Sequence[int],
    y: Mapping[Item, float],
    box_width: Mapping[str, float],
    label_width: Sequence[float],
    start: float,
) -> list[Column]:
    """The column of each layer; every row begins at x = `start`, before the bends of its first layer."""
    wide, strip = _widths(layered, links, box_width, label_width)
    bend, spare = ([0.0] * len(wide) for _ in range(2))
    for link in links:
        chain = layered.chain(link)
        if link in layered.back:
            bend[layered.layer[link.target]] = TURN
            spare[layered.layer[link.source]] = TURN
        for a, b in pairwise(chain):
            n = layered.layer_of(b)
            same = rows[n] == rows[layered.layer_of(a)]
            steep = 0.12 * abs(y[a] - y[b]) if same else 0.0  # steep wires need room
            bend[n] = max(bend[n], min(BEND + steep, 0.8))
    for n in range(1, len(wide)):
        bend[n] = max(bend[n], spare[n - 1])
    out: list[Column] = []
    for n, row in enumerate(rows):
        x = out[-1].right if out and out[-1].row == row else start
        left = x + bend[n] + strip[n]
        out.append(Column(row, x + bend[n], left, left + wide[n], spare[n]))
    return out


def _widths(
    layered: Layered, links: Sequence[Link], box_width: Mapping[str, float], label_width: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Of the boxes and of the labels of each layer."""
    boxes = [[item for item in row if not isinstance(item, Slot)] for row in layered.rows]
    wide = [max((box_width[name] for name in row), default=0.3) for row in boxes]
    strip = [0.0] * len(wide)
    for link in links:
        n = layered.layer[link.target]
        strip[n] = max(strip[n], label_width[link.wire])
    return wide, strip


def break_rows(widths: Sequence[float], cut: Sequence[int], max_width: float) -> list[int]:
    """The row of each column: few rows no wider than `max_width`, about equally wide, with few wires between them.

    cut: how many wires reach each column from the one before it. A column wider than `max_width` is a row of its own.
    """
    best: list[tuple[float, int]] = [(0.0, 0)]  # for the first n columns: cost, and where their last row begins
    for end in range(1, len(widths) + 1):
        options = []
        for start in range(end):
            part = sum(widths[start:end]) / max_width
            if part <= 1.0 or start == end - 1:
                options.append((best[start][0] + 1.0 + part**2 + (0.2 * cut[start] if start else 0.0), start))
        best.append(min(options))
    starts, end = [], len(widths)
    while end:
        end = best[end][1]
        starts.append(end)
    return [sum(n >= start for start in starts) - 1 for n in range(len(widths))]
