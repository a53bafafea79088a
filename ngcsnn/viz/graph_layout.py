"""Where everything of a network drawing goes, in inches: boxes, arrows, and the ways of the wires to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ngcsnn.viz.columns import Column, columns, rows_of
from ngcsnn.viz.layered_order import Item, Layered, Link, Slot, arrange
from ngcsnn.viz.levelling import half_height, level
from ngcsnn.viz.pen import Pen

MARGIN = 0.12
LINE = 0.125  # height of a line of a label
PORT_GAP = 0.1  # room between the labels of neighbouring ports
LANE = 0.11  # distance of the lanes in which wires go from row to row
ROW_GAP = 0.24


class Sizes(NamedTuple):
    """What is to be placed. boxes: name -> (width, height). labels: (width, lines) of each wire, arrow head included.

    ranks: see `layered_order.arrange`. links: all sources of all wires.
    """

    boxes: Mapping[str, tuple[float, float]]
    ranks: Mapping[str, int]
    labels: Sequence[tuple[float, int]]
    links: Sequence[Link]


class Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float


class Placed(NamedTuple):
    """width, height: of the whole; y grows downwards. boxes: by name. arrows: (x from, x to, y) of the last piece of
    each wire, above which its label stands. ways: what leads there, for each link, and whether it runs backwards."""

    width: float
    height: float
    boxes: dict[str, Box]
    arrows: list[tuple[float, float, float]]
    ways: list[tuple[Pen, bool]]


class _Lane(NamedTuple):
    """A way round from one row to the next: x at the right, y between the rows, x at the left."""

    right: float
    between: float
    left: float


def place(sizes: Sizes, max_width: float) -> Placed:
    """Lay out a network; more than `max_width` inches are broken into rows."""
    layered = arrange(sizes.ranks, sizes.links)
    ports, heights = _ports(sizes, layered)
    widths = {name: width for name, (width, _) in sizes.boxes.items()}
    label_widths = [width for width, _ in sizes.labels]
    rows = rows_of(layered, sizes.links, widths, label_widths, max_width)
    y = level(layered, sizes.links, rows, heights, ports)
    most = max((len(_leaving(layered, sizes.links, rows, r)) for r in range(rows[-1])), default=0)
    cols = columns(layered, sizes.links, rows, y, widths, label_widths, MARGIN + most * LANE)
    y, lanes, width, height = _stack_rows(layered, sizes.links, y, heights, cols)

    boxes = {}
    for name, n in layered.layer.items():
        boxes[name] = Box(cols[n].left, y[name] - heights[name] / 2, cols[n].right - cols[n].left, heights[name])
    targets = {link.wire: link.target for link in sizes.links}
    arrows = [
        (cols[layered.layer[targets[i]]].entry, boxes[targets[i]].x, y[targets[i]] + ports[i]) for i in sorted(targets)
    ]
    ways = [(_way(link, layered, y, arrows[link.wire][2], cols, lanes), link in layered.back) for link in sizes.links]
    return Placed(width, height, boxes, arrows, ways)


def _ports(sizes: Sizes, layered: Layered) -> tuple[dict[int, float], dict[str, float]]:
    """Where each wire enters its box, measured from the box's middle, and the height that each box needs."""
    rank = {item: i / len(row) for row in layered.rows for i, item in enumerate(row)}
    origins: dict[str, dict[int, list[float]]] = {name: {} for name in sizes.boxes}
    for link in sizes.links:
        origin = 2.0 if link in layered.back else rank[layered.chain(link)[-2]]  # ways back come from below
        origins[link.target].setdefault(link.wire, []).append(origin)
    ports: dict[int, float] = {}
    heights: dict[str, float] = {}
    for name, wires in origins.items():
        order = sorted(wires, key=lambda i: (sum(wires[i]) / len(wires[i]), i))
        rooms = [sizes.labels[i][1] * LINE + PORT_GAP for i in order]
        heights[name] = max(sizes.boxes[name][1], sum(rooms))
        # Labels stand above their lines. As a whole the lines are in the middle, as far as the labels do not stick out.
        middle = (rooms[0] - PORT_GAP) / 2 if rooms else 0.0
        at = -sum(rooms) / 2 - PORT_GAP / 2 - min(middle, LINE / 2 + (heights[name] - sum(rooms)) / 2)
        for i, room in zip(order, rooms, strict=True):
            at += room
            ports[i] = at
    return ports, heights


