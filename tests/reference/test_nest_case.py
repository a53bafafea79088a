"""Our e-prop against NEST's own recordings, weight by weight, in float64."""

from __future__ import annotations

import importlib.util
import json
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
            batches = np.reshape(got["loss"], (len(want["nest_reference_loss"]), -1))
            agree(batches.mean(axis=1), want["nest_reference_loss"], "loss", 1e-8)
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


# --- networks that are in no recording, against NEST's equations restated -----------------------------------------
INTERVALS = {
    "currents, arctan": {"cells": {"I_e": 0.0004, "surrogate_gradient_function": "arctan_derivative"}},
    "resting potentials, arrival at the end": {
        "cells": {"E_L": -0.01, "V_th": 0.02},
        "p_out": {"E_L": 0.05, "regular_spike_arrival": True},
    },
    "two kinds of cells, Adam": {
        "p_alif": {"tau_m": 35.0, "c_reg": 100.0, "f_target": 20.0, "surrogate_gradient_width": 0.05, "t_ref": 4.0},
        "opt": {"type": "adam", "eta": 0.01, "batch_size": 2, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-5},
    },
    "states outlive, half steps": {"dt": 0.5, "reset": False, "n_lif": 5, "n_alif": 0},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(INTERVALS))
def test_other_networks(shared: Path, tmp_path: Path, name: str) -> None:
    base = shared / "fixtures" / "nest" / "bsshslm_mse_mix_gd_b1"
    m = json.loads(base.with_suffix(".json").read_text())
    for key, value in INTERVALS[name].items():
        for part in ("p_lif", "p_alif") if key == "cells" else (key,):
            m[part] = {**m[part], **value} if isinstance(value, dict) else value
    rng = np.random.default_rng(len(name))
    with np.load(base.with_suffix(".npz")) as f:
        arrays = {k: f[k] for k in ("b_fb", "w_in0", "w_rec0", "w_out0")}
    x = rng.random((4, 60, 10)) < 0.15
    x[:, :2] = False
    arrays.update(x=x, target=rng.normal(0.0, 0.3, (4, 60, 2)))
    spec = importlib.util.spec_from_file_location("ref", shared / "oracles" / "nest_eprop_bsshslm.py")
    assert spec is not None and spec.loader is not None
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    told = {k.removesuffix("0"): v for k, v in arrays.items()}
    want = oracle.simulate({**m, **told}, 4)
    assert want["z"].sum() > 10
    np.savez(tmp_path / "case.npz", **arrays)
    (tmp_path / "case.json").write_text(json.dumps(m))
    got = run(tmp_path / "case.npz", tmp_path / "case.json")
    for key in ("w_in", "w_rec", "w_out", "g_in", "g_rec", "g_out", "v", "z", "y_vm"):
        agree(got[key], want[key], key)
