"""Spike rasters."""

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import SpikeSource
from ngcsnn.viz import raster, recorded_spikes
from ngcsnn.viz.style import new_figure

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


def test_marks_and_axes(check_picture: Any) -> None:
    ax = raster([3.5, 1.0, 9.0], [2, 0, 1], n_units=5, t_end=20.0, title="hidden")
    x, y = ax.get_lines()[0].get_data()
    assert sorted(zip(np.asarray(x), np.asarray(y), strict=True)) == [(1.0, 0), (3.5, 2), (9.0, 1)]
    assert ax.get_xlim() == (0.0, 20.0) and ax.get_ylim() == (-0.5, 4.5)
    assert (ax.get_title(loc="left"), ax.get_xlabel()) == ("hidden", "time (ms)")
    check_picture(ax)


def test_defaults_follow_the_spikes_and_silence_is_drawn(check_picture: Any) -> None:
    ax = raster([3.5, 1.0], [2, 0])
    assert ax.get_xlim() == (0.0, 3.5) and ax.get_ylim() == (-0.5, 2.5)
    silent = raster([], [], n_units=3, t_end=10.0)
    assert silent.get_ylim() == (-0.5, 2.5)
    raster([], [])


def test_many_units_have_small_marks_and_given_axes_are_used(check_picture: Any) -> None:
    rng = np.random.default_rng(0)
    times, units = rng.uniform(0, 100, 2000), rng.integers(0, 300, 2000)
    large, small = raster([1.0], [0]), raster(times, units)
    assert small.get_lines()[0].get_markersize() < large.get_lines()[0].get_markersize()
    given = new_figure(4.0, 3.0).add_subplot()
    assert raster(times, units, ax=given, colour="#0072b2") is given
    assert given.get_lines()[0].get_color() == "#0072b2"
    check_picture(small)


def test_recorded_spikes_have_their_times() -> None:
    spikes = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 2]], np.float32)
    offsets = np.array([[0, -0.25, 0], [-0.5, 0, 0], [0, 0, -0.6]], np.float32)
    times, units = recorded_spikes(spikes, offsets, dt=1.0)
    assert times == pytest.approx([0.75, 1.5, 2.7]) and list(units) == [1, 0, 2]  # two events at their mean time
    times, units = recorded_spikes(spikes, dt=0.5)
    assert list(times) == [0.5, 1.0, 1.5]
    times, units = recorded_spikes(np.ones((1, 2)), [[-0.1, -0.9]])
    assert list(units) == [1, 0] and times == pytest.approx([0.1, 0.9])  # in order of time


def test_recordings_of_a_network(check_picture: Any) -> None:
    with ng.Context("net") as net:
        source = SpikeSource("source", n_units=2)
    spikes = np.zeros((4, 1, 2))
    spikes[1, 0, 1] = 1.0
    record = net.advance.scan(inputs={source.s: spikes}, watch=[source.s, source.s.offset])
    times, units = recorded_spikes(record["source.s"][:, 0], record["source.s.offset"][:, 0])
    assert (list(times), list(units)) == ([2.0], [1])


def test_errors() -> None:
    with pytest.raises(ValueError, match="equally long lists, got shapes \\(2,\\) and \\(1,\\)"):
        raster([1.0, 2.0], [0])
    with pytest.raises(TypeError, match="`units` must be integers, got float64"):
        raster([1.0], [0.5])
    with pytest.raises(ValueError, match="`units` must be from 0 to 1 \\(n_units = 2\\), got 2 to 2"):
        raster([1.0], [2], n_units=2)
    with pytest.raises(ValueError, match="`times_ms` must be finite and >= 0"):
        raster([-1.0], [0])
    with pytest.raises(ValueError, match="`times_ms` must not exceed t_end = 5 ms, got 6 ms"):
        raster([6.0], [0], t_end=5.0)
    with pytest.raises(ValueError, match="`spikes` must have shape \\(T, n_units\\), .* got \\(2, 1, 3\\)"):
        recorded_spikes(np.zeros((2, 1, 3)))
    with pytest.raises(ValueError, match="`offsets` must have the shape of `spikes`, \\(2, 3\\), got \\(2, 2\\)"):
        recorded_spikes(np.zeros((2, 3)), np.zeros((2, 2)))
    with pytest.raises(ValueError, match="`dt` must be a finite number > 0 ms"):
        recorded_spikes(np.zeros((2, 3)), dt=0.0)
