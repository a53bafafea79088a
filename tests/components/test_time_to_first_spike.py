"""Time-to-first-spike encoder: both codes by hand, and their ends."""

from __future__ import annotations

import numpy as np
import pytest
from encoder_runs import encoder, held, single_times

import ngcsnn as ng
from ngcsnn.components import TTFSEncoder


def times(part, x, n_steps):
    out = held(part, x, n_steps)
    found = [single_times(out["s"][:, 0, i], out["s.offset"][:, 0, i], part.context.dt) for i in range(len(x))]
    return np.array([t[0] if len(t) else np.inf for t in found])


def test_exponential_times(x64):
    _, part = encoder(TTFSEncoder, n_units=4, duration=50.0)
    x = np.array([0.0, 0.2, 0.9, 1.0])
    np.testing.assert_allclose(times(part, x, 60), 50 * (np.exp(-x) - np.exp(-1)) / (1 - np.exp(-1)), atol=1e-12)


def test_logarithmic_times(x64):
    _, part = encoder(TTFSEncoder, n_units=4, duration=50.0, mode="logarithmic", x_min=0.1)
    np.testing.assert_allclose(times(part, [0.0, 0.1, np.sqrt(0.1), 1.0], 60), [50.0, 50.0, 25.0, 0.0], atol=1e-12)
    _, part = encoder(TTFSEncoder, n_units=1, duration=50.0, mode="logarithmic")
    np.testing.assert_allclose(times(part, [0.1], 60), 25.0)  # the weakest input is 0.01


def test_ends_and_silence(x64):
    _, part = encoder(TTFSEncoder, n_units=4, duration=50.0, threshold=0.3)
    assert np.isinf(times(part, [0.0, 0.29, 0.3, 3.0], 60)).tolist() == [True, True, False, False]


def test_options_that_do_not_apply_are_refused():
    with pytest.raises(ng.GraphError, match="`x_min` belongs to mode 'logarithmic', got 0.2"):
        encoder(TTFSEncoder, n_units=1, duration=5.0, x_min=0.2)
    with pytest.raises(ng.GraphError, match="`x_min` must be < 1"):
        encoder(TTFSEncoder, n_units=1, duration=5.0, mode="logarithmic", x_min=1.0)
