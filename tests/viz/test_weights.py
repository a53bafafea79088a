"""Weights as image and histogram."""

from typing import Any

import numpy as np
import pytest

from ngcsnn.viz import weight_histogram, weight_matrix
from ngcsnn.viz.style import new_figure

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

W = np.random.default_rng(0).normal(0.0, 0.3, (6, 9))


def test_matrix_is_symmetric_about_zero(check_picture: Any) -> None:
    ax = weight_matrix(W, title="in_hid")
    image = ax.images[0]
    assert image.get_clim() == (-np.abs(W).max(), np.abs(W).max())
    assert np.array_equal(np.asarray(image.get_array()), W)
    assert min(image.cmap(0.5)[:3]) > 0.9  # zero is nearly white
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("postsynaptic unit", "presynaptic unit")
    check_picture(ax)


def test_matrix_limits_gaps_and_given_axes(check_picture: Any) -> None:
    w = W.copy()
    w[0, 0] = np.nan
    given = new_figure(4.0, 3.0).add_subplot()
    assert weight_matrix(w, ax=given) is given
    assert weight_matrix(w, limit=2.0).images[0].get_clim() == (-2.0, 2.0)
    assert weight_matrix(np.zeros((2, 2))).images[0].get_clim() == (-1.0, 1.0)
    check_picture(given)


def test_histogram_counts_every_weight(check_picture: Any) -> None:
    ax = weight_histogram({"initial": W, "trained": 2 * W + 0.1}, bins=20, title="in_hid")
    outlines = [patch for patch in ax.patches if not patch.get_fill()]
    assert [int(patch.get_data().values.sum()) for patch in outlines] == [W.size, W.size]  # type: ignore[attr-defined]
    edges = [patch.get_data().edges for patch in outlines]  # type: ignore[attr-defined]
    assert np.array_equal(*edges) and len(edges[0]) == 21
    legend = [text.get_text() for text in ax.get_legend().get_texts()]  # type: ignore[union-attr]
    assert legend[0] == f"initial  mean {W.mean():.3g}, sd {W.std():.3g}"
    check_picture(ax)


def test_histogram_of_one_array_and_of_equal_weights(check_picture: Any) -> None:
    ax = weight_histogram(W)
    assert ax.get_legend() is None
    check_picture(weight_histogram(np.full(7, 0.5)))


def test_errors() -> None:
    with pytest.raises(ValueError, match="`weights` must have shape \\(n_pre, n_post\\), got \\(3,\\)"):
        weight_matrix([1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="`limit` must be a finite number > 0"):
        weight_matrix(W, limit=0.0)
    with pytest.raises(ValueError, match="`weights` of 'b' must be finite numbers, at least one"):
        weight_histogram({"a": W, "b": []})
    with pytest.raises(ValueError, match="`weights` must be finite numbers"):
        weight_histogram([1.0, np.nan])
    with pytest.raises(ValueError, match="`weights` is empty"):
        weight_histogram({})
    with pytest.raises(ValueError, match="`bins` must be an integer >= 1, got 0"):
        weight_histogram(W, bins=0)
