"""Var: the trajectory, sample first."""

import numpy as np
import pytest

from ngcsnn.objectives import Var


@pytest.mark.parametrize(("integral", "reads"), [("exact", "v_mean"), ("steps", "v")])
def test_the_trajectory_has_the_sample_first(integral, reads) -> None:
    v = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
    readout = Var(integral=integral)
    y = readout(v, 1.0)
    assert (readout.reads, readout.keeps_time, y.shape) == (reads, True, (2, 4, 3))
    np.testing.assert_array_equal(y[1, 3], v[3, 1])
