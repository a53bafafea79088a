"""Our gradients against mlGeNN's own recordings, and against a restatement of its arithmetic on further networks.

The recordings in `data/mlgenn` are three of those in the shared folder, cut to what is used here. mlGeNN's faults that
the comparison meets are named where they are left out; see also `mlgenn_case`.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlgenn_case import gradients, gradients_of, true_scale

SMALL = Path(__file__).parent / "data" / "mlgenn"
ALL = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "mlgenn"
SCE, MSE, RELATIVE = "sparse_categorical_crossentropy", "mean_square_error", "RelativeMeanSquareError"
TIMES = {"readout": "first_spike_time", "out_lif": True}
HOT = {"ttfs_alpha": 0.01, "softmax_temperature": 0.5}
BOUNDED = {"reg_lambda_upper": 1e-3, "reg_lambda_lower": 2e-3, "reg_nu_upper": 2}


def names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("ep_*.npz"))


def agree(got: Any, want: Any, scale: float) -> None:
    """Cosine similarity at least 0.995 and true scale within 5 %; where mlGeNN's is zero, so is ours."""
    got, want = np.ravel(got), scale * np.ravel(np.asarray(want, float))
    if not want.any():
        assert not got.any()
        return
    cosine = got @ want / np.sqrt((got @ got) * (want @ want))
    assert cosine >= 0.995, cosine
    assert abs(got @ want / (want @ want) - 1.0) < 0.05, got @ want / (want @ want)


def check_recording(folder: Path, name: str) -> None:
    path, told = folder / f"{name}.npz", json.loads((folder / f"{name}.json").read_text())
    got = gradients(path, folder / f"{name}.json")
    with np.load(path) as recorded:
        want = {key.removeprefix("grad_"): recorded[key][1] for key in recorded if key.startswith("grad_")}
    assert set(got) == {"loss", *want}
    for key, gradient in want.items():
        stalled = 5 if name == "ep_avg_var_lastspike" and key == "ih" else 0
        agree(got[key][stalled:], gradient[stalled:], true_scale(told))
    if "ce_loss_per_trial" in told and not told["compiler_kwargs"].get("per_timestep_loss"):
        late = 1e-3 if told["out_lif"] else 1e-6  # our first-spike loss has the cost of late spikes in it
        assert abs(got["loss"] - told["ce_loss_per_trial"][0]) < late * max(1.0, got["loss"])


