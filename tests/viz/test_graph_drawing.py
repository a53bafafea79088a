"""Networks drawn from their graph."""

from typing import Any

import pytest

import ngcsnn as ng
from ngcsnn.viz import draw
from ngcsnn.viz.style import PINK, STAGES, new_figure

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


def by_kind(ax: Any, kind: str) -> dict[str, Any]:
    """The artists of a kind (component, wire, way, label) by their name."""
    found = [artist for artist in ax.get_children() if (artist.get_gid() or "").startswith(f"{kind}:")]
    return {artist.get_gid().partition(":")[2]: artist for artist in found}


def test_boxes_arrows_and_texts(feed_forward: ng.Context, check_picture: Any) -> None:
    ax = draw(feed_forward)
    assert list(by_kind(ax, "component")) == ["input", "hidden", "output", "in_hid", "hid_out"]
    assert sorted(by_kind(ax, "wire")) == ["hid_out.inputs", "hidden.syn", "in_hid.inputs", "output.syn"]
    assert sorted(by_kind(ax, "way")) == sorted(
        ["input:in_hid.inputs", "in_hid:hidden.syn", "hidden:hid_out.inputs", "hid_out:output.syn"]
    )
    texts = [text.get_text() for text in ax.texts]
    assert len(texts) == 1 + 3 * 5 + 4
    assert {"yin_yang", "hidden", "LIFCell", "20 units", "1 unit", "5 × 20", "s → inputs", "outputs → syn"} <= set(
        texts
    )
    check_picture(ax)


def test_signals_run_from_left_to_right(feed_forward: ng.Context) -> None:
    boxes = by_kind(draw(feed_forward), "component")
    left = [boxes[name].get_bbox().x0 for name in ("input", "in_hid", "hidden", "hid_out", "output")]
    assert left == sorted(left) and len(set(left)) == 5


def test_stages_have_their_colours(feed_forward: ng.Context) -> None:
    from matplotlib.colors import to_hex

    boxes = by_kind(draw(feed_forward), "component")
    for name, stage in (("input", "source"), ("in_hid", "synapse"), ("hidden", "cell")):
        assert to_hex(boxes[name].get_facecolor()) == STAGES[stage].fill
        assert to_hex(boxes[name].get_edgecolor()) == STAGES[stage].edge


def test_recurrent_wires_run_back_below(recurrent: ng.Context, check_picture: Any) -> None:
    from matplotlib.colors import to_hex

    ax = draw(recurrent)
    ways = by_kind(ax, "way")
    pink = [name for name, way in ways.items() if to_hex(way.get_edgecolor()) == PINK]
    assert sorted(pink) == ["hidden:hidden.j", "rec:hidden.syn"]
    bottom = max(box.get_bbox().y1 for box in by_kind(ax, "component").values())
    assert ways["rec:hidden.syn"].get_path().vertices[:, 1].max() > bottom  # y grows downwards
    labels = [label.get_text().replace("\n", " ") for label in by_kind(ax, "label").values()]
    assert "w.outputs + 0.5 * rec.outputs → syn" in labels  # an expression: one arrow, one label, two ways
    assert sorted(name for name in ways if name.endswith("hidden.syn")) == ["rec:hidden.syn", "w:hidden.syn"]
    check_picture(ax)


def test_thirty_components_with_skips(deep: ng.Context, check_picture: Any) -> None:
    ax = draw(deep)
    assert len(by_kind(ax, "component")) == len(deep.components) == 30
    assert len(by_kind(ax, "way")) == sum(len(t.source.sources()) for c in deep.components.values() for t in c.wired())  # type: ignore[union-attr]
    width = ax.figure.get_size_inches()[0]  # type: ignore[union-attr]
    assert width < 16
    check_picture(ax)


def test_max_width_breaks_the_drawing(deep: ng.Context) -> None:
    def size(**options: float) -> Any:
        return draw(deep, **options).figure.get_size_inches()  # type: ignore[union-attr]

    narrow, wide = size(max_width=8.0), size(max_width=100.0)
    assert narrow[0] < 10 < 30 < wide[0] and narrow[1] > wide[1]


def test_given_axes_are_used_and_text_shrinks_with_them(feed_forward: ng.Context, check_picture: Any) -> None:
    figure = new_figure(9.0, 5.0)
    left, right = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2)
    assert draw(feed_forward, ax=left) is left
    sizes = {text.get_text(): text.get_fontsize() for text in left.texts}
    alone = {text.get_text(): text.get_fontsize() for text in draw(feed_forward).texts}
    assert 0.2 < sizes["LIFCell"] / alone["LIFCell"] < 0.6
    assert not right.get_children()[0].get_gid() and not right.texts
    check_picture(left)


def test_long_expressions_are_wrapped_and_cut(check_picture: Any) -> None:
    from ngcsnn.components import LIFCell

    with ng.Context("net") as net:
        cells = [LIFCell(f"population_number_{i}", n_units=2) for i in range(9)]
        total = cells[0].s
        for cell in cells[1:]:
            total = total + cell.s
        total >> cells[0].j
    ax = draw(net)
    label = by_kind(ax, "label")["population_number_0.j"].get_text()
    assert label.count("\n") <= 3 and "…" in label and label.endswith("→ j")
    assert max(map(len, label.split("\n"))) <= 48
    check_picture(ax)


def test_names_are_not_read_as_mathematics(check_picture: Any) -> None:
    from ngcsnn.components import LIFCell

    with ng.Context("net_1_2") as net:
        LIFCell("a_1_b", n_units=2)
    assert not any(text.get_parse_math() for text in draw(net).texts)


def test_errors(feed_forward: ng.Context) -> None:
    with pytest.raises(ValueError, match="context 'empty' has no components"):
        draw(ng.Context("empty"))
    with pytest.raises(TypeError, match="`ax` must be matplotlib axes"):
        draw(feed_forward, ax="left")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="`max_width` must be a finite number > 0 inches, got 0"):
        draw(feed_forward, max_width=0)