def _leaving(layered: Layered, links: Sequence[Link], rows: Sequence[int], row: int) -> dict[Item, list[Item]]:
    """The items of `row` from which wires go to the next row, and the items there."""
    out: dict[Item, list[Item]] = {}
    for link in links:
        chain = layered.chain(link)
        for a, b in pairwise(chain):
            if rows[layered.layer_of(a)] == row and rows[layered.layer_of(b)] == row + 1:
                out.setdefault(a, []).append(b)
    return out


def _stack_rows(
    layered: Layered, links: Sequence[Link], y: Mapping[Item, float], heights: Mapping[str, float], cols: list[Column]
) -> tuple[dict[Item, float], dict[Item, _Lane], float, float]:
    """Heights with the rows below each other, the lanes between them, and the size of the whole."""
    moved: dict[Item, float] = {}
    lanes: dict[Item, _Lane] = {}
    bottom, width = MARGIN, 0.0
    for r in range(cols[-1].row + 1):
        layers = [n for n, column in enumerate(cols) if column.row == r]
        items = [item for n in layers for item in layered.rows[n]]
        top = min(y[item] - half_height(item, heights) for item in items)
        moved.update({item: y[item] - top + bottom for item in items})
        bottom += max(y[item] + half_height(item, heights) for item in items) - top
        side = cols[layers[-1]].right + cols[layers[-1]].spare
        leaving = _leaving(layered, links, [column.row for column in cols], r)
        by_origin = sorted(leaving, key=lambda a: moved[a], reverse=True)
        by_goal = sorted(leaving, key=lambda a: min(y[b] for b in leaving[a]))
        for k, a in enumerate(by_origin):  # the topmost goes round outermost, then lowest, then innermost
            left = MARGIN + (len(leaving) - 1 - by_goal.index(a)) * LANE
            lanes[a] = _Lane(side + (k + 1) * LANE, bottom + ROW_GAP / 2 + k * LANE, left)
        width = max(width, side + len(leaving) * LANE)
        bottom += ROW_GAP + len(leaving) * LANE if leaving else 0.0
    return moved, lanes, width + MARGIN, bottom + MARGIN


def _way(
    link: Link,
    layered: Layered,
    y: Mapping[Item, float],
    port: float,
    cols: Sequence[Column],
    lanes: Mapping[Item, _Lane],
) -> Pen:
    """The path of a link up to where its arrow begins, or, for one that runs backwards, from there."""
    chain = layered.chain(link)
    last = cols[layered.layer[link.target]].entry
    if link in layered.back:
        pen = Pen((last, port))
        pen.turn((last, y[chain[0]]), -1)
        pen.line((cols[layered.layer[link.target]].right, y[chain[0]]))
    else:
        pen = Pen((cols[layered.layer[link.source]].right, y[link.source]))
    for a, b in pairwise(chain):
        column = cols[layered.layer_of(b)]
        to = (column.entry, y[b] if isinstance(b, Slot) else port)
        if column.row == cols[layered.layer_of(a)].row:
            pen.swing(to)
        else:
            lane = lanes[a]
            here = pen.here[1]
            corners = [(lane.right, here), (lane.right, lane.between), (lane.left, lane.between), (lane.left, to[1])]
            pen.round(corners, to)
        if isinstance(b, Slot):
            pen.line((column.right, to[1]))
    if link in layered.back:
        pen.turn((cols[layered.layer[link.source]].right, y[link.source]), 1)
    return pen
