"""Population encoder: centres, widths, and what an encoder of spikes makes of it in the same step."""

from __future__ import annotations

import numpy as np
import pytest
from encoder_runs import encoder, run

import ngcsnn as ng
from ngcsnn.components import LatencyEncoder, PopulationEncoder


def test_centres_and_width_of_bohte(x64):
    """x_min + (2 i - 3) / 2 (x_max - x_min) / (n - 2), sigma = (x_max - x_min) / (1.5 (n - 2))."""
    _, part = encoder(PopulationEncoder, n_values=1, n_fields=6, x_min=-1.0, x_max=3.0)
    np.testing.assert_allclose(part.centres, [-1.5, -0.5, 0.5, 1.5, 2.5, 3.5])
    assert part.sigma == pytest.approx(2 / 3)


def test_centres_on_the_ends(x64):
    _, part = encoder(PopulationEncoder, n_values=1, n_fields=5, ends="on", sharpness=2.0)
    np.testing.assert_allclose(part.centres, [0.0, 0.25, 0.5, 0.75, 1.0])
    assert part.sigma == pytest.approx(0.125)


def test_activations_and_their_place(x64):
    _, part = encoder(PopulationEncoder, n_values=2, n_fields=4, batch=3)
    x = np.random.default_rng(0).random((5, 3, 2))
    got = run(part, x)["outputs"].reshape(5, 3, 2, 4)
    away = (x[..., None] - np.array([-0.25, 0.25, 0.75, 1.25])) / (0.5 / 1.5)
    np.testing.assert_allclose(got, np.exp(-0.5 * away**2), rtol=1e-12)


def test_a_latency_code_reads_it_within_the_step(x64):
    """The field nearest to the value fires first."""
    with ng.Context("net") as net:
        fields = PopulationEncoder("fields", n_values=1, n_fields=5, ends="on")
        spikes = LatencyEncoder("spikes", n_units=5, mode="linear", tau=10.0, threshold=0.1)
    fields.outputs >> spikes.inputs
    out = net.advance.scan(inputs={fields.inputs: np.full((12, 1, 1), 0.5)}, watch=[spikes.s, spikes.due])
    due = np.asarray(out["spikes.due"])[0, 0]
    assert due[2] == 0.0 and np.argmin(due) == 2
    a = np.exp(-0.5 * 1.5**2)
    np.testing.assert_allclose(due[[1, 3]], 10 * (1 - a), rtol=1e-12)
    assert np.isinf(due[[0, 4]]).all()


def test_impossible_numbers_are_refused():
    with pytest.raises(ng.GraphError, match="`x_max` must exceed `x_min` 1.0, got 1.0"):
        encoder(PopulationEncoder, n_values=1, n_fields=5, x_min=1.0)
    with pytest.raises(ng.GraphError, match="`n_fields` must be >= 3 with ends 'outside', got 2"):
        encoder(PopulationEncoder, n_values=1, n_fields=2)
