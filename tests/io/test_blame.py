"""Errors find their line."""

import pytest

from ngcsnn.graph import Document, YamlError
from ngcsnn.io.blame import located, quoted_path

TEXT = """\
a:
  b:
    eta: 5
    names: [one, "two words"]
  c: {eta: 6}
eta: 1
"""


@pytest.mark.parametrize(
    ("message", "path"),
    [
        ("`eta` must be > 0", ("a", "b", "eta")),
        ("unknown 'two words'; did you mean 'two'?", ("a", "b", "names", 1)),
        ('"c" is wrong', ("a", "c")),
        ("'b' has `eta`", ("a", "b", "eta")),
        ("eta without quotes", None),
    ],
)
def test_the_deepest_quoted_key(message: str, path: tuple | None) -> None:
    assert quoted_path(Document(TEXT, "f").data, ("a",), message) == path


def test_a_path_that_is_not_there() -> None:
    assert quoted_path({"a": 1}, ("b", "c"), "'c'") is None
    assert quoted_path({"a": 1}, ("a", "c"), "'c'") is None


def test_errors_become_errors_with_a_line() -> None:
    document = Document(TEXT, "f")
    for error, line in ((ValueError("`names` are bad"), 4), (TypeError("no names"), 2), (OSError("'c' lost"), 5)):
        with pytest.raises(YamlError, match=f"^f:{line}: {error}$") as caught, located(document, ("a", "b"), ("a",)):
            raise error
        assert caught.value.__cause__ is error


def test_what_has_a_line_keeps_it_and_bugs_pass() -> None:
    document = Document(TEXT, "f")
    with pytest.raises(YamlError, match="^f:9: x$"), located(document, ("a",)):
        raise YamlError("f:9: x")
    with pytest.raises(ZeroDivisionError), located(document, ("a",)):
        raise ZeroDivisionError("'b'")
