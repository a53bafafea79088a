"""Membrane traces."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from ngcsnn.viz import traces
from ngcsnn.viz.style import new_figure

pytest.importorskip("matplotlib", reason="pictures need matplotlib")

V = np.array([0.2, 0.5, 0.9, 0.1, 0.3])


def test_one_trace_with_threshold_and_spikes(check_picture: Any) -> None:
    ax = traces(V, dt=0.5, v_thr=1.0, spikes=([1.3], [0]), title="hidden 0")
    threshold, trace = ax.get_lines()
    assert np.asarray(trace.get_xdata()) == pytest.approx([0.5, 1.0, 1.5, 2.0, 2.5])
    assert np.asarray(trace.get_ydata()) == pytest.approx(V)
    assert list(np.asarray(threshold.get_ydata())) == [1.0, 1.0]
    ((low, high),) = [segment[:, 1] for segment in ax.collections[0].get_segments()]  # type: ignore[attr-defined]
    assert 1.0 < low < high <= ax.get_ylim()[1]
    assert ax.get_xlim() == (0.0, 2.5) and ax.get_title(loc="left") == "hidden 0"
    check_picture(ax)


def test_several_traces_have_lanes_on_one_scale(check_picture: Any) -> None:
    v = np.stack([V, 2 * V, -V], axis=1)
    ax = traces(v, spikes=([3.0, 2.0], [2, 0]), names=["a", "b", "c"])
    drawn = [np.asarray(line.get_ydata()) for line in ax.get_lines() if len(np.asarray(line.get_ydata())) == 5]
    for line, values in zip(drawn, v.T, strict=True):
        assert np.diff(line) == pytest.approx(np.diff(values))
    for above, below in pairwise(drawn):
        assert above.min() > below.max()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b", "c"]
    marks = [len(collection.get_segments()) for collection in ax.collections]  # type: ignore[attr-defined]
    assert marks == [1, 0, 1]
    bar = ax.get_lines()[-1]
    assert np.ptp(np.asarray(bar.get_ydata())) == float(ax.texts[0].get_text().removeprefix("v: "))
    assert traces(v, unit="mV").texts[0].get_text().endswith(" mV")
    assert traces(V, unit="mV").get_ylabel() == "membrane potential v (mV)"
    assert traces(v, quantity="i_syn").texts[0].get_text().startswith("i_syn: ")
    assert traces(V, quantity="i_syn").get_ylabel() == "i_syn"
    check_picture(ax)


def test_constant_traces_and_given_axes(check_picture: Any) -> None:
    given = new_figure(4.0, 3.0).add_subplot()
    assert traces(np.zeros((4, 2)), ax=given) is given
    ax = traces(np.zeros(4), names=["silent"])
    assert ax.get_title(loc="left") == "silent"
    check_picture(ax)


def test_errors() -> None:
    with pytest.raises(ValueError, match="`v` must have shape \\(T,\\) or \\(T, n_cells\\), got \\(2, 1, 3\\)"):
        traces(np.zeros((2, 1, 3)))
    with pytest.raises(ValueError, match="`v` must have shape"):
        traces([])
    with pytest.raises(ValueError, match="`v` must be finite, 1 values are not"):
        traces([0.0, np.nan])
    with pytest.raises(ValueError, match="`v` holds 13 cells, at most 12"):
        traces(np.zeros((2, 13)))
    with pytest.raises(ValueError, match="`names` must name the 2 cells of `v`, got 1"):
        traces(np.zeros((3, 2)), names=["a"])
    with pytest.raises(ValueError, match="`spikes` must be \\(times in ms, cells\\), equally long"):
        traces(V, spikes=([1.0, 2.0], [0]))
    with pytest.raises(ValueError, match="`spikes` must be of cells 0 to 0, .* got 1 to 1"):
        traces(V, spikes=([1.0], [1]))
    with pytest.raises(ValueError, match="`dt` must be a finite number > 0 ms"):
        traces(V, dt=-1.0)
