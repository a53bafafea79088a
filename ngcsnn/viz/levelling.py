"""Heights of the items of a layered drawing: wires as level as the order and the room of each layer allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ngcsnn.viz.layered_order import Item, Layered, Link, Slot

BOX_GAP, SLOT_GAP = 0.3, 0.14  # room between two boxes, and between a slot and what is next to it, in inches
SLOT_HEIGHT = 0.06


def level(
    layered: Layered,
    links: Sequence[Link],
    height: Mapping[str, float],
    port: Mapping[int, float],
    rounds: int = 30,
) -> dict[Item, float]:
    """The height of the middle of every item, growing downwards.

    Args:
        height: of each box. port: where a wire enters its box, measured from the box's middle.
    """
    pulls: dict[Item, list[tuple[Item, float, float]]] = {}  # (neighbour, how far below it this item wants to be, weight)
    for link in links:
        chain = layered.chain(link)
        for a, b in zip(chain, chain[1:], strict=False):
            enters = 0.0 if isinstance(b, Slot) else port[link.wire]
            weight = 4.0 if isinstance(a, Slot) and isinstance(b, Slot) else 1.0
            pulls.setdefault(b, []).append((a, -enters, weight))
            pulls.setdefault(a, []).append((b, enters, weight))
        if link in layered.back:  # the ends of a way back stay close to the boxes that they turn round
            for slot, name in ((chain[-1], link.source), (chain[0], link.target)):
                below = height[name] / 2 + SLOT_GAP + SLOT_HEIGHT / 2
                pulls.setdefault(slot, []).append((name, below, 1.0))
    y: dict[Item, float] = {}
    rooms = [_room(row, height) for row in layered.rows]
    for row, room in zip(layered.rows, rooms, strict=True):
        y.update(zip(row, _apart([0.0] * len(row), [1.0] * len(row), room), strict=True))
    for turn in range(rounds):
        order = range(len(rooms)) if turn % 2 == 0 else range(len(rooms) - 1, -1, -1)
        for n in order:
            row = layered.rows[n]
            weights = [sum(w for _, _, w in pulls.get(item, ())) for item in row]
            wanted = [
                sum(w * (y[other] + below) for other, below, w in pulls[item]) / weight if weight else y[item]
                for item, weight in zip(row, weights, strict=True)
            ]
            y.update(zip(row, _apart(wanted, [w or 0.1 for w in weights], rooms[n]), strict=True))
    return y


def half_height(item: Item, height: Mapping[str, float]) -> float:
    return SLOT_HEIGHT / 2 if isinstance(item, Slot) else height[item] / 2


def _room(row: Sequence[Item], height: Mapping[str, float]) -> list[float]:
    """The least distance between the middles of neighbours."""
    half = [half_height(item, height) for item in row]
    gaps = [
        SLOT_GAP if isinstance(a, Slot) or isinstance(b, Slot) else BOX_GAP for a, b in zip(row, row[1:], strict=False)
    ]
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
