"""Rates, intervals and their variation."""

from typing import Any

import numpy as np
import pytest

from ngcsnn.viz import spike_panels, spike_statistics

pytest.importorskip("matplotlib", reason="pictures need matplotlib")


def test_numbers_by_hand() -> None:
    trials = [([10.0, 30.0, 20.0, 45.0, 50.0], [0, 0, 0, 0, 2]), ([5.0, 9.0], [2, 2]), ([], [])]
    found = spike_statistics(trials, 4, 100.0)
    assert found.rates == pytest.approx(np.array([4, 0, 3, 0]) / 0.3)
    assert sorted(found.intervals) == [4.0, 10.0, 10.0, 15.0]  # none across trials
    assert found.variation == pytest.approx([np.std([10, 10, 15]) / np.mean([10, 10, 15])])  # unit 2 has one only


def test_a_clock_and_a_poisson_process() -> None:
    clock = (np.arange(1.0, 1000.0, 10.0), np.zeros(100, int))
    assert spike_statistics([clock], 1, 1000.0).variation == pytest.approx([0.0], abs=1e-12)
    rng = np.random.default_rng(1)
    times = np.cumsum(rng.exponential(5.0, 4000))
    found = spike_statistics([(0, 7, times, np.zeros(4000, int))], 1, float(times[-1]))  # as of a recording
    assert found.variation == pytest.approx([1.0], abs=0.05) and found.rates == pytest.approx([200.0], rel=0.05)


def test_pictures(check_picture: Any) -> None:
    rng = np.random.default_rng(0)
    trials = [(rng.uniform(0, 500, 300), rng.integers(0, 40, 300)) for _ in range(3)]
    axes = spike_panels(spike_statistics(trials, 50, 500.0), title="hidden")
    assert len(axes) == 3 and "10 of 50 silent" in axes[0].texts[0].get_text()
    check_picture(axes)
    few = spike_panels(spike_statistics([([1.0], [0])], 2, 30.0))
    assert [ax.texts[0].get_text() for ax in few[1:]] == [
        "no unit spiked twice\nin a trial",
        "no unit has\nthree intervals",
    ]
    check_picture(few)


def test_intervals_that_differ_much_stand_on_a_logarithmic_axis(check_picture: Any) -> None:
    bursts = (np.arange(10)[:, None] * 90.0 + np.arange(5.0)).ravel()
    ax = spike_panels(spike_statistics([(bursts, np.zeros(50, int))], 1, 1000.0))[1]
    assert ax.get_xscale() == "log" and ax.patches[0].get_data().values.sum() == 49  # type: ignore[attr-defined]
    check_picture(ax)


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match="`trials` is empty"):
        spike_statistics([], 3, 10.0)
    with pytest.raises(ValueError, match="from 0 to 2"):
        spike_statistics([([1.0], [3])], 3, 10.0)
    with pytest.raises(ValueError, match="three axes"):
        spike_panels(spike_statistics([([1.0], [0])], 2, 30.0), ax=[])
