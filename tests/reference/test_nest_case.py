"""Our e-prop against NEST's own recordings, weight by weight, in float64."""

from __future__ import annotations

import importlib.util
import json
import sys
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
        compared = [key for key in got if key in want and not ("NODENSE" in name and key.startswith("dense"))]
        for key in compared:  # of steps, recorders may go on for longer
            agree(got[key], want[key][: len(got[key])] if "cont_" in name else want[key], key)
        if "nest_reference_loss" in want:
            batches = np.reshape(got["loss"], (len(want["nest_reference_loss"]), -1))
            agree(batches.mean(axis=1), want["nest_reference_loss"], "loss", 1e-8)
        if "wr_w" in want:  # with what weight each spike was sent
            sent = transmitted(got, want)
            agree(sent, want["wr_w"][want["wr_t"] < len(got["w_in"])], "wr_w")
        assert sum("w_" in key for key in compared) >= 3 or "wr_w" in want


def transmitted(got: Any, want: Any) -> np.ndarray:
    """Our weights for NEST's spikes, in its order: when they arrive, from whom, to whom."""
    t, source, target = (want[f"wr_{key}"] for key in "tsd")
    here = t < len(got["w_in"])
    rec, out = int(want["id_rec"]), int(want["id_out"])
    every = np.zeros((len(got["w_in"]), out + got["w_out"].shape[1], out))
    every[:, rec:out, int(want["id_in"]) : rec] = got["w_in"]
    every[:, rec:out, rec:out] = got["w_rec"]
    every[:, out:, rec:out] = got["w_out"]
    return every[t[here], target[here], source[here]]


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
INTERVALS: dict[str, dict[str, Any]] = {
    "currents, arctan": {"cells": {"I_e": 0.0004, "surrogate_gradient_function": "arctan_derivative"}},
    "resting potentials, arrivals of both kinds": {
        "cells": {"E_L": -0.01, "V_th": 0.02},
        "p_alif": {"regular_spike_arrival": True},
        "p_out": {"E_L": 0.05, "regular_spike_arrival": True},
    },
    "two kinds of cells, Adam": {
        "p_alif": {"tau_m": 35.0, "c_reg": 100.0, "f_target": 20.0, "surrogate_gradient_width": 0.05, "t_ref": 4.0},
        "opt": {"type": "adam", "eta": 0.01, "batch_size": 2, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-5},
    },
    "states outlive, half steps": {"dt": 0.5, "reset": False, "n_lif": 5, "n_alif": 0},
}
STEPS: dict[str, dict[str, Any]] = {
    "refractory input, cutoffs of both kinds, Adam in batches": {
        "model": "eprop_iaf_psc_delta_adapt",
        "p_rec": {
            "t_ref": 3.0, "refractory_input": True, "I_e": 0.004, "eprop_isi_trace_cutoff": 9.0, "V_reset": -0.1,
            "surrogate_gradient_function": "exponential", "adapt_beta": 0.1, "adapt_tau": 50.0, "E_L": 0.02,
            "V_m": 0.02,
        },
        "p_out": {"eprop_isi_trace_cutoff": 4.0, "E_L": 0.1, "V_m": 0.1},
        "opt": {"type": "adam", "eta": 0.005, "batch_size": 3, "beta_1": 0.8, "Wmin": -0.7, "Wmax": 0.7},
    },
    "no rates, arctan, half steps, an error before the first target": {
        "dt": 0.5,
        "pre_on": 1.0,
        "p_rec": {"c_reg": 0.0, "surrogate_gradient_function": "arctan_derivative", "E_L": -70.0, "V_m": -70.0,
                  "V_th": -69.7},
        "opt": {"eta": 0.001},
    },
}  # fmt: skip


