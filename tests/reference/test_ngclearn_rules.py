"""Where ngc-learn's learning rules compute something else than they say: what they compute, and what ours is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ngclearn_case import run, run_of

SMALL = Path(__file__).parent / "data" / "ngclearn"
EXACT = ("Hebbian_ascent", "Oja_norm", "Gerstner_default", "TraceSTDP_default", "ExpSTDP_default", "InhSTDP_default")
LATE = ("MSTDPET_default", "REINFORCE_default")


def both(name: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    path = SMALL / name
    with np.load(path.with_suffix(".npz")) as recorded:
        return run(path.with_suffix(".npz"), path.with_suffix(".json")), {
            k: recorded[k].astype(float) for k in recorded
        }


@pytest.mark.parametrize("name", EXACT + LATE)
def test_all_hundred_steps_agree(name: str) -> None:
    ours, theirs = both(name)
    assert "weights" in ours
    for key, value in ours.items():
        want = theirs[f"traj_{key}"].reshape(value.shape)
        assert len(value) == 100 and np.any(want)
        np.testing.assert_allclose(value, want, rtol=1e-4, atol=1e-5 * np.abs(want).max(), err_msg=key)


def test_a_threshold_that_passes_through_zero() -> None:
    """BCM: the same thresholds and, where these are not next to 0, by which theirs is divided, the same updates."""
    ours, theirs = both("BCM_default")
    theta = np.concatenate([theirs["init_theta"][None], theirs["traj_theta"][:-1]])[:, 0]
    np.testing.assert_allclose(ours["theta"], theirs["traj_theta"], rtol=1e-4, atol=1e-6)
    far = np.abs(theta) > 0.02
    assert 0.9 < far.mean() < 1.0
    mine, other = (x * far[:, None, :] for x in (ours["dWeights"], theirs["traj_dWeights"]))
    np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)


def test_loss_of_pairs_shrinks_with_their_distance() -> None:
    """Theirs is exp(+distance / tau); ours falls, for pairs of one postsynaptic spike and the next presynaptic one."""
    for distance in (1, 5, 20):
        pre, post = np.zeros((40, 1, 1)), np.zeros((40, 1, 1))
        post[2], pre[2 + distance] = 1.0, 1.0
        told = {
            "name": "pairs", "cls": "STDPSynapse._compute_update", "dt": 1.0, "T": 40,
            "kwargs": {"Aplus": 0.02, "Aminus": 0.03, "tau_plus": 8.0, "tau_minus": 12.0},
        }  # fmt: skip
        arrays = {"in_preSpike": pre, "in_postSpike": post, "init_weights": np.full((1, 1), 0.5)}
        got = run_of(arrays, told)["weights"]
        np.testing.assert_allclose(got[-1] - 0.5, [[-0.03 * np.exp(-distance / 12.0)]], rtol=1e-9)
    _, theirs = both("STDP_manual_default")
    apart = theirs["in_post_tols"][:, 0, None, :] - theirs["in_pre_tols"][:, 0, :, None]
    lost = (theirs["in_preSpike"][:, 0, :, None] > 0) & (theirs["in_postSpike"][:, 0, None, :] == 0) & (apart < 0)
    lost &= theirs["in_post_tols"][:, 0, None, :] > 0  # there was a spike at all
    np.testing.assert_allclose(theirs["traj_dWeights"][lost], -0.02 * np.exp(-apart[lost] / 10.0), rtol=1e-4)
    assert np.abs(theirs["traj_dWeights"][lost]).max() > 0.02


def test_a_spike_at_time_zero_is_seen() -> None:
    """Theirs, once that spike is taken away from ours, and ours where it is: growth, in place of loss."""
    ours, theirs = both("EventSTDP_default")
    assert theirs["in_inputs"][0].any() and theirs["in_postSpike"][0].any()
    path = SMALL / "EventSTDP_default.json"
    told = json.loads(path.read_text())
    arrays = {**theirs, "in_inputs": np.concatenate([0 * theirs["in_inputs"][:1], theirs["in_inputs"][1:]])}
    np.testing.assert_allclose(run_of(arrays, told)["weights"], theirs["traj_weights"], rtol=1e-4)
    first = theirs["init_weights"]
    pre, post = theirs["in_inputs"][0, 0] > 0, theirs["in_postSpike"][0, 0] > 0
    grown = first + 0.01 * (1.0 - 1.01 * first)
    np.testing.assert_allclose(ours["weights"][0][np.ix_(pre, post)], grown[np.ix_(pre, post)], rtol=1e-6)
