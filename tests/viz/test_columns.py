"""Columns, and the rows that they are broken into."""

from ngcsnn.viz.columns import BEND, TURN, break_rows, columns, rows_of
from ngcsnn.viz.layered_order import Item, Link, arrange

CHAIN = [Link("a", "b", 0), Link("b", "c", 1)]


def test_breaks() -> None:
    assert break_rows([1.0] * 4, [1] * 4, 4.0) == [0, 0, 0, 0]
    assert break_rows([1.0] * 6, [1] * 6, 4.0) == [0, 0, 0, 1, 1, 1]  # balanced, not 4 and 2
    assert break_rows([1.0] * 6, [1, 1, 2, 5, 1, 1], 4.0) == [0, 0, 0, 0, 1, 1]  # not where many wires pass
    assert break_rows([9.0, 1.0, 9.0], [1] * 3, 4.0) == [0, 1, 2]  # too wide a column is a row of its own


def test_labels_and_bends_have_their_strips() -> None:
    layered = arrange({"a": 0, "b": 1, "c": 1}, CHAIN)
    y: dict[Item, float] = dict.fromkeys("abc", 0.0)
    a, b, c = columns(layered, CHAIN, [0, 0, 0], y, {"a": 1.0, "b": 1.5, "c": 1.0}, [0.7, 0.9], start=0.2)
    assert BEND == 0.3
    assert (a.entry, a.left, a.right) == (0.2, 0.2, 1.2)
    assert (round(b.entry, 9), round(b.left, 9), round(b.right, 9)) == (1.5, 2.2, 3.7)
    assert round(c.left - b.right, 9) == round(BEND + 0.9, 9)


def test_steep_wires_get_more_room_and_rows_start_at_the_left() -> None:
    layered = arrange({"a": 0, "b": 1, "c": 1}, CHAIN)
    y: dict[Item, float] = {"a": 0.0, "b": 2.0, "c": 0.0}
    wide = dict.fromkeys("abc", 1.0)
    a, b, c = columns(layered, CHAIN, [0, 0, 1], y, wide, [0.0, 0.0], start=0.2)
    assert b.left - a.right > BEND + 0.2
    assert (c.row, round(c.left, 9)) == (1, round(0.2 + BEND, 9))


def test_turns_have_room_on_both_sides() -> None:
    links = [Link("a", "b", 0), Link("b", "b", 1), Link("b", "c", 2)]
    layered = arrange({"a": 0, "b": 1, "c": 1}, links)
    y = {item: 0.0 for row in layered.rows for item in row}
    a, b, c = columns(layered, links, [0, 0, 0], y, dict.fromkeys("abc", 1.0), [0.5] * 3, start=0.0)
    assert b.entry - a.right > TURN - 1e-9 and c.entry - b.right > TURN - 1e-9
    assert (b.spare, c.spare) == (TURN, 0.0)


def test_rows_follow_the_width() -> None:
    layered = arrange({"a": 0, "b": 1, "c": 1}, CHAIN)
    wide = dict.fromkeys("abc", 1.0)
    assert rows_of(layered, CHAIN, wide, [0.5, 0.5], max_width=20.0) == [0, 0, 0]
    assert rows_of(layered, CHAIN, wide, [0.5, 0.5], max_width=1.0) == [0, 1, 2]
