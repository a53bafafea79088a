"""Paths of straight lines and bends."""

from ngcsnn.viz.pen import BEND, CURVE, LINE, MOVE, Pen


def test_codes_are_those_of_matplotlib() -> None:
    import pytest

    path = pytest.importorskip("matplotlib.path").Path
    assert (MOVE, LINE, BEND, CURVE) == (path.MOVETO, path.LINETO, path.CURVE3, path.CURVE4)


def test_swing_leaves_and_arrives_level() -> None:
    pen = Pen((0.0, 0.0))
    pen.swing((2.0, 1.0))
    assert pen.points == [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (2.0, 1.0)]
    assert pen.codes == [MOVE, CURVE, CURVE, CURVE]


def test_turns_go_to_their_side_and_wide_ones_further() -> None:
    def reach(height: float, side: int) -> float:
        pen = Pen((0.0, 0.0))
        pen.turn((0.0, height), side)
        assert pen.points[1][1] == 0.0 and pen.points[2][1] == height
        return pen.points[1][0]

    assert 0 < reach(0.5, 1) < reach(1.0, 1) <= 0.46
    assert reach(1.0, -1) == -reach(1.0, 1) == -reach(-1.0, 1)


def test_round_passes_by_the_corners() -> None:
    pen = Pen((0.0, 0.0))
    pen.round([(1.0, 0.0), (1.0, 0.1)], (3.0, 0.1), radius=0.2)
    assert pen.codes == [MOVE, LINE, BEND, BEND, LINE, BEND, BEND, LINE]
    corners = [p for p, code, before in zip(pen.points[1:], pen.codes[1:], pen.codes, strict=False)
               if code == BEND and before != BEND]  # fmt: skip
    assert corners == [(1.0, 0.0), (1.0, 0.1)]
    assert pen.points[1] == (0.8, 0.0)
    assert pen.points[3] == (1.0, 0.05)  # no further than half of the short piece
    assert pen.here == (3.0, 0.1)
