"""Layers and their order for a left-to-right drawing of a graph with cycles.

The wires that close cycles are set aside, the rest puts every box one layer after the last of its sources (longest
path), and sweeps by barycentre order each layer so that few wires cross. A wire that spans layers has a slot in each,
so it never runs through a box. After Sugiyama, Tagawa and Toda 1981, IEEE Trans. SMC 11:109-125.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np


class Link(NamedTuple):
    """One source of one wire; `wire` tells wires between the same boxes apart."""

    source: str
    target: str
    wire: int


class Slot(NamedTuple):
    """The place that a link takes in a layer in which it has no box."""

    link: Link
    layer: int


Item = str | Slot
Rows = list[list[Item]]


class Layered(NamedTuple):
    """rows: the items of each layer, top to bottom. layer: of each box. back: the links that run right to left."""

    rows: Rows
    layer: dict[str, int]
    back: frozenset[Link]

    def chain(self, link: Link) -> list[Item]:
        """The items that a link passes, left to right: its two boxes only where it runs forwards."""
        first, last = self.layer[link.source], self.layer[link.target]
        if link in self.back:
            return [Slot(link, layer) for layer in range(last, first + 1)]
        return [link.source, *(Slot(link, layer) for layer in range(first + 1, last)), link.target]

    def layer_of(self, item: Item) -> int:
        return item.layer if isinstance(item, Slot) else self.layer[item]


def arrange(rank: Mapping[str, int], links: Sequence[Link], sweeps: int = 12) -> Layered:
    """Layers and order of the boxes that `rank` names, in their order of making.

    rank: where a cycle may be entered at several boxes, that of the lowest rank comes first.
    """
    back = back_links(rank, links)
    layer = longest_path_layers(rank, [link for link in links if link not in back])
    # A link of a broken cycle may run forwards all the same; inside one layer it cannot.
    layered = Layered([], layer, frozenset(k for k in back if layer[k.source] >= layer[k.target]))
    rows: Rows = [[] for _ in range(max(layer.values()) + 1)]
    for name, n in layer.items():
        rows[n].append(name)
    for link in links:
        for item in layered.chain(link):
            if isinstance(item, Slot):
                rows[item.layer].append(item)
    return layered._replace(rows=_ordered(layered, rows, links, sweeps))


def back_links(rank: Mapping[str, int], links: Sequence[Link]) -> frozenset[Link]:
    """The links to set aside so that no cycle is left: in each cycle those that lead back to where it is entered."""
    names = list(rank)
    place = {name: i for i, name in enumerate(names)}
    found = {link for link in links if link.source == link.target}

    def split(part: list[str]) -> None:
        inside = set(part)
        here = [k for k in links if k.source in inside and k.target in inside and k not in found]
        reach = np.zeros((len(part), len(part)), bool)
        for link in here:
            reach[part.index(link.source), part.index(link.target)] = True
        for k in range(len(part)):
            reach |= reach[:, k, None] & reach[None, k, :]
        seen: set[str] = set()
        for i, name in enumerate(part):
            cycle = [part[j] for j in np.flatnonzero(reach[i] & reach[:, i])]
            if name in seen or len(cycle) < 2:
                continue
            seen.update(cycle)
            members = set(cycle)
            entered = {k.target for k in links if k.target in members and k.source not in members and k not in found}
            entry = min(entered or cycle, key=lambda n: (rank[n], place[n]))
            found.update(k for k in here if k.target == entry and k.source in members)
            split(cycle)

    split(names)
    return frozenset(found)


def longest_path_layers(rank: Mapping[str, int], links: Sequence[Link]) -> dict[str, int]:
    """Each box one layer after the last of its sources; a box that nothing drives right before its first target.

    Boxes of rank 0 stay at the left. `links` must be free of cycles.
    """
    layer = dict.fromkeys(rank, 0)
    for _ in layer:
        for link in links:
            layer[link.target] = max(layer[link.target], layer[link.source] + 1)
    driven = {link.target for link in links}
    for name in layer:
        targets = [layer[link.target] for link in links if link.source == name]
        if rank[name] > 0 and name not in driven and targets:
            layer[name] = min(targets) - 1
    return layer


def _ordered(layered: Layered, rows: Rows, links: Sequence[Link], sweeps: int) -> Rows:
    """The rows after sweeps that sort each layer by the mean place of its neighbours; the best order seen wins."""
    segments = [pair for k in links for pair in pairwise(layered.chain(k))]
    before: dict[Item, list[Item]] = {}
    after: dict[Item, list[Item]] = {}
    for a, b in segments:
        after.setdefault(a, []).append(b)
        before.setdefault(b, []).append(a)
    home = _homes(layered, links)
    looped = set(home.values())  # boxes at which a way back ends come last among equals: their slot is below them
    best, least = rows, _badness(rows, segments, home)
    for sweep in range(sweeps):
        forward = sweep % 2 == 0
        rows = [list(row) for row in rows]
        for row in rows if forward else reversed(rows):
            place = {item: float(i) for r in rows for i, item in enumerate(r)}
            neighbours = before if forward else after
            key = {
                item: float(np.mean([place[n] for n in neighbours[item]])) if item in neighbours else place[item]
                for item in row
            }
            for item in row:
                if item in home:
                    key[item] = key[home[item]]
            row.sort(key=lambda item: (key[item], home.get(item, item) in looped, _family(item, home, place)))
        if (bad := _badness(rows, segments, home)) < least:
            best, least = rows, bad
    return best


def _homes(layered: Layered, links: Sequence[Link]) -> dict[Item, str]:
    """The box that the first and the last slot of a way back turn round."""
    home: dict[Item, str] = {}
    for link in links:
        if link in layered.back:
            home[Slot(link, layered.layer[link.source])] = link.source
            home[Slot(link, layered.layer[link.target])] = link.target
    return home


def _family(item: Item, home: Mapping[Item, str], place: Mapping[Item, float]) -> tuple[float, bool, float]:
    """Sorts a slot right after the box that it belongs to."""
    return place[home.get(item, item)], item in home, place[item]


def _badness(rows: Rows, segments: Sequence[tuple[Item, Item]], home: Mapping[Item, str]) -> int:
    """Crossings between neighbouring layers, and boxes between a slot and the box that it turns round."""
    place = {item: i for row in rows for i, item in enumerate(row)}
    layer = {item: n for n, row in enumerate(rows) for item in row}
    bad = sum(abs(place[slot] - place[box]) - 1 for slot, box in home.items())
    for n in range(len(rows) - 1):
        ends = np.array([(place[a], place[b]) for a, b in segments if layer[a] == n]).reshape(-1, 2)
        gap = ends[:, None] - ends[None]
        bad += int(np.sum(gap[..., 0] * gap[..., 1] < 0)) // 2
    return bad
