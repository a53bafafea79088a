"""Pieces of HTML."""

from ngcsnn.io.report import html_text as html


def test_every_text_is_escaped() -> None:
    bad = '<i>&"'
    for made in (
        html.text("p", bad), html.table([bad], [[bad]]), html.settings_table({bad: {bad: bad}}),
        html.folded(bad, ""),
        html.key_figures({bad: bad}), html.picture(bad, bad, b"", b"", 1), html.page(bad, ""),
        html.section("k", bad, []),
    ):  # fmt: skip
        assert "<i>&" not in made and '&"' not in made and "&lt;i&gt;&amp;&quot;" in made
    assert html.element("a", "x", href=bad) == '<a href="&lt;i&gt;&amp;&quot;">x</a>'


def test_numbers_stand_to_the_right() -> None:
    made = html.table(["name", "n"], [["a", 1], ["b", None], ["c", 0.123456789]])
    assert '<th class="n">n</th>' in made and '<td class="n">0.123457</td>' in made and '<td class="n">–</td>' in made
    assert "<th>name</th>" in made


def test_values_as_readers_want_them() -> None:
    cases = (
        (True, "true"),
        ([1, 2], "[1, 2]"),
        ({"a": 0.5}, "{a: 0.5}"),
        ("x", "x"),
        (3, "3"),
        (None, "–"),
        (1e-9, "1e-09"),
    )
    assert [html.plain(value) for value, _ in cases] == [text for _, text in cases]


def test_settings_are_rows_by_path() -> None:
    made = html.settings_table({"train": {"compiler": {"eprop": {"steps": 5}}, "epochs": 2}, "wires": ["a >> b"]})
    assert (
        '<th scope="row">compiler.eprop.steps</th><td>5</td>' in made
        and '<th scope="row">epochs</th><td>2</td>' in made
    )
    assert '<tr class="group"><th colspan="2">train</th></tr>' in made and "<td>a &gt;&gt; b</td>" in made
