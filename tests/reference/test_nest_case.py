"""Our e-prop against NEST's own recordings, weight by weight, in float64."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nest_case import run

ALL = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "nest"
QUICK = ("bsshslm_ce_mix_gd_b1_lw20_avg_regular_tref5", "cont_eprop_iaf_psc_delta_adapt_adam_b1")


def agree(got: Any, want: Any, name: str, tolerance: float = 1e-9) -> None:
    got, want = np.asarray(got, float), np.asarray(want, float)
    assert got.shape == want.shape, name
    assert np.abs(got - want).max() <= tolerance * np.abs(want).max(), name


def check(folder: Path, name: str) -> None:
    path = folder / f"{name}.npz"
    got = run(path, folder / f"{name}.json")
    with np.load(path) as want:
        compared = [key for key in got if key in want]
        for key in compared:
            rows = (
                len(got[key]) if "z" in want and len(got[key]) < len(want[key]) else None
            )  # of what is recorded later
            if "NODENSE" not in name or key.startswith("dense"):
                agree(got[key], want[key][:rows], key)
        if "nest_reference_loss" in want:
            agree(got["loss"], want["nest_reference_loss"], "loss", 1e-8)
        assert sum("w_" in key for key in compared) >= 3


def names(pattern: str) -> list[str]:
    return sorted(path.stem for path in ALL.glob(pattern))


@pytest.mark.parametrize("name", QUICK)
def test_recordings(shared: Path, name: str) -> None:
    check(shared / "fixtures" / "nest", name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*names("bsshslm_*.npz"), *names("opt_*.npz"), *names("full_[es]*.npz")])
def test_all_recordings_of_intervals(shared: Path, name: str) -> None:
    check(shared / "fixtures" / "nest", name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*names("cont_*.npz"), *names("full_cont_*.npz")])
def test_all_recordings_of_steps(shared: Path, name: str) -> None:
    check(shared / "fixtures" / "nest", name)
