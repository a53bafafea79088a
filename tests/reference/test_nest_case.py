"""Our e-prop against NEST's own recordings, weight by weight, in float64."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nest_case import run

ALL = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "nest"
QUICK = ("bsshslm_ce_mix_gd_b1_lw20_avg_regular_tref5", "opt_gd_b3")


def agree(got: Any, want: Any, name: str, tolerance: float = 1e-9) -> None:
    got, want = np.asarray(got, float), np.asarray(want, float)
    assert got.shape == want.shape, name
    assert np.abs(got - want).max() <= tolerance * np.abs(want).max(), name


def check(folder: Path, name: str) -> None:
    path, told = folder / f"{name}.npz", json.loads((folder / f"{name}.json").read_text())
    got = run(path, folder / f"{name}.json")
    with np.load(path) as want:
        compared = [key for key in got if key in want]
        for key in compared:
            agree(got[key], want[key], key)
        if "nest_reference_loss" in want:
            agree(got["loss"], want["nest_reference_loss"], "loss", 1e-8)
        assert {"w_in", "w_rec", "w_out"} <= set(compared) and told
        assert np.any(want["w_rec"][-1] != want["w_rec"][0])


def names(pattern: str) -> list[str]:
    return sorted(path.stem for path in ALL.glob(pattern))


@pytest.mark.parametrize("name", QUICK)
def test_recordings(shared: Path, name: str) -> None:
    check(shared / "fixtures" / "nest", name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*names("bsshslm_*.npz"), *names("opt_*.npz"), *names("full_[es]*.npz")])
def test_all_recordings_of_intervals(shared: Path, name: str) -> None:
    check(shared / "fixtures" / "nest", name)
