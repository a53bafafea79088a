"""A path of straight lines and bends, as the points and codes that matplotlib's `Path` takes."""

from __future__ import annotations

from collections.abc import Sequence

MOVE, LINE, BEND, CURVE = 1, 2, 3, 4  # matplotlib.path.Path.MOVETO, LINETO, CURVE3, CURVE4

Point = tuple[float, float]


class Pen:
    """Collects `points` and `codes`; `here` is where it stands."""

    def __init__(self, start: Point):
        self.points: list[Point] = [start]
        self.codes: list[int] = [MOVE]

    @property
    def here(self) -> Point:
        return self.points[-1]

    def line(self, to: Point) -> None:
        self._add(LINE, to)

    def swing(self, to: Point) -> None:
        """An S that leaves and arrives level."""
        x0, y0 = self.here
        middle = (x0 + to[0]) / 2
        self._add(CURVE, (middle, y0), (middle, to[1]), to)

    def turn(self, to: Point, side: int) -> None:
        """A U that leaves and arrives level, out to the right (side 1) or to the left (-1); wide ones go further."""
        x = self.here[0] + side * min(0.22 + 0.13 * abs(to[1] - self.here[1]), 0.46)
        self._add(CURVE, (x, self.here[1]), (x, to[1]), to)

    def round(self, corners: Sequence[Point], to: Point, radius: float = 0.1) -> None:
        """Straight lines by way of `corners`, which are rounded off."""
        for corner, following in zip(corners, [*corners[1:], to], strict=True):
            self.line(_towards(corner, self.here, radius))
            self._add(BEND, corner, _towards(corner, following, radius))
        self.line(to)

    def _add(self, code: int, *points: Point) -> None:
        self.points.extend(points)
        self.codes.extend([code] * len(points))


def _towards(start: Point, goal: Point, distance: float) -> Point:
    """`distance` from `start` to `goal`, at most half of the way."""
    dx, dy = goal[0] - start[0], goal[1] - start[1]
    length = (dx * dx + dy * dy) ** 0.5
    part = min(distance / length, 0.5) if length else 0.0
    return start[0] + part * dx, start[1] + part * dy
