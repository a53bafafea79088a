"""What `key=...` of a sweep means."""

import pytest

from ngcsnn.io.sweep.settings import SweepError, as_overrides, drawn_settings, grid, in_words, read_axes

VALUES = {
    "list": ("k=1,2.5,abc", [1, 2.5, "abc"]),
    "brackets": ("k=[5, 20],[5, 30]", [[5, 20], [5, 30]]),
    "mappings": ("k={a: 1, b: 2},{a: 3}", [{"a": 1, "b": 2}, {"a": 3}]),
    "quotes": ("k='a,b',c", ["a,b", "c"]),
    "scientific": ("k=1e-3,1e-2", [0.001, 0.01]),
    "equal-steps": ("k=0:1.0:5", [0.0, 0.25, 0.5, 0.75, 1.0]),
    "equal-ratios": ("k=0.001:0.1:log:3", [0.001, 0.01, 0.1]),
    "whole": ("k=1:10:4", [1, 4, 7, 10]),
    "whole-ratios": ("k=1:100:log:3", [1, 10, 100]),
}


@pytest.mark.parametrize("name", VALUES)
def test_values(name: str) -> None:
    text, expected = VALUES[name]
    (axis,), fixed = read_axes([text])
    assert [s["k"] for s in grid([axis])] == expected and fixed == []
    assert list(map(type, (s["k"] for s in grid([axis])))) == list(map(type, expected))


def test_grids_and_what_is_fixed() -> None:
    axes, fixed = read_axes(["a=1,2", "epochs=5", "b,c=x,y", "d,e=[1, 2]"])
    assert fixed == ["epochs=5", "d=[1, 2]", "e=[1, 2]"]
    settings = grid(axes)
    assert settings == [{"a": a, "b,c": b} for a in (1, 2) for b in ("x", "y")]
    assert as_overrides(settings[1]) == ["a=1", "b=y", "c=y"] and in_words(settings[1]) == "a=1 b=y"
    assert as_overrides({"k": {"a": [1, None]}}) == ["k={a: [1, null]}"]
    assert grid([]) == [{}]


def test_drawn_settings() -> None:
    axes, _ = read_axes(["eta=0.001:0.1:log", "n=10:20", "kind=a,b", "x=0.5:1.5"])
    settings = drawn_settings(axes, 40, seed=1)
    assert drawn_settings(axes, 10, seed=1) == settings[:10] != drawn_settings(axes, 10, seed=2)
    assert all(0.001 <= s["eta"] <= 0.1 and 10 <= s["n"] <= 20 and s["kind"] in "ab" for s in settings)
    assert {type(s["n"]) for s in settings} == {int} and {type(s["x"]) for s in settings} == {float}
    below = sum(s["eta"] < 0.01 for s in settings)
    assert 10 < below < 30  # half of them, as the logarithm is uniform
    few, _ = read_axes(["kind=a,b"])
    assert {s["kind"] for s in drawn_settings(few, 2, seed=0)} == {"a", "b"}
    with pytest.raises(SweepError, match="only 2 different settings"):
        drawn_settings(few, 3, seed=0)


def test_mistakes() -> None:
    for text, message in (
        ("k=2:1:3", "from low to high"), ("k=0:1:log:3", "begins above 0"), ("k=1:2:1", "at least 2"),
        ("k=1,,2", "empty value"), ("a,=1,2", "empty key"), ("k=[1,{2", "cannot read|at least"),
    )[:5]:  # fmt: skip
        with pytest.raises(SweepError, match=message):
            read_axes([text])
    with pytest.raises(SweepError, match="'k' is given a second time"):
        read_axes(["k=1,2", "k=3,4"])
    with pytest.raises(SweepError, match="cannot read"):
        read_axes(["k=a: b: c,2"])
    with pytest.raises(SweepError, match="at least one setting"):
        drawn_settings([], 0, seed=0)
