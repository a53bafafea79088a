"""Pattern generation: inputs that are the same in every trial, and the data set by name."""

from __future__ import annotations

import numpy as np
import pytest

from ngcsnn.data import handwriting, lemniscate, load_dataset, sum_of_sines
from ngcsnn.data.pattern_generation import clock, frozen_noise


def test_frozen_noise_has_its_rate_and_seed():
    noise = frozen_noise(100, 50.0, 1000.0, seed=3)
    assert (noise.n_samples, noise.n_units, noise.t_end) == (1, 100, 1000.0)
    assert abs(noise.n_events - 5000) < 5 * np.sqrt(5000)
    assert noise == frozen_noise(100, 50.0, 1000.0, seed=3)
    assert noise != frozen_noise(100, 50.0, 1000.0, seed=4)
    fine = frozen_noise(100, 50.0, 1000.0, dt=0.25)
    assert abs(fine.n_events - 5000) < 5 * np.sqrt(5000) and np.any(fine.times % 1.0)


def test_a_clock_has_one_group_after_the_other():
    spikes = clock(6, rate=100.0, duration=300.0, n_phases=3).to_dense(300, 1.0)[0]
    for group in range(3):
        steps = np.nonzero(spikes[:, 2 * group])[0]
        np.testing.assert_array_equal(steps, np.arange(100 * group, 100 * (group + 1), 10))
        np.testing.assert_array_equal(spikes[:, 2 * group + 1], spikes[:, 2 * group])
    assert clock(6, rate=150.0, duration=1000.0, n_phases=1).n_events == 6 * 150


@pytest.mark.parametrize("pattern", ["sines", "lemniscate", "handwriting"])
def test_by_name(pattern):
    data = load_dataset("pattern_generation", {"pattern": pattern, "seed": 2, "n_units": 20})
    want = {
        "sines": lambda: sum_of_sines(2),
        "lemniscate": lambda: lemniscate(),
        "handwriting": lambda: handwriting(2),
    }[pattern]()
    np.testing.assert_array_equal(data.train.labels, want[None])
    assert data.n_classes is None and data.n_units == 20 and data.test.events == data.train.events
    assert data.train.events == frozen_noise(20, 50.0, float(len(want)), seed=3)


def test_every_option_acts():
    base = load_dataset("pattern_generation", {})
    for option in (
        {"seed": 1},
        {"duration": 1200.0},
        {"n_outputs": 3},
        {"periods": [500.0]},
        {"amplitude": [1.0, 1.0]},
        {"dt": 2.0},
    ):
        other = load_dataset("pattern_generation", option)
        assert other.train.labels.shape != base.train.labels.shape or np.any(other.train.labels != base.train.labels)
    for option in ({"inputs": "clock"}, {"n_units": 5}, {"rate": 20.0}, {"seed": 1}):
        assert load_dataset("pattern_generation", option).train.events != base.train.events
    many = load_dataset("pattern_generation", {"train": 3})
    assert many.train.labels.shape == (3, 1000, 1) and many.test.labels.shape == (1, 1000, 1)
    assert many.train.events[2:] == many.test.events
    clocks = [load_dataset("pattern_generation", {"inputs": "clock", "n_phases": n}).train.events for n in (5, 10)]
    assert clocks[0] != clocks[1]
    lines = [load_dataset("pattern_generation", {"pattern": "handwriting", "letters": n}) for n in (3, 4)]
    assert np.any(lines[0].train.labels != lines[1].train.labels)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"pattern": "sine"},
            r"`pattern` must be one of sines, lemniscate, handwriting, got 'sine' \(did you mean `sines`",
        ),
        ({"inputs": "clok"}, "`inputs` must be one of poisson, clock"),
        ({"pattern": "lemniscate", "n_outputs": 3}, "pattern 'lemniscate' has 2 outputs, x and y; got `n_outputs` = 3"),
        ({"rate": 2000.0}, "`rate` must be at most 1 / dt = 1000 Hz, got 2000 Hz"),
        ({"inputs": "clock", "rate": 2000.0}, "`rate` must be at most 1 / dt = 1000 Hz, got 2000 Hz"),
        ({"inputs": "clock", "n_units": 7}, "`n_units` must be a multiple of `n_phases` = 5, got 7"),
    ],
    ids=str,
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        load_dataset("pattern_generation", options)
