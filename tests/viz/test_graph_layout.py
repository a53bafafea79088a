"""Random networks laid out: nothing lies on anything else, whatever the graph."""

import random
from itertools import combinations, pairwise

import numpy as np
import pytest

from ngcsnn.viz.graph_layout import LINE, Placed, Sizes, place
from ngcsnn.viz.layered_order import Link
from ngcsnn.viz.pen import LINE as STRAIGHT, MOVE, Pen

HEAD = 0.13
Rectangle = tuple[float, float, float, float]


def random_sizes(seed: int) -> Sizes:
    """Up to 30 boxes with cycles, self loops, sums, boxes without wires, labels of up to four lines."""
    r = random.Random(seed)
    names = [f"n{i}" for i in range(r.randint(1, 30))]
    labels, links = [], []
    for wire in range(r.randint(0, len(names) + len(names) // 2)):
        target = r.choice(names)
        labels.append((r.uniform(0.4, 1.5), r.randint(1, 4)))
        links += [Link(s, target, wire) for s in r.sample(names, min(len(names), r.choice([1, 1, 1, 2, 3])))]
    boxes = {name: (r.uniform(0.8, 1.6), 0.64) for name in names}
    return Sizes(boxes, {name: r.randint(0, 3) for name in names}, labels, links)


def points_on(pen: Pen) -> np.ndarray:
    """The path of a pen as many points."""
    parts, i = [np.array(pen.points[:1])], 1
    while i < len(pen.points):
        n = {STRAIGHT: 1}.get(pen.codes[i], pen.codes[i] - 1)
        corners = np.array(pen.points[i - 1 : i + n])
        for u in np.linspace(0, 1, 16)[1:, None]:
            q = corners
            while len(q) > 1:  # de Casteljau
                q = (1 - u) * q[:-1] + u * q[1:]
            parts.append(q)
        i += n
    assert pen.codes[0] == MOVE
    return np.concatenate(parts)


def overlap(a: Rectangle, b: Rectangle) -> bool:
    return all(a[k] < b[k] + b[k + 2] - 1e-9 and b[k] < a[k] + a[k + 2] - 1e-9 for k in (0, 1))


def enters(points: np.ndarray, box: Rectangle, edge: float) -> bool:
    low, high = np.array(box[:2]) + edge, np.array(box[:2]) + np.array(box[2:]) - edge
    return bool(((points > low) & (points < high)).all(axis=1).any())


def labels_of(sizes: Sizes, placed: Placed) -> dict[int, Rectangle]:
    wires = sorted({link.wire for link in sizes.links})
    out = {}
    for i, (_, end, y) in zip(wires, placed.arrows, strict=True):
        width, lines = sizes.labels[i]
        out[i] = (end - width, y - 0.02 - lines * LINE, width - HEAD, lines * LINE)
    return out


@pytest.mark.parametrize("seed", range(25))
def test_nothing_overlaps(seed: int) -> None:
    sizes = random_sizes(seed)
    placed = place(sizes, max_width=[6.0, 14.0, 80.0][seed % 3])
    boxes: dict[str, Rectangle] = dict(placed.boxes)
    labels = labels_of(sizes, placed)
    assert set(boxes) == set(sizes.boxes) and len(placed.ways) == len(sizes.links)
    rectangles = [*boxes.values(), *labels.values()]
    assert not any(overlap(a, b) for a, b in combinations(rectangles, 2))
    for x, y, width, height in boxes.values():
        assert x >= 0 and y >= 0 and x + width <= placed.width and y + height <= placed.height
    for link, (pen, _) in zip(sizes.links, placed.ways, strict=True):
        points = points_on(pen)
        assert (points >= 0).all() and (points <= [placed.width, placed.height]).all()
        assert not any(enters(points, box, 1e-6) for box in boxes.values())
        assert not any(enters(points, label, 0.02) for wire, label in labels.items() if wire != link.wire)


@pytest.mark.parametrize("seed", range(6))
def test_ways_join_their_boxes(seed: int) -> None:
    sizes = random_sizes(seed)
    placed = place(sizes, max_width=12.0)
    wires = sorted({link.wire for link in sizes.links})
    for link, (pen, back) in zip(sizes.links, placed.ways, strict=True):
        source, target = placed.boxes[link.source], placed.boxes[link.target]
        arrow = placed.arrows[wires.index(link.wire)]
        ends = [pen.points[0], pen.points[-1]]
        out, into = reversed(ends) if back else ends
        assert out == pytest.approx((source.x + source.width, source.y + source.height / 2))
        assert into == pytest.approx((arrow[0], arrow[2]))
        assert arrow[1] == target.x and target.y < arrow[2] < target.y + target.height


def test_wide_networks_are_broken_into_rows() -> None:
    names = [f"n{i}" for i in range(12)]
    links = [Link(a, b, i) for i, (a, b) in enumerate(pairwise(names))]
    sizes = Sizes({n: (1.0, 0.6) for n in names}, dict.fromkeys(names, 0), [(0.6, 1)] * 11, links)
    one, three = place(sizes, max_width=100.0), place(sizes, max_width=9.0)
    assert len({round(box.y, 6) for box in one.boxes.values()}) == 1
    assert len({round(box.y, 6) for box in three.boxes.values()}) == 3
    assert three.width < 9.5 < one.width and three.height > one.height


def test_a_network_without_wires() -> None:
    placed = place(Sizes({"a": (1.0, 0.6), "b": (1.0, 0.6)}, {"a": 0, "b": 1}, [], []), 10.0)
    assert placed.arrows == [] and placed.ways == []
    assert placed.width == pytest.approx(1.24) and placed.height == pytest.approx(1.2 + 0.3 + 0.24)
