"""`--samples`."""

import pytest

from ngcsnn.cli.sample_range import sample_range
from ngcsnn.graph import GraphError


def test_ranges() -> None:
    for text, expected in (
        ("0:5", range(0, 5)),
        ("7", range(7, 8)),
        (":3", range(0, 3)),
        ("8:", range(8, 10)),
        ("4:99", range(4, 10)),
    ):
        assert sample_range(text, 10) == expected


def test_mistakes() -> None:
    for text in ("", "a", "1:b", "3:3", "5:2", "-1", "-2:", "1:2:3"):
        with pytest.raises(GraphError, match="write a range such as 0:5"):
            sample_range(text, 10)
    with pytest.raises(GraphError, match="only 10 samples, 0 to 9"):
        sample_range("10:12", 10)
