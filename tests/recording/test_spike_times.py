"""Times of recorded spikes."""

import numpy as np
import pytest

from ngcsnn.recording import recorded_spikes


def test_steps_and_offsets() -> None:
    spikes = np.array([[0, 1, 0], [1, 0, 0], [0, 0, 2]], np.float32)
    offsets = np.array([[0, -0.25, 0], [-0.5, 0, 0], [0, 0, -0.6]], np.float32)
    times, units = recorded_spikes(spikes, offsets)
    assert times == pytest.approx([0.75, 1.5, 2.7]) and units.tolist() == [1, 0, 2]
    for dt in (0.0, -1.0, np.inf, True, "1"):
        with pytest.raises(ValueError, match="`dt` must be a finite number > 0 ms"):
            recorded_spikes(spikes, dt=dt)  # type: ignore[arg-type]
