"""Where ngc-learn's competitive rules compute something else than they say: what they compute, and what ours is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ngclearn_case import run

SMALL = Path(__file__).parent / "data" / "ngclearn"
EXACT = ("Dense", "MPS", "ExpSyn", "AlphaSyn_patched", "DoubleExpSyn_patched", "SOM", "Hopfield")


def both(name: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    path = SMALL / f"{name}_default"
    with np.load(path.with_suffix(".npz")) as recorded:
        return run(path.with_suffix(".npz"), path.with_suffix(".json")), {
            k: recorded[k].astype(float) for k in recorded
        }


@pytest.mark.parametrize("name", EXACT)
def test_all_hundred_steps_agree_to_rounding(name: str) -> None:
    ours, theirs = both(name)
    for key, value in ours.items():
        want = theirs[f"traj_{key}"].reshape(value.shape)
        assert len(value) == 100 and np.any(want)
        np.testing.assert_allclose(value, want, rtol=1e-4, atol=1e-4 * np.abs(want).max() * 0.1, err_msg=key)


def test_vector_quantisation_moves_prototypes_to_samples() -> None:
    """Theirs adds the sample to the winner, so weights grow without end; the rule of the literature moves it there."""
    ours, theirs = both("VQ")
    w, v, x = theirs["init_weights"], theirs["init_weights"], theirs["traj_inputs"][:, 0]
    for n in range(100):
        z = np.eye(4)[np.argmin(((x[n][:, None] - w) ** 2).sum(0))]
        w = w + (0.3 - 1e-5 * n) * np.outer(x[n], z)
        np.testing.assert_allclose(theirs["traj_weights"][n], w, rtol=1e-4, atol=1e-4)
        z = np.eye(4)[np.argmin(((x[n][:, None] - v) ** 2).sum(0))]
        v = v + (0.3 - 1e-5 * n) * (x[n][:, None] - v) * z
        np.testing.assert_allclose(ours["weights"][n], v, rtol=1e-4)
    assert np.abs(theirs["traj_weights"][-1]).max() > 5.0 and np.abs(ours["weights"][-1]).max() < 1.0


def test_categories_stay_of_length_one() -> None:
    """Theirs is w + rate (x - (x . w) w): the same to first order in the rate, but lengths drift; the paper's has 1."""
    ours, theirs = both("ART2A")
    w, v = theirs["init_weights"], theirs["init_weights"]
    won = []
    for n, x in enumerate(theirs["traj_xprobe"][:, 0]):
        j = int(np.argmax(x @ w))
        w = np.where(np.arange(4) == j, w + 0.05 * (x[:, None] - (x @ w) * w), w)
        np.testing.assert_allclose(theirs["traj_weights"][n], w, rtol=1e-4)
        k = int(np.argmax(x @ v))
        moved = 0.05 * x + 0.95 * v[:, k]
        v = np.where(np.arange(4) == k, (moved / np.linalg.norm(moved))[:, None], v)
        np.testing.assert_allclose(ours["weights"][n], v, rtol=1e-4)
        won.append(j == k)
    assert np.mean(won) > 0.95
    assert np.abs(np.linalg.norm(ours["weights"][-1], axis=0) - 1).max() < 1e-6
    assert np.abs(np.linalg.norm(theirs["traj_weights"], axis=1) - 1).max() > 3e-4
