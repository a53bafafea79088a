"""Receptive fields."""

from typing import Any

import numpy as np
import pytest

from ngcsnn.viz import receptive_fields
from ngcsnn.viz.receptive_fields import image_shape

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


def test_each_unit_is_an_image_of_its_weights(check_picture: Any) -> None:
    weights = np.arange(12.0 * 5).reshape(12, 5) - 20.0
    ax = receptive_fields(weights, shape=(3, 4), units=[4, 1, 0], columns=2, title="in_hid")
    whole = np.ma.filled(np.ma.asarray(ax.images[0].get_array(), np.float64), np.nan)
    assert whole.shape == (2 * (3 + 1 + 2), 4 + 1 + 4)  # each with a gap of 1 and 2 for its number
    for (y, x), unit in {(2, 0): 4, (2, 5): 1, (8, 0): 0}.items():
        assert np.array_equal(whole[y : y + 3, x : x + 4], weights[:, unit].reshape(3, 4))
    assert np.isfinite(whole).sum() == 36 and [t.get_text() for t in ax.texts] == ["4", "1", "0"]
    low, high = ax.images[0].get_clim()
    assert low == -high and high == pytest.approx(np.percentile(np.abs(weights[:, [0, 1, 4]]), 99.5))
    check_picture(ax)


def test_defaults(check_picture: Any) -> None:
    ax = receptive_fields(np.random.default_rng(0).normal(size=(784, 100)))
    assert len(ax.texts) == 48
    check_picture(ax)
    assert receptive_fields(np.zeros((16, 2))).images[0].get_clim() == (-1.0, 1.0)
    assert [image_shape(n) for n in (784, 2312, 5, 4, 700)] == [(28, 28), None, None, None, None]


def test_what_is_refused() -> None:
    cases: Any = (
        ((np.zeros(4),), r"shape \(n_pre, n_post\), got \(4,\)"),
        ((np.zeros((10, 2)),), "n_pre = 10 rows, which is no square"),
        ((np.zeros((9, 2)), None, (2, 4)), "which is not 2 x 4"), ((np.zeros((9, 2)), None, None, [2]), "from 0 to 1"),
    )  # fmt: skip
    for arguments, message in cases:
        with pytest.raises(ValueError, match=message):
            receptive_fields(*arguments)


def test_the_title_says_where_units_are_left_out() -> None:
    w = np.zeros((9, 5))
    assert receptive_fields(w, most=3, title="a").get_title(loc="left") == "a   3 of 5 units"
    assert receptive_fields(w, title="a").get_title(loc="left") == "a"
