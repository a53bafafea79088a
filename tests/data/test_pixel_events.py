"""Pixels of a camera as input units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ngcsnn.data import PixelGrid

X, Y, ON = np.array([0, 3, 5, 5]), np.array([0, 1, 3, 3]), np.array([0, 1, 1, 0])


@pytest.mark.parametrize(
    ("options", "shape", "units"),
    [
        ({}, (4, 6, 2), [0, 19, 47, 46]),
        ({"polarity": "merge"}, (4, 6, 1), [0, 9, 23, 23]),
        ({"polarity": "on"}, (4, 6, 1), [None, 9, 23, None]),
        ({"polarity": "off"}, (4, 6, 1), [0, None, None, 23]),
        ({"downsample": 2}, (2, 3, 2), [0, 3, 11, 10]),
        ({"downsample": 4, "polarity": "merge"}, (1, 2, 1), [0, 0, 1, 1]),
        ({"crop": (1, 2, 3, 4), "polarity": "merge"}, (3, 4, 1), [None, 1, 11, 11]),
        ({"crop": (1, 2, 3, 4), "polarity": "merge", "downsample": 2}, (2, 2, 1), [None, 0, 3, 3]),
    ],
    ids=lambda o: "-".join(o) or "plain" if isinstance(o, dict) else "x",
)
def test_units(options: dict[str, Any], shape: tuple[int, ...], units: list[int | None]) -> None:
    grid = PixelGrid(4, 6, **options)
    assert grid.image_shape == shape and grid.n_units == np.prod(shape)
    got, keep = grid.units(X, Y, ON)
    assert [u if k else None for u, k in zip(got.tolist(), keep.tolist(), strict=True)] == units


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="did you mean `merge`"):
        PixelGrid(4, 6, "merged")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must lie within 4 x 6 pixels"):
        PixelGrid(4, 6, crop=(0, 0, 5, 2))
    with pytest.raises(TypeError, match="`crop` must be"):
        PixelGrid(4, 6, crop=(1, 2))
    with pytest.raises(ValueError, match="`downsample`"):
        PixelGrid(4, 6, downsample=0)
    with pytest.raises(ValueError, match="event 1: pixel x = 6, y = 0 is outside 6 x 4 pixels"):
        PixelGrid(4, 6).units([0, 6], [0, 0], [1, 1])
