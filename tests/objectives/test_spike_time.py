"""What losses on spike times share: the trial's length, who was silent, accuracy, targets."""

import numpy as np
import pytest

from ngcsnn.graph import GraphError
from ngcsnn.objectives import AvgVar, FirstSpike, FirstSpikeTime, RelativeMeanSquareError, SpikeTimeLoss

LOSSES = [FirstSpike, lambda **kw: RelativeMeanSquareError(1.0, **kw)]


def test_the_base_has_no_name() -> None:
    assert SpikeTimeLoss.kind == ""
    assert "spike_time_loss" not in SpikeTimeLoss.family


@pytest.mark.parametrize("make", LOSSES)
def test_a_compiler_fills_in_the_trial(make) -> None:
    assert make().fitted(30.0) == make(trial=30.0)
    given = make(trial=30.0)
    assert given.fitted(300 * 0.1) is given
    with pytest.raises(GraphError, match="`trial` of loss '.*' is 30 ms, but a trial lasts 20 ms"):
        given.fitted(20.0)
    with pytest.raises(GraphError, match="needs `trial`, the length of a trial in ms, where no compiler fills it in"):
        make()(np.ones((1, 3), np.float32), np.array([0]))
    with pytest.raises(ValueError, match="`trial` of .* must be a finite number > 0 ms"):
        make(trial=0.0)


@pytest.mark.parametrize("make", LOSSES)
def test_they_take_times_only(make) -> None:
    assert make().takes(FirstSpikeTime) and not make().takes(AvgVar)


@pytest.mark.parametrize("make", LOSSES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_accuracy(x64, make, dtype) -> None:
    cases = [  # times, label, right?
        ([3.0, 2.0, 5.0], 1, 1),
        ([3.0, 2.0, 5.0], 0, 0),
        ([3.0, 3.0, 5.0], 0, 1),  # equal times count for the lowest index
        ([3.0, 3.0, 5.0], 1, 0),
        ([31.0, 31.0, 31.0], 0, 0),  # nobody spiked: wrong, though the first of equals is the label
        ([31.5, 31.0, 31.0], 1, 0),
        ([31.0, 31.0, 30.0], 2, 1),  # the very end of the trial is still in it
        ([np.nan, 1.0, 2.0], 1, 0),
    ]
    t, label, want = (np.array(c) for c in zip(*cases, strict=True))
    metrics = make(trial=30.0).metrics(t.astype(dtype), label)
    np.testing.assert_array_equal(metrics["accuracy"], want)
    assert metrics["accuracy"].dtype == dtype


def test_rounding_makes_no_silence_of_a_spike_at_the_very_end() -> None:
    s = np.zeros((100, 1, 2), np.float32)
    s[99, 0, 1] = 1.0
    t = FirstSpikeTime()((s, None), 0.3)
    assert float(t[0, 1]) > np.float32(100 * 0.3)
    assert FirstSpike().fitted(100 * 0.3).metrics(t, np.array([1]))["accuracy"] == 1.0


def test_wrong_shapes_are_refused() -> None:
    for y, target in (((4, 3), (3,)), ((4, 5, 3), (4,)), ((4, 3), (4, 3))):
        with pytest.raises(ValueError, match=r"needs y of shape \(batch, n\) and a target of shape \(batch,\), got"):
            FirstSpike(trial=1.0)(np.zeros(y, np.float32), np.zeros(target, np.int32))


def test_targets_are_checked() -> None:
    np.testing.assert_array_equal(FirstSpike().check_target([0, 2, 1], 3, 3, None, "output"), [0, 2, 1])
    with pytest.raises(ValueError, match=r"target of 'output'\[1\] is 3; labels must be integers from 0 to 2"):
        FirstSpike().check_target([0, 3, 1], 3, 3, None, "output")
    with pytest.raises(ValueError, match="needs an output of at least 2 units, 'output' has 1"):
        FirstSpike().check_target([0, 0], 2, 1, None, "output")
