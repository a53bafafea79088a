"""Our components against ngc-learn's recordings, and against a restatement of its arithmetic with other arguments.

The recordings in `data/ngclearn` are those of the shared folder, cut to what is used here. Where ngc-learn computes
something else than it says, `differences` names it; what ours is there is compared with the value meant.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ngclearn_case import ARGUMENTS, CASES, RANDOM, differences, differences_of, run, run_of

SMALL = Path(__file__).parent / "data" / "ngclearn"
CHAOTIC = ("AdEx", "Izh", "HH")  # of which 50 steps are compared


def names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.npz") if not path.stem.startswith("optim"))


def near(got: Any, want: Any, rtol: float = 1e-4) -> bool:
    want = np.asarray(want, float).reshape(np.shape(got))
    return bool(np.all(np.abs(got - want) <= rtol * np.maximum(np.abs(want), 0.1 * np.abs(want).max(initial=1e-9))))


def check_recording(folder: Path, name: str) -> None:
    ours, wrong = run(folder / f"{name}.npz", folder / f"{name}.json"), differences(folder / f"{name}.json")
    steps = 50 if name.startswith(CHAOTIC) else 100
    with np.load(folder / f"{name}.npz") as recorded:
        compared = [k for k in ours if f"traj_{k}" in recorded]
        agree = {k: near(ours[k][:steps], recorded[f"traj_{k}"][:steps]) for k in compared}
    assert compared
    assert all(agree[k] or k in wrong for k in compared), agree
    assert set(wrong) & set(compared) <= {k for k in compared if not agree[k]}, "no difference after all"


@pytest.mark.parametrize("name", names(SMALL))
def test_recordings(name: str) -> None:
    check_recording(SMALL, name)


def test_the_recordings_of_the_shared_folder(shared: Path) -> None:
    folder, found = shared / "fixtures" / "ngclearn", 0
    for path in sorted(folder.glob("*.json")):
        told = json.loads(path.read_text())
        if told.get("cls", "").rpartition(".")[2] in CASES:
            check_recording(folder, path.stem)
            found += 1
    assert found >= len(names(SMALL))


def test_an_exponential_kernel_is_theirs_once_time_zero_is_forgotten() -> None:
    path = SMALL / "ExpKernel_default"
    ours = run(path.with_suffix(".npz"), path.with_suffix(".json"))["epsp"]
    with np.load(path.with_suffix(".npz")) as recorded:
        theirs, s = recorded["traj_epsp"].astype(float), recorded["in_inputs"].astype(float)
    assert near(ours[4:], theirs[4:])
    ages = np.arange(4)
    meant = np.stack([sum(s[n - k] * np.exp(-k / 500.0) for k in ages if n >= k) for n in range(len(s))])
    np.testing.assert_allclose(ours, meant, rtol=1e-12, atol=1e-15)


def test_the_slope_by_a_probability_is_the_one_of_the_likelihood() -> None:
    path = SMALL / "BernoulliError_default"
    ours = run(path.with_suffix(".npz"), path.with_suffix(".json"))["dp"]
    with np.load(path.with_suffix(".npz")) as f:
        p, x, theirs = (f[k].astype(float) for k in ("in_p", "in_target", "traj_dp"))
    np.testing.assert_allclose(ours, x / p - (1 - x) / (1 - p), rtol=1e-6)
    sigmoid = 1 / (1 + np.exp(-p))
    np.testing.assert_allclose(theirs, ours * sigmoid * (1 - sigmoid), rtol=1e-5)


# --- other arguments ------------------------------------------------------------------------------------------------
def told(kind: str, dt: float = 1.0, n: int = 4, steps: int = 100, **kwargs: Any) -> dict[str, Any]:
    return {
        "name": kind, "cls": f"ngclearn.components.{kind}", "kwargs": {"n_units": n, **kwargs}, "dt": dt, "T": steps,
        "methods_per_step": ["advance_state"],
    }  # fmt: skip


def waves(high: float, steps: int = 100, n: int = 4) -> np.ndarray:
    t, rng = np.arange(steps)[:, None, None], np.random.default_rng(0)
    return high * (0.5 + 0.5 * np.sin(t / rng.uniform(5, 15, n) + rng.uniform(0, 6, n)))


def events(steps: int = 100, n: int = 4) -> np.ndarray:
    return (np.random.default_rng(1).random((steps, 1, n)) < 0.2).astype(float)


def starts(**values: float) -> dict[str, np.ndarray]:
    return {f"init_{k}": np.full((1, 4), float(v)) for k, v in values.items()}


@pytest.mark.parametrize(
    "other",
    [
        {"refract_time": 3.0, "theta_plus": 1.5, "tau_theta": 30.0},
        {"conduct_leak": 0.5, "resist_m": 1.7, "v_min": -63.0, "refract_time": 0.0},
        {"integration_type": "midpoint", "thr": -55.0, "v_reset": -66.0, "refract_time": 2.0},
    ],
    ids=["adaptive", "leak", "midpoint"],
)
def test_leaky_cells(other: dict[str, Any]) -> None:
    m, j = told("LIFCell", tau_m=15.0, **other), waves(60.0)
    a = {**ARGUMENTS["LIFCell"], **m["kwargs"]}
    got = run_of({"in_j": j, **starts(v=-65, rfr=a["refract_time"], thr_theta=0)}, m)
    v, rfr, theta = np.full((1, 4), -65.0), np.full((1, 4), a["refract_time"]), np.zeros((1, 4))
    fired = 0.0
    for n in range(100):
        drive = j[n] * a["resist_m"] * (rfr >= a["refract_time"])
        push, g = a["conduct_leak"] * a["v_rest"] + drive, a["conduct_leak"]
        middle = v + 0.5 * (push - g * v) / 15.0 if a["integration_type"] == "midpoint" else v
        v = v + (push - g * middle) / 15.0
        s = (v > a["thr"] + theta) * 1.0
        v, rfr = np.where(s > 0, a["v_reset"], v), (rfr + 1.0) * (1 - s)
        v = v if a["v_min"] is None else np.maximum(v, a["v_min"])
        theta = theta * np.exp(-1 / a["tau_theta"]) + a["theta_plus"] * s
        fired += s.sum()
        for key, value in {"v": v, "s": s, "s_raw": s, "rfr": rfr, "thr_theta": theta}.items():
            np.testing.assert_allclose(got[key][n], value, rtol=1e-9, atol=1e-12, err_msg=f"{key} at {n}")
    assert fired > 5 and differences_of(m) == {}


def test_the_choice_of_one_spike_among_several_is_left_out() -> None:
    start = {"in_j": waves(60.0), **starts(v=-65, rfr=5, thr_theta=0)}
    every, one = (run_of(start, told("LIFCell", tau_m=15.0, one_spike=chosen)) for chosen in (False, True))
    assert set(every) - set(one) == {"s", "tols"} and every["s_raw"].sum(2).max() > 1
    for key in one:
        np.testing.assert_array_equal(one[key], every[key])


def test_adaptive_exponential_cells() -> None:
    m, j = told("AdExCell", dt=0.25, tau_m=10.0, resist_m=2.0, tau_w=100.0, a=0.3, b=1.5, steps=400), waves(20.0, 400)
    got = run_of({"in_j": j, **starts(v=-70, w=0)}, m)
    v, w, fired = np.full((1, 4), -70.0), np.zeros((1, 4)), 0.0
    for n in range(400):
        dv = (-(v + 72) + 2 * np.exp((v + 55) / 2) - 2 * w + 2 * j[n]) / 10.0
        v, w = v + 0.25 * dv, w + 0.25 * (-w + 0.3 * (v + 72)) / 100.0
        s = (v > 5) * 1.0
        v, w = np.where(s > 0, -75.0, v), w + 1.5 * s
        fired += s.sum()
        np.testing.assert_array_equal(got["s"][n], s)
        if n < 50:
            np.testing.assert_allclose(got["v"][n], v, rtol=1e-4)
            np.testing.assert_allclose(got["w"][n], w, rtol=1e-4, atol=1e-6)
    assert fired > 3


def test_integrate_and_fire_cells() -> None:
    m, j = told("IFCell", tau_m=12.0, resist_m=1.4, refract_time=3.0, v_reset=-70.0), waves(40.0) - 10.0
    got = run_of({"in_j": j, **starts(v=-65, rfr=3)}, m)
    v, rfr, fired = np.full((1, 4), -65.0), np.full((1, 4), 3.0), 0.0
    for n in range(100):
        v = v + 1.4 * j[n] * (rfr >= 3.0) / 12.0
        s = (v > -52.0) * 1.0
        v, rfr = np.maximum(np.where(s > 0, -70.0, v), -65.0), (rfr + 1.0) * (1 - s)
        fired += s.sum()
        np.testing.assert_array_equal(got["s"][n], s)
        np.testing.assert_allclose(got["v"][n], v, rtol=1e-6)
    assert fired > 5 and differences_of(m) == {}
    assert set(differences_of(told("IFCell", tau_m=12.0, lower_clamp_voltage=False))) == {"v", "s", "rfr", "tols"}


def test_simplified_leaky_cells() -> None:
    w = np.random.default_rng(2).random((4, 4))
    others: list[dict[str, Any]] = [{"thr_gain": 0.02, "thr_leak": 0.001}, {"rho_b": 0.01, "sticky_spikes": True}]
    for other in others:
        m = told("SLIFCell", tau_m=15.0, resist_m=4.0, thr=0.4, resist_inh=0.3, refract_time=2.0, **other)
        j = waves(0.6)
        got = run_of({"in_j": j, "const_inh_weights": w, **starts(v=0, s=0, rfr=2, thr=0.4)}, m)
        v, s, rfr, thr = np.zeros((1, 4)), np.zeros((1, 4)), np.full((1, 4), 2.0), np.full((1, 4), 0.4)
        for n in range(100):
            mask = (rfr >= 2.0) * 1.0
            v = v + (-v + 4.0 * j[n] - 0.3 * s @ w) / 15.0 * mask
            raw = (v > thr) * 1.0
            v = v * (1 - raw)
            if "rho_b" in other:
                thr, s = np.maximum(thr + (raw.sum() - 1.0) * 0.01, 0.025), raw * mask + 1 - mask
            else:
                thr, s = thr + 0.02 * raw - 0.001 * thr, raw
            rfr = (rfr + 1.0) * (1 - raw) + raw
            for key, value in {"v": v, "s": s, "rfr": rfr, "thr": thr}.items():
                np.testing.assert_allclose(got[key][n], value, rtol=1e-9, atol=1e-12, err_msg=f"{key} at {n}")
        assert got["s"].any()


def test_cells_that_step_one_variable_after_the_other() -> None:
    m, j = told("RAFCell", dt=0.05, omega=6.0, dampen_factor=-0.5, tau_v=1.5, resist_v=2.0, w_reset=0.2), waves(4.0)
    got = run_of({"in_j": j, **starts(v=0, w=0)}, m)
    v, w, fired = np.zeros((1, 4)), np.zeros((1, 4)), 0.0
    for n in range(100):
        w = w + 0.05 * (-0.5 * w - 6.0 * v + 2.0 * j[n])
        v = v + 0.05 * (6.0 * w - 0.5 * v) / 1.5
        s = (v > 1.0) * 1.0
        v, w = v * (1 - s), np.where(s > 0, 0.2, w)
        fired += s.sum()
        np.testing.assert_allclose([got["v"][n], got["w"][n]], [v, w], rtol=1e-9, atol=1e-12)
    assert fired > 3


def test_hodgkin_huxley_gates_at_their_removable_points() -> None:
    """At v = 10 and 25 mV the rates are 0 / 0 there; ours have their limits."""
    m = told("HodgkinHuxleyCell", dt=0.01, steps=1, tau_v=1.0)
    m["T"] = 1
    at = {"init_v": np.array([[10.0, 25.0, 10.0, 25.0]]), **starts(n=0, m=0, h=0)}
    got = run_of({"in_j": np.zeros((1, 1, 4)), **at}, m)
    np.testing.assert_allclose(got["n"][0, 0, 0], 0.01 * 0.1, rtol=1e-9)
    np.testing.assert_allclose(got["m"][0, 0, 1], 0.01 * 1.0, rtol=1e-9)
    assert all(np.isfinite(v).all() for v in got.values())


@pytest.mark.parametrize(
    "other, factor",
    [
        ({"a_delta": 0.3, "decay_type": "lin"}, 1 - 1 / 12.0),
        ({"a_delta": 0.3, "gamma_tr": 0.8}, 0.8 * np.exp(-1 / 12.0)),
        ({"a_delta": 0.3, "gamma_tr": 0.8, "decay_type": "lin"}, 0.8 * (1 - 1 / 12.0)),
        ({"a_delta": 0.3, "decay_type": "step"}, 0.0),
        ({"a_delta": 0.0, "P_scale": 2.0}, np.exp(-1 / 12.0)),
    ],
    ids=["linear", "gamma", "linear_gamma", "step", "set"],
)
def test_traces(other: dict[str, Any], factor: float) -> None:
    m, s = told("VarTrace", tau_tr=12.0, **other), events()
    got = run_of({"in_inputs": s, **starts(trace=0)}, m)
    x = np.zeros((1, 4))
    for n in range(100):
        x = x * factor
        a = other["a_delta"]
        x = x + a * s[n] if a > 0 else x * (1 - s[n]) + other["P_scale"] * s[n]
        np.testing.assert_allclose(got["trace"][n], x, rtol=1e-9, atol=1e-12)
    assert differences_of(m) == {}


def test_rate_cells() -> None:
    j, td = waves(2.0), -waves(0.7)
    for act, f, slope in (
        ("tanh", np.tanh, lambda z: 1 - np.tanh(z) ** 2),
        ("relu", lambda z: np.maximum(z, 0), lambda z: (z >= 0) * 1.0),
    ):
        told_to: dict[str, Any] = {
            "prior": ["cauchy", 0.3],
            "act_fx": act,
            "output_scale": 0.5,
            "threshold": ["soft_threshold", 0.01],
        }
        m = told("RateCell", tau_m=8.0, resist_scale=1.3, **told_to)
        got = run_of({"in_j": j, "in_j_td": td, **starts(z=0)}, m)
        z = np.zeros((1, 4))
        for n in range(100):
            z = z + (-0.3 * 2 * z / (1 + z**2) + 1.3 * j[n] * slope(z) + td[n]) / 8.0
            z = np.maximum(z - 0.01, 0) - np.maximum(-z - 0.01, 0)
            np.testing.assert_allclose(got["z"][n], z, rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(got["zF"][n], 0.5 * f(z), rtol=1e-9, atol=1e-12)
    m = told("RateCell", tau_m=0.0, act_fx="sigmoid")
    got = run_of({"in_j": j, "in_j_td": td, **starts(z=0)}, m)
    np.testing.assert_allclose(got["zF"], 1 / (1 + np.exp(-(j + td))), rtol=1e-12)


def test_error_cells() -> None:
    p, x = waves(1.0), waves(3.0)[::-1]
    on = {"init_modulator": np.full((1, 4), 1.0), "init_mask": np.full((1, 4), 1.0)}
    got = run_of({"in_mu": p, "in_target": x, **on}, told("GaussianErrorCell", sigma=2.5))
    np.testing.assert_allclose(got["dmu"], (x - p) / 2.5)
    np.testing.assert_allclose(got["L"], -0.5 * ((x - p) ** 2).sum((1, 2)) / 2.5)
    got = run_of({"in_shift": p, "in_target": x, **on}, told("LaplacianErrorCell", scale=2.5))
    np.testing.assert_allclose(got["dshift"], np.sign(x - p) / 2.5)
    np.testing.assert_allclose(got["L"], -np.abs(x - p).sum((1, 2)) / 2.5)
    got = run_of({"in_p": x, "in_target": p, **on}, told("BernoulliErrorCell", input_logits=True))
    np.testing.assert_allclose(got["dp"], p - 1 / (1 + np.exp(-x)), rtol=1e-12)
    got = run_of({"in_reward": x, **starts(mu=0)}, told("RewardErrorCell", alpha=0.3, use_online_predictor=False))
    np.testing.assert_allclose(got["rpe"], x)
    np.testing.assert_allclose(got["accum_reward"], np.cumsum(x, 0))


def test_encoders() -> None:
    x = np.broadcast_to([0.03, 0.31, 0.62, 0.97], (100, 1, 4))
    got = run_of({"in_inputs": x}, told("TTFSCell", num_steps=60, latency_mode="logarithmic"))
    due = np.round(np.log(x[0]) / np.log(0.01) * 59)
    np.testing.assert_array_equal(np.argmax(got["outputs"], 0), due)
    np.testing.assert_array_equal(got["target_spike_times"][0], due)
    m = told("LatencyCell", tau=30.0, threshold=0.1, first_spike_time=4.0, linearize=True, clip_spikes=True)
    got = run_of({"in_inputs": x}, m)
    due = 4 + 30 * (1 - np.maximum(x[0], 0.1))
    np.testing.assert_allclose(got["targ_sp_times"][0], due, rtol=1e-9)
    np.testing.assert_array_equal(np.argmax(got["outputs"], 0)[0, 1:], np.round(due[0, 1:]))
    assert not got["outputs"][..., 0].any()
    m = told("LatencyCell", tau=30.0, threshold=0.1, num_steps=100.0)
    got = run_of({"in_inputs": x}, m)
    above = x[0, 0, 1:]
    np.testing.assert_allclose(got["targ_sp_times"][0, 0, 1:], 30 * np.log(above / (above - 0.1)), rtol=1e-9)
    assert set(differences_of(m)) == {"targ_sp_times", "outputs", "tols"}


def test_what_has_no_counterpart_is_refused_by_name() -> None:
    for kind in RANDOM:
        with pytest.raises(ValueError, match=f"{kind} draws random numbers"):
            run_of({}, told(kind))
    with pytest.raises(ValueError, match="no case for PatchedSynapse; there are TTFSCell"):
        run_of({}, told("PatchedSynapse"))
    with pytest.raises(ValueError, match="RateCell with Wl_eta has no counterpart here"):
        run_of({}, told("RateCell", tau_m=1.0, Wl_eta=0.1))
