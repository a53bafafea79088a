"""Heights of the items of a drawing."""

import pytest

from ngcsnn.viz.layered_order import Link, Slot, arrange
from ngcsnn.viz.levelling import BOX_GAP, SLOT_GAP, level


def test_a_chain_is_level_and_a_port_shifts_it() -> None:
    links = [Link("a", "b", 0), Link("b", "c", 1)]
    layered = arrange({"a": 0, "b": 1, "c": 1}, links)
    y = level(layered, links, [0, 0, 0], dict.fromkeys("abc", 0.6), {0: 0.0, 1: 0.2})
    assert y["a"] == pytest.approx(y["b"], abs=1e-3)
    assert y["b"] == pytest.approx(y["c"] + 0.2, abs=1e-3)


def test_neighbours_keep_their_distance_and_a_fork_is_symmetric() -> None:
    links = [Link("a", name, i) for i, name in enumerate("bcd")]
    layered = arrange({"a": 0, "b": 1, "c": 1, "d": 1}, links)
    y = level(layered, links, [0, 0], {"a": 0.6, "b": 0.6, "c": 1.0, "d": 0.6}, dict.fromkeys(range(3), 0.0))
    top, middle, bottom = (y[item] for item in layered.rows[1])
    heights = [{"c": 1.0}.get(str(item), 0.6) for item in layered.rows[1]]
    assert middle - top >= (heights[0] + heights[1]) / 2 + BOX_GAP - 1e-9
    assert bottom - middle >= (heights[1] + heights[2]) / 2 + BOX_GAP - 1e-9
    assert y["a"] == pytest.approx((top + middle + bottom) / 3, abs=0.05)


def test_slots_of_a_wire_are_on_one_height_next_to_the_boxes() -> None:
    links = [Link("a", "b", 0), Link("b", "c", 1), Link("c", "d", 2), Link("a", "d", 3)]
    layered = arrange(dict.fromkeys("abcd", 0), links)
    heights = {"a": 0.6, "b": 0.6, "c": 1.2, "d": 0.6}
    y = level(layered, links, [0] * 4, heights, dict.fromkeys(range(4), 0.0))
    first, second = y[Slot(links[3], 1)], y[Slot(links[3], 2)]
    assert first == second
    assert abs(second - y["c"]) == pytest.approx(0.6 + 0.03 + SLOT_GAP)  # as close as the higher box lets it


def test_wires_between_rows_do_not_pull() -> None:
    links = [Link("a", "b", 0), Link("c", "b", 1)]
    layered = arrange({"a": 0, "c": 0, "b": 1}, links)
    heights = dict.fromkeys("abc", 0.6)
    together = level(layered, links, [0, 0], heights, {0: -0.2, 1: 0.2})
    apart = level(layered, links, [0, 1], heights, {0: -0.2, 1: 0.2})
    assert together["b"] == pytest.approx((together["a"] + together["c"]) / 2, abs=1e-3)
    assert apart["b"] == 0.0
