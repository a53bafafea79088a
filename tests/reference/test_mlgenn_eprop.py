"""Our gradients against mlGeNN's own recordings of e-prop, and against a restatement of its arithmetic.

The recordings in `data/mlgenn` are two of those in the shared folder, cut to the first trial.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlgenn_case import gradients, gradients_of

SMALL = Path(__file__).parent / "data" / "mlgenn"
ALL = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "mlgenn"


def check(folder: Path, name: str) -> None:
    got = gradients(folder / f"{name}.npz", folder / f"{name}.json")
    with np.load(folder / f"{name}.npz") as recorded:
        for key in (key for key in ("ih", "hh", "ho") if f"w_{key}" in recorded):
            want = recorded[f"grad_{key}"][0]
            assert np.abs(got[key] - want).max() < 1e-5 * np.abs(want).max(), key


@pytest.mark.parametrize("name", sorted(path.stem for path in SMALL.glob("eprop_*.npz")))
def test_recordings(name: str) -> None:
    check(SMALL, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(path.stem for path in ALL.glob("eprop_*.npz")))
def test_all_recordings(shared: Path, name: str) -> None:
    check(shared / "fixtures" / "mlgenn", name)


@pytest.mark.parametrize("hidden", ["lif", "alif"])
def test_recurrent_networks_with_rates(shared: Path, hidden: str) -> None:
    """dt 0.5 ms, no recording has it; the restatement equals every recording to their rounding."""
    spec = importlib.util.spec_from_file_location("mlgenn_discretised", shared / "oracles" / "mlgenn_discretised.py")
    assert spec is not None and spec.loader is not None
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    told = json.loads((SMALL / "eprop_lif_sum_var.json").read_text())
    m: dict[str, Any] = {**told, "hidden": hidden, "dt": 0.5, "compiler_kwargs": {"c_reg": 0.05, "tau_reg": 60.0}}
    with np.load(SMALL / "eprop_lif_sum_var.npz") as recorded:
        f = {key: recorded[key] for key in ("w_ih", "w_ho", "y_true", "in_spikes")}
    f["w_hh"] = np.random.default_rng(1).normal(0.0, 0.05, (10, 10))
    m["n_trials"] = 1
    recorded, want, _ = oracle.eprop(f, m)
    assert np.sum(recorded["hid_spikes"]) > 30
    got = gradients_of(f, m)
    for key in ("ih", "hh", "ho"):
        assert np.abs(got[key] - want[0][key]).max() < 1e-9 * np.abs(want[0][key]).max(), key
