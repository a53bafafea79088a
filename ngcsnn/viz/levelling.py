"""Heights of the items of a layered drawing: wires as level as the order and the room of each layer allow."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ngcsnn.viz.layered_order import Item, Layered, Link, Slot

BOX_GAP, SLOT_GAP = 0.3, 0.14  # room between two boxes, and between a slot and what is next to it, in inches
SLOT_HEIGHT = 0.06


def level(
    layered: Layered,
    links: Sequence[Link],
    rows: Sequence[int],
    height: Mapping[str, float],
    port: Mapping[int, float],
    rounds: int = 30,
) -> dict[Item, float]:
    """The height of the middle of every item, growing downwards.

    Args:
        rows: the row that each layer stands in: wires pull only within their row.
        height: of each box. port: where a wire enters its box, measured from the box's middle.
    """
    pulls: dict[Item, list[_Pull]] = {}
    for link in links:
        chain = layered.chain(link)
        for a, b in pairwise(chain):
            if rows[layered.layer_of(a)] != rows[layered.layer_of(b)]:
                continue
            enters = 0.0 if isinstance(b, Slot) else port[link.wire]
            weight = 4.0 if isinstance(a, Slot) and isinstance(b, Slot) else 1.0
            pulls.setdefault(b, []).append(_Pull(a, -enters, weight, True))
            pulls.setdefault(a, []).append(_Pull(b, enters, weight, False))
        if link in layered.back:  # the ends of a way back stay close to the boxes that they turn round
            for slot, name in ((chain[-1], link.source), (chain[0], link.target)):
                below = height[name] / 2 + SLOT_GAP + SLOT_HEIGHT / 2
                pulls.setdefault(slot, []).append(_Pull(name, below, 0.05, True))
    rooms = [_room(row, height) for row in layered.rows]
    y: dict[Item, float] = {}
    for row, room in zip(layered.rows, rooms, strict=True):
        y.update(zip(row, _apart([0.0] * len(row), [1.0] * len(row), room), strict=True))
    for turn in range(rounds + 1):
        # The last round goes from left to right and all but ignores what comes after: wires of chains become level.
        later = 1.0 if turn < rounds else 1e-3
        for n in range(len(rooms)) if turn % 2 == 0 else reversed(range(len(rooms))):
            row, wanted, weights = layered.rows[n], [], []
            for item in row:
                felt = [(p.weight * (1.0 if p.earlier else later), y[p.item] + p.below) for p in pulls.get(item, ())]
                weights.append(sum(w for w, _ in felt) or 0.1)
                wanted.append(sum(w * place for w, place in felt) / weights[-1] if felt else y[item])
            y.update(zip(row, _apart(wanted, weights, rooms[n]), strict=True))
    _straighten(layered, links, rooms, y)
    return y


class _Pull(NamedTuple):
    """`item` wants the one that is pulled `below` it; `earlier`: it stands in the layer before, or in the same."""

    item: Item
    below: float
    weight: float
    earlier: bool


def _straighten(layered: Layered, links: Sequence[Link], rooms: Sequence[list[float]], y: dict[Item, float]) -> None:
    """Put neighbouring slots of a wire on one height as far as their layers have the room, close to the boxes there."""
    for link in [*links, *links]:  # twice, for those that another one was in the way of
        run: list[Item] = []
        low, high = -math.inf, math.inf
        for item in layered.chain(link):
            above, below = _freedom(item, layered, rooms, y)
            if not isinstance(item, Slot) or max(low, above) > min(high, below):
                _settle(run, low, high, y)
                run, low, high = [], -math.inf, math.inf
            if isinstance(item, Slot):
                run, low, high = [*run, item], max(low, above), min(high, below)
        _settle(run, low, high, y)


def _freedom(
    item: Item, layered: Layered, rooms: Sequence[list[float]], y: Mapping[Item, float]
) -> tuple[float, float]:
    """From where to where an item can move in its layer."""
    n = layered.layer_of(item)
    row, room = layered.rows[n], rooms[n]
    i = row.index(item)
    above = y[row[i - 1]] + room[i - 1] if i else -math.inf
    return above, y[row[i + 1]] - room[i] if i + 1 < len(row) else math.inf


def _settle(run: Sequence[Item], low: float, high: float, y: dict[Item, float]) -> None:
    """Outermost slots come in as far as they can; those with others on both sides stay about where they are."""
    if not run:
        return
    mean = sum(y[item] for item in run) / len(run)
    if math.isinf(low) != math.isinf(high):
        mean = high if math.isinf(low) else low
    y.update(dict.fromkeys(run, min(max(mean, low), high)))


def half_height(item: Item, height: Mapping[str, float]) -> float:
    return SLOT_HEIGHT / 2 if isinstance(item, Slot) else height[item] / 2


def _room(row: Sequence[Item], height: Mapping[str, float]) -> list[float]:
    """The least distance between the middles of neighbours."""
    half = [half_height(item, height) for item in row]
    gaps = [SLOT_GAP if isinstance(a, Slot) or isinstance(b, Slot) else BOX_GAP for a, b in pairwise(row)]
    return [half[i] + half[i + 1] + gap for i, gap in enumerate(gaps)]


def _apart(wanted: Sequence[float], weight: Sequence[float], room: Sequence[float]) -> list[float]:
    """The places nearest to those wanted (weighted squares) with at least `room` between neighbours.

    Shifted by the room, the places must only rise, so this is isotonic regression: pool adjacent violators.
    """
    shift = [sum(room[:i]) for i in range(len(wanted))]
    pools: list[list[float]] = []  # mean, weight, members
    for place, w, s in zip(wanted, weight, shift, strict=True):
        pools.append([place - s, w, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            b, a = pools.pop(), pools.pop()
            total = a[1] + b[1]
            pools.append([(a[0] * a[1] + b[0] * b[1]) / total, total, a[2] + b[2]])
    flat = [mean for mean, _, members in pools for _ in range(int(members))]
    return [place + s for place, s in zip(flat, shift, strict=True)]
