"""Weights over the epochs."""

from typing import Any

import numpy as np
import pytest

from ngcsnn.viz import weight_course

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


def test_median_and_bands(check_picture: Any) -> None:
    values = np.linspace(0.0, 1.0, 101) * np.array([[1.0], [3.0], [2.0]])
    values[0, :50] = np.nan  # no synapse
    ax = weight_course(values.reshape(3, 101, 1), [-1, 1, 0], title="in_hid")
    line: Any = ax.get_lines()[0]
    assert line.get_xdata().tolist() == [-1, 0, 1]  # in order
    assert np.asarray(line.get_ydata()) == pytest.approx([0.75, 1.0, 1.5])
    top = max(y for _, y in ax.collections[0].get_paths()[0].vertices)  # type: ignore[union-attr]
    assert top == pytest.approx(2.85)
    check_picture(ax)


def test_what_is_refused() -> None:
    for values, epochs, message in (
        ([], [], "n_taken"),
        ([[1.0]], [0, 1], "n_taken"),
        ([[np.nan]], [0], "finite weight"),
    ):
        with pytest.raises(ValueError, match=message):
            weight_course(values, epochs)