@pytest.mark.parametrize("name", names(SMALL))
def test_recordings(name: str) -> None:
    check_recording(SMALL, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", names(ALL))
def test_all_recordings(shared: Path, name: str) -> None:
    check_recording(shared / "fixtures" / "mlgenn", name)


@pytest.mark.slow
def test_a_spike_in_the_last_step_takes_nothing_away(shared: Path) -> None:
    """Inputs 0 to 4 of this recording spike in the last step too, which is too late for any effect: its loss is that of
    `ep_avg_var`, and so must the gradient be. mlGeNN's is 0 there: the backward pass waits for a time before its start
    to take that spike off the stack, and never gets to the others."""
    folder = shared / "fixtures" / "mlgenn"
    got = gradients(folder / "ep_avg_var_lastspike.npz", folder / "ep_avg_var_lastspike.json")
    with np.load(folder / "ep_avg_var_lastspike.npz") as late, np.load(folder / "ep_avg_var.npz") as without:
        assert not late["grad_ih"][1][:5].any() and without["grad_ih"][1][:5].any()
        agree(got["ih"], without["grad_ih"][1], 20.0)


# --- networks that are in no recording --------------------------------------------------------------------------
def network(seed: int, dt: float = 1.0, recurrent: bool = True, **described: Any) -> tuple[dict[str, Any], Any]:
    """(arrays, description) like those of a recording: 20 inputs, 10 hidden cells, 3 outputs, 50 ms, 3 spikes each."""
    rng = np.random.default_rng(seed)
    m = {
        "readout": "avg_var", "loss": SCE, "out_lif": False, "compiler_kwargs": {}, "delays": None,
        "learn_delay": False, "label": int(rng.integers(3)), "T": round(50.0 / dt), "dt": dt, "tau_mem": 20.0,
        "tau_syn": 5.0, "hidden": "lif", "n_trials": 2, "optimiser": ["sgd", 0.01], **described,
    }  # fmt: skip
    to_output = np.abs(rng.normal(0.9, 0.6, (10, 3))) if m["out_lif"] else rng.normal(0.0, 0.5, (10, 3))
    f: dict[str, Any] = {"w_ih": rng.normal(0.27, 0.27, (20, 10)), "w_ho": to_output, "y_true": np.array(1)}
    if recurrent:
        f["w_hh"] = rng.normal(0.0, 0.2, (10, 10))
    if m["delays"]:
        f["d_ih"] = rng.uniform(0.0, m["delays"], (20, 10))
    if m["loss"] == MSE:
        f["y_true"] = rng.normal(0.0, 1.0, (m["T"], 3))
    spikes = np.zeros((m["T"], 20), np.uint8)
    for unit in range(20):
        spikes[rng.choice(round(37.0 / dt), 3, replace=False), unit] = 1
    return {**f, "in_spikes": np.stack([spikes, spikes])}, m


def check_against_restatement(shared: Path, f: dict[str, Any], m: Any) -> None:
    spec = importlib.util.spec_from_file_location("mlgenn_discretised", shared / "oracles" / "mlgenn_discretised.py")
    assert spec is not None and spec.loader is not None
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    recorded, want, _ = oracle.eventprop(f, m)
    assert not recorded["hid_spikes"][0][-1].any()  # else mlGeNN loses a cell, see above
    got = gradients_of(f, m)
    assert set(got) - {"loss"} == {key[2:] for key in f if key[:2] == "w_"} | ({"delay_ih"} if "d_ih" in f else set())
    for key in set(got) - {"loss"}:
        assert want[1][key].any()
        agree(got[key], want[1][key], true_scale(m))


@pytest.mark.parametrize("name", ["recurrent, regularised, dt 0.5", "first spikes, silent label"])
def test_other_networks(shared: Path, name: str) -> None:
    if name.startswith("recurrent"):
        f, m = network(0, dt=0.5, compiler_kwargs=BOUNDED)
    else:
        f, m = network(1, loss=SCE, compiler_kwargs=HOT, **TIMES)
        f["w_ho"][:, m["label"]] *= 0.2
    check_against_restatement(shared, f, m)


@pytest.mark.slow
@pytest.mark.parametrize("dt", [1.0, 0.5])
@pytest.mark.parametrize(
    "described",
    [
        pytest.param({"readout": "sum_var"}, id="sum"),
        pytest.param({"readout": "max_var"}, id="max"),
        pytest.param({"readout": "avg_var_exp_weight"}, id="exp_weight"),
        pytest.param({"readout": "sum_var", "compiler_kwargs": BOUNDED}, id="sum, regularised"),
        pytest.param({"compiler_kwargs": {"per_timestep_loss": True}}, id="per_step"),
        pytest.param({"readout": "var", "loss": MSE, "compiler_kwargs": BOUNDED}, id="square_error, regularised"),
        pytest.param({"compiler_kwargs": HOT | BOUNDED, **TIMES}, id="first_spike, regularised"),
        pytest.param({"loss": RELATIVE, **TIMES}, id="relative_error"),
        pytest.param({"delays": 6, "learn_delay": True}, id="delays"),
    ],
)
def test_recurrent_networks(shared: Path, dt: float, described: dict[str, Any]) -> None:
    check_against_restatement(shared, *network(3, dt, **described))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [5, 6])
def test_more_seeds(shared: Path, seed: int) -> None:
    check_against_restatement(shared, *network(seed))


def test_what_is_no_recording_of_eventprop_is_refused() -> None:
    f, m = network(0)
    with pytest.raises(ValueError, match="needs hidden cells 'lif', got 'alif'"):
        gradients_of(f, {**m, "hidden": "alif"})
