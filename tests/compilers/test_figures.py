"""From sums over samples to the figures of a record."""

from __future__ import annotations

import jax.numpy as jnp
import pytest

from ngcsnn.compilers.figures import figures


def test_means_rates_and_counts():
    sums = {
        "accuracy": jnp.array(3.0),
        "loss": jnp.array(2.0),
        "spikes": {"hidden": jnp.array([0.0, 8.0, 4.0, 0.0])},
        "counts": {"hidden.grazing": jnp.array(5)},
        "skipped": jnp.array(1),
    }
    out = figures(sums, n_samples=4, trial=25.0)
    assert list(out) == ["loss", "accuracy", "hidden.rate_hz", "hidden.silent", "hidden.grazing", "skipped"]
    assert (out["loss"], out["accuracy"]) == (0.5, 0.75)
    assert out["hidden.rate_hz"] == pytest.approx(12.0 / 4 / (4 * 0.025)), "spikes of a unit in a second"
    assert (out["hidden.silent"], out["hidden.grazing"], out["skipped"]) == (2, 5, 1)
    assert all(type(v) in (int, float) for v in out.values()) and "spikes" in sums


def test_without_training_nothing_is_skipped():
    assert figures({"loss": jnp.array(1.0), "spikes": {}, "counts": {}}, 2, 1.0) == {"loss": 0.5}
