"""Layers, cycles and order of drawings."""

from ngcsnn.viz.layered_order import Link, Slot, arrange, back_links, longest_path_layers


def links(*pairs: str) -> list[Link]:
    """Of "ab" from a to b."""
    return [Link(pair[0], pair[1], i) for i, pair in enumerate(pairs)]


def ranks(names: str, **special: int) -> dict[str, int]:
    return {name: special.get(name, 1) for name in names}


def test_longest_path() -> None:
    layer = longest_path_layers(ranks("abcd", a=0), links("ab", "bc", "ac", "cd", "ad"))
    assert layer == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_undriven_boxes_stand_before_their_target_and_sources_at_the_left() -> None:
    pairs = links("ab", "bc", "cd", "xd", "yd")
    assert longest_path_layers(ranks("abcdxy", a=0, y=0), pairs) == {"a": 0, "b": 1, "c": 2, "d": 3, "x": 2, "y": 0}


def test_cycles_are_broken_where_they_are_entered() -> None:
    pairs = links("ih", "hr", "rh", "ho")
    assert back_links(ranks("ihor", i=0), pairs) == {pairs[2]}
    assert back_links(ranks("rhoi", i=0), pairs) == {pairs[2]}  # whatever was made first
    loop = links("aa", "ab")
    assert back_links(ranks("ab"), loop) == {loop[0]}


def test_of_several_entries_the_lowest_rank_then_the_first_made_counts() -> None:
    pairs = links("ip", "iq", "pu", "uq", "qv", "vp")  # p and q drive each other through u and v
    assert back_links(ranks("ipquv", i=0, u=2, v=2), pairs) == {pairs[5]}
    assert back_links(ranks("iqpuv", i=0, u=2, v=2), pairs) == {pairs[3]}
    assert back_links(ranks("ipquv", i=0, p=2, u=2, v=2), pairs) == {pairs[3]}


def test_cycles_within_cycles() -> None:
    pairs = links("ia", "ab", "bc", "cb", "ca")
    assert back_links(ranks("iabc", i=0), pairs) == {pairs[3], pairs[4]}
    assert back_links(ranks("abc"), links("ab", "bc")) == frozenset()


def test_long_links_have_a_slot_in_every_layer() -> None:
    pairs = links("ab", "bc", "cd", "ad")
    layered = arrange(ranks("abcd", a=0), pairs)
    assert layered.chain(pairs[3]) == ["a", Slot(pairs[3], 1), Slot(pairs[3], 2), "d"]
    assert [sorted(map(str, row)) for row in layered.rows] == [
        ["a"],
        sorted(["b", str(Slot(pairs[3], 1))]),
        sorted(["c", str(Slot(pairs[3], 2))]),
        ["d"],
    ]


def test_ways_back_run_below_the_boxes_they_join() -> None:
    pairs = links("ih", "hr", "rh", "ho")
    layered = arrange(ranks("ihro", i=0), pairs)
    assert layered.back == {pairs[2]}
    assert layered.chain(pairs[2]) == [Slot(pairs[2], 1), Slot(pairs[2], 2)]
    assert layered.rows == [["i"], ["h", Slot(pairs[2], 1)], ["o", "r", Slot(pairs[2], 2)]]


def test_order_takes_crossings_out() -> None:
    pairs = links("ax", "ay", "bz", "bw", "wA", "zB", "yC", "xD")
    rows = arrange(ranks("abwxyzABCD", a=0, b=0), pairs).rows
    place = {item: i for row in rows for i, item in enumerate(row)}
    crossings = sum(
        (place[p.source] - place[q.source]) * (place[p.target] - place[q.target]) < 0
        for part in (pairs[:4], pairs[4:])
        for i, p in enumerate(part)
        for q in part[:i]
    )
    assert crossings == 0


def test_boxes_without_wires() -> None:
    assert arrange(ranks("ab"), []).rows == [["a", "b"]]
