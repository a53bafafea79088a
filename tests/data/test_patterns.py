"""The trajectories: their definitions, their shapes, what each argument does."""

from __future__ import annotations

import numpy as np
import pytest

from ngcsnn.data.patterns import handwriting, lemniscate, sum_of_sines


@pytest.mark.parametrize(
    "curve",
    [
        pytest.param(lambda: sum_of_sines(3, 4), id="sines"),
        pytest.param(lambda: lemniscate(), id="lemniscate"),
        pytest.param(lambda: handwriting(3), id="handwriting"),
    ],
)
def test_curves_start_at_zero_and_are_scaled_to_one(curve):
    y = curve()
    assert y.dtype == np.float64 and np.all(y[0] == 0)
    assert np.abs(y).max() == 1.0
    np.testing.assert_array_equal(curve(), y)
    assert np.abs(np.diff(y, axis=0)).max() < 0.1  # no jumps


def test_each_sum_of_sines_is_scaled_and_none_equals_another():
    y = sum_of_sines(0, 3)
    np.testing.assert_array_equal(np.abs(y).max(axis=0), 1.0)
    assert np.all(np.abs(np.corrcoef(y.T) - np.eye(3)) < 0.999)
    assert np.abs(sum_of_sines(1, 3) - y).max() > 0.1


def test_sines_have_whole_turns_of_the_periods():
    n = 1001
    y = sum_of_sines(5, 1, float(n), periods=(250.0, 125.0))[:-1, 0]
    power = np.abs(np.fft.rfft(y - y.mean()))
    assert set(np.nonzero(power > 1e-9 * power.max())[0]) == {4, 8}
    one = sum_of_sines(5, 1, float(n), periods=(1001.0,), amplitude=(1.0, 1.0))[:, 0]
    assert abs(one[-1]) < 1e-12  # a whole turn ends where it began


def test_the_lemniscate_is_one():
    y = lemniscate(501.0)  # a sample at each end of the sign
    x = y * 2 + [1.0, 0.0]  # undo the move to 0 and the scale
    square = (x**2).sum(axis=1)
    np.testing.assert_allclose(square**2, x[:, 0] ** 2 - x[:, 1] ** 2, atol=1e-12)
    assert len(lemniscate(500.0, dt=0.5)) == 1000
    assert np.sum(np.diff(np.sign(lemniscate(500.0, turns=3)[:, 1] - 0.01)) > 0) == 2 * 3


def test_handwriting_has_a_loop_for_each_letter():
    for letters in (2, 6):
        y = handwriting(1, letters=letters)[:, 1]
        peaks = (y[1:-1] > y[:-2]) & (y[1:-1] >= y[2:])
        assert peaks.sum() == letters
    assert np.all(handwriting(0)[-1, 0] > 0.5)  # from left to right
    assert np.abs(handwriting(1) - handwriting(2)).max() > 0.05


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "`seed` must be an integer from 0"),
        ({"seed": 0, "n_outputs": 0}, "`n_outputs` must be an integer >= 1"),
        ({"seed": 0, "duration": 1.0}, "`duration` must be at least two steps of 1 ms, got 1 ms"),
        ({"seed": 0, "periods": (2000.0,)}, "`periods` must be times in ms, none above the duration 1000 ms"),
        ({"seed": 0, "periods": ()}, "`periods` must be times in ms"),
        ({"seed": 0, "amplitude": (2.0, 1.0)}, r"`amplitude` must be \(smallest, largest\), got \(2, 1\)"),
        ({"seed": 0, "amplitude": 1.0}, "`amplitude` must be a pair"),
        ({"seed": 0, "dt": 0.0}, "`dt` must be a finite number > 0 ms"),
    ],
    ids=str,
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        sum_of_sines(**arguments)
