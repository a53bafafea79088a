"""When a value spikes: both laws by hand, the threshold, and arguments that do not apply."""

from __future__ import annotations

import numpy as np
import pytest

from ngcsnn.data.latency_curve import LatencyCurve

pixels = np.arange(256)


def test_linear_times_of_all_pixels():
    times = LatencyCurve(2.0, 18.0).table()
    np.testing.assert_array_equal(np.isinf(times), pixels <= 1)
    np.testing.assert_allclose(times[2:], 2.0 + (255 - pixels[2:]) / 255 * 16.0, rtol=1e-14)
    assert times[255] == 2.0
    late = LatencyCurve(2.0, 18.0, invert=False).table()
    np.testing.assert_allclose(late[2:], 2.0 + pixels[2:] / 255 * 16.0, rtol=1e-14)
    assert late[255] == 18.0


@pytest.mark.parametrize("threshold", [0, 1, 51, 254, 254.5, None], ids=str)
def test_exactly_the_values_above_the_threshold_emit(threshold):
    emits = np.isfinite(LatencyCurve(0.0, 1.0, threshold=threshold).table())
    np.testing.assert_array_equal(emits, pixels > (-1 if threshold is None else threshold))
    floats = LatencyCurve(0.0, 1.0, threshold=threshold).times(pixels / 255.0)
    np.testing.assert_array_equal(np.isfinite(floats), emits)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_pixels_as_fractions_of_any_precision_emit_as_pixels_do(dtype):
    for threshold in range(255):
        curve = LatencyCurve(0.0, 1.0, threshold=threshold)
        for fractions in ((pixels / 255.0).astype(dtype), pixels.astype(dtype) / np.array(255, dtype)):
            np.testing.assert_array_equal(np.isfinite(curve.times(fractions)), pixels > threshold)


def test_logarithmic_times():
    times = LatencyCurve(logarithmic=True, tau=20.0, threshold=51).table()
    np.testing.assert_array_equal(np.isinf(times), pixels <= 51)
    np.testing.assert_allclose(times[52:], 20.0 * np.log(pixels[52:] / (pixels[52:] - 51)), rtol=1e-11)
    assert (np.diff(times[52:]) < 0).all()  # bright is early
    above = np.array([[np.nextafter(51 / 255, 1), 51 / 255]])
    np.testing.assert_array_equal(
        np.isfinite(LatencyCurve(logarithmic=True, tau=1.0, threshold=51).times(above)), [[1, 0]]
    )


def test_equal_curves_are_equal_keys():
    assert hash(LatencyCurve(2, 18, 1)) == hash(LatencyCurve(2.0, 18.0, 1.0))
    assert LatencyCurve(2, 18) == LatencyCurve(2.0, 18.0) != LatencyCurve(2.0, 17.0)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"t_min": 2.0}, ValueError, "a linear latency code needs `t_max` in ms"),
        ({"t_max": 2.0}, ValueError, "a linear latency code needs `t_min` in ms"),
        ({"t_min": 2.0, "t_max": 2.0}, ValueError, "`t_max` must be later than `t_min`, got t_max = 2 ms"),
        ({"t_min": -1.0, "t_max": 2.0}, ValueError, "`t_min` must be a finite number >= 0 ms, got -1.0"),
        ({"t_min": "a", "t_max": 2.0}, TypeError, "`t_min` must be a finite number >= 0 ms, got 'a'"),
        ({"t_min": 1.0, "t_max": np.inf}, ValueError, "`t_max` must be a finite number"),
        ({"t_min": 1.0, "t_max": 2.0, "tau": 3.0}, ValueError, "`tau` does not apply to a linear latency code"),
        ({"t_min": 1.0, "t_max": 2.0, "threshold": 255}, ValueError, "`threshold` must be below 255"),
        ({"t_min": 1.0, "t_max": 2.0, "threshold": -1}, ValueError, "`threshold` must be a finite number >= 0, got -1"),
        ({"t_min": 1.0, "t_max": 2.0, "invert": 1}, TypeError, "`invert` must be True or False, got 1"),
        ({"logarithmic": True}, ValueError, "a logarithmic latency code needs `tau` in ms"),
        ({"logarithmic": True, "tau": 0.0}, ValueError, "`tau` must be a finite number > 0 ms, got 0.0"),
        ({"logarithmic": True, "tau": 5.0, "t_max": 2.0}, ValueError, "`t_max` does not apply to a logarithmic"),
        ({"logarithmic": True, "tau": 5.0, "threshold": 0}, ValueError, "`threshold` must be a finite number > 0"),
        ({"logarithmic": True, "tau": 5.0, "threshold": None}, ValueError, "needs a `threshold` above 0"),
        ({"logarithmic": True, "tau": 5.0, "invert": False}, ValueError, "`invert` does not apply to a logarithmic"),
        ({"logarithmic": 1, "tau": 5.0}, TypeError, "`logarithmic` must be True or False, got 1"),
    ],
    ids=str,
)
def test_bad_arguments(arguments, error, message):
    with pytest.raises(error, match=message):
        LatencyCurve(**arguments)