@pytest.fixture
def oracles(shared: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """NEST's equations, of intervals and of steps; the second program knows the first by another name."""
    found = []
    for name, alias in (("nest_eprop_bsshslm", "ref_numpy"), ("nest_eprop_continuous", "continuous")):
        spec = importlib.util.spec_from_file_location(alias, shared / "oracles" / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, alias, module)
        spec.loader.exec_module(module)
        found.append(module)
    return found[0], found[1]


def changed(shared: Path, base: str, changes: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(description, arrays that may stay) of a recording with other parameters."""
    m = json.loads((shared / "fixtures" / "nest" / f"{base}.json").read_text())
    for key, value in changes.items():
        for part in ("p_lif", "p_alif") if key == "cells" else (key,):
            m[part] = {**m[part], **value} if isinstance(value, dict) else value
    with np.load(shared / "fixtures" / "nest" / f"{base}.npz") as f:
        return m, {k: f[k] for k in ("b_fb", "w_in0", "w_rec0", "w_out0")}


def ours(folder: Path, m: dict[str, Any], arrays: dict[str, Any]) -> Any:
    np.savez(folder / "case.npz", **arrays)
    (folder / "case.json").write_text(json.dumps(m))
    return run(folder / "case.npz", folder / "case.json")


def bare(arrays: dict[str, Any]) -> dict[str, Any]:
    return {k.removesuffix("0"): v for k, v in arrays.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(INTERVALS))
def test_other_networks(shared: Path, tmp_path: Path, oracles: tuple[Any, Any], name: str) -> None:
    m, arrays = changed(shared, "bsshslm_mse_mix_gd_b1", INTERVALS[name])
    rng = np.random.default_rng(len(name))
    x = rng.random((4, 60, 10)) < 0.15
    x[:, :2] = False
    arrays.update(x=x, target=rng.normal(0.0, 0.3, (4, 60, 2)))
    want = oracles[0].simulate({**m, **bare(arrays)}, 4)
    assert want["z"].sum() > 10
    got = ours(tmp_path, m, arrays)
    for key in ("w_in", "w_rec", "w_out", "g_in", "g_rec", "g_out", "v", "z", "y_vm", "psi", "L"):
        agree(got[key], want[key], key)


@pytest.mark.slow
@pytest.mark.parametrize("name", list(STEPS))
def test_other_networks_online(shared: Path, tmp_path: Path, oracles: tuple[Any, Any], name: str) -> None:
    m, arrays = changed(shared, "cont_eprop_iaf_gd_b1", STEPS[name])
    rng = np.random.default_rng(len(name))
    steps = m["T"] = 70
    arrays.update(x=rng.random((steps, 10)) < 0.15, target=rng.normal(0.0, 1.0, (steps, 2)))
    arrays.update(lwin=(rng.random(steps) < 0.8).astype(float), pre_target=rng.normal(size=2))
    arrays.update({k: np.clip(arrays[k], -0.69, 0.69) for k in ("w_in0", "w_rec0", "w_out0")})
    want = oracles[1].simulate({**m, **bare(arrays)})
    assert want["z"].sum() > 5
    got = ours(tmp_path, m, arrays)
    for key in ("w_in", "w_rec", "w_out", "v", "z", "y", "error"):
        agree(got[key], want[key][: len(got[key])], key)


BASES = {"intervals": "bsshslm_mse_mix_gd_b1", "steps": "cont_eprop_iaf_gd_b1"}
REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown": ("intervals", {"learning_rate": 0.1}, "`learning_rate` is no parameter of this case"),
    "floor": ("intervals", {"p_lif": {"V_min": -0.1}}, "p_lif: `V_min` = -0.1 is not simulated here"),
    "adaptation of cells that do not adapt": ("intervals", {"p_lif": {"adapt_beta": 0.1}}, "p_lif: `adapt_beta` is no"),
    "readout": ("intervals", {"tau_m_readout": 9.0}, "`tau_m_readout` must be `tau_m` of p_out, 15.0, got 9.0"),
    "loss": ("intervals", {"p_out": {"loss": "mse"}}, "`loss` must be one of mean_squared_error, cross_entropy"),
    "start": ("intervals", {"reset": False, "p_lif": {"V_m": 0.01}}, "initial `V_m` and `adaptation`"),
    "surrogate": ("steps", {"p_rec": {"surrogate_gradient_function": "arctan"}}, "must be one of .*got 'arctan'"),
    "model": ("steps", {"model": "eprop_iaf_psc"}, "`model` must be eprop_iaf or eprop_iaf_psc_delta"),
    "forced spikes": ("steps", {"p_rec": {"ignore_and_spike": True}}, "`ignore_and_spike` = True is not simulated"),
    "of another model": ("steps", {"p_rec": {"V_reset": 0.0}}, "p_rec: `V_reset` is no parameter of this case"),
    "optimiser": ("steps", {"opt": {"momentum": 0.5}}, "unknown parameter of NEST's optimiser .*'momentum'"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_nothing_is_ignored(shared: Path, tmp_path: Path, name: str) -> None:
    base, changes, text = REFUSED[name]
    m, arrays = changed(shared, BASES[base], changes)
    with np.load(shared / "fixtures" / "nest" / f"{BASES[base]}.npz") as f:
        arrays.update(x=f["x"], target=f["target"])
    with pytest.raises(ValueError, match=text):
        ours(tmp_path, m, arrays)
