"""NEST's continuous e-prop (`eprop_iaf` and others with "additional biological features"): weights change every step.

`EPropCompiler(conventions="nest_continuous", mode="online")`, with NEST's optimiser, one trial for the whole recording.
NEST's update step t is our step t: it hears input t - 2, which is fed in our step t - 1, and pairs with target t - 3;
its spikes are sent by the weights that our steps before t have left. What else stands for its arithmetic:

    rates       in spikes per ms, their targets per step: c_reg / dt and f_target dt are ours (the same for dt = 1).
    currents    act from the second step on, but in `psc_delta`: v starts so that they do.
    readout     takes events whole, `j` takes a part 1 - exp(-dt / tau_m) of them: scaled.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from nest_network import Population, check_keys, population

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler
from ngcsnn.components import DenseSynapse, LICell, SpikeSource
from ngcsnn.optim import nest_optimiser

FIRST, AFTER = 2, 4  # steps before the first input, and steps longer than the inputs
WEIGHTS = ("w_in", "w_rec", "w_out")
KEYS = {"model", "T", "dt", "n_in", "n_rec", "n_out", "p_rec", "p_out", "opt", "pre_on"}
OUTPUT = {"C_m": 250.0, "E_L": 0.0, "I_e": 0.0, "tau_m": 10.0, "eprop_isi_trace_cutoff": np.inf}
Arrays = dict[str, Any]


def run_online(f: Arrays, m: dict[str, Any]) -> Arrays:
    """What the recording stores: a row for each of NEST's update steps."""
    check_keys("recording", m, KEYS)
    check_keys("p_out", m["p_out"], {*OUTPUT, "V_m"})
    dt, model, steps = m.get("dt", 1.0), m["model"].removeprefix("eprop_"), m["T"] + AFTER
    if model.removesuffix("_adapt") not in ("iaf", "iaf_psc_delta"):
        raise ValueError(f"`model` must be eprop_iaf or eprop_iaf_psc_delta, or one of them with _adapt, got {model!r}")
    parts = [("p_rec", m["n_rec"], m["p_rec"], model.endswith("_adapt"))]
    cells = population(parts, "psc_delta" if "psc_delta" in model else "iaf", dt)
    out = {**OUTPUT, **m["p_out"]}
    net = build(f, m, cells, out)
    target, on = targets(f, m, steps)
    cutoffs = {"cells": cells.one("eprop_isi_trace_cutoff"), "output": out["eprop_isi_trace_cutoff"]}
    compiled: Any = EPropCompiler(
        steps, {"output": "mean_square_error"}, {"output": {"var": {"integral": "steps"}}}, batch_size=1,
        optimiser=nest_optimiser(**{"optimize_each_step": True, **m["opt"]}), mode="online",
        conventions="nest_continuous", surrogate=cells.surrogate(), learning_window=on,
        kappa=cells.one("kappa"),
        **rates(cells),
        eprop_isi_trace_cutoff={k: v for k, v in cutoffs.items() if np.isfinite(v)} or None,
        feedback="random", feedback_weights={"cells": f["b_fb"].astype(float)},
        trainable=[f"{name}.weights" for name in WEIGHTS],
    ).compile(net)  # fmt: skip
    start = cells.start("cells")
    if cells.model == "iaf":
        start["cells.v"] = start["cells.v"] - cells.current / np.exp(-dt / cells["tau_m"])
    drive = out["tau_m"] / out["C_m"] * out["I_e"]
    first = np.broadcast_to(out.get("V_m", out["E_L"]), m["n_out"]) - drive * np.expm1(dt / out["tau_m"])
    compiled.start_from({**start, "output.v": first})
    x = np.zeros((1, steps, m["n_in"]))
    x[0, FIRST - 1 : FIRST - 1 + m["T"]] = f["x"]
    before = {name: np.asarray(net.components[name].weights.get())[None] for name in WEIGHTS}
    record = ["cells.v", "cells.a", "cells.s", "cells.refrac", "output.v", *(f"{name}.weights" for name in WEIGHTS)]
    r = compiled.train_recorded({"input": x}, {"output": target[None]}, record)
    return seen(r, before, f, m, cells, target, on)


def rates(cells: Population) -> dict[str, Any]:
    """What the compiler is told of the rate term; nothing where it has no strength."""
    if not np.any(cells["c_reg"]):
        return {}
    c_reg, f_target = cells["c_reg"] / cells.dt, cells["f_target"] * cells.dt
    return {"c_reg": {"cells": c_reg}, "f_target": {"cells": f_target}, "kappa_reg": cells.one("kappa_reg")}


def build(f: Arrays, m: dict[str, Any], cells: Population, out: dict[str, Any]) -> ng.Context:
    n_in, n, n_out = m["n_in"], m["n_rec"], m["n_out"]
    others, whole = 1.0 - np.eye(n), 1.0 / -np.expm1(-cells.dt / out["tau_m"])
    bias = 0.0 if cells.model == "psc_delta" else cells.current
    w_in, w_rec, w_out = (f[f"{name}0"].T.astype(float) for name in WEIGHTS)
    with ng.Context("nest", dt=cells.dt, dtype="float64", spike_timing="grid") as net:
        source, cell = SpikeSource("input", n_units=n_in), cells.cell("cells")
        output = LICell(
            "output", n_units=n_out, tau_m=out["tau_m"], v_rest=out["E_L"], bias=out["tau_m"] / out["C_m"] * out["I_e"]
        )
        inputs = DenseSynapse("w_in", shape=(n_in, n), weights=w_in, bias=bias)
        back = DenseSynapse("w_rec", shape=(n, n), weights=w_rec * others, mask=others)
        readout = DenseSynapse("w_out", shape=(n, n_out), weights=w_out)
        source.s >> inputs.inputs
        cell.s >> back.inputs
        inputs.outputs + back.outputs >> cell.jump
        cell.s >> readout.inputs
        readout.outputs * whole >> output.j
    return net


def targets(f: Arrays, m: dict[str, Any], steps: int) -> tuple[np.ndarray, np.ndarray]:
    """(what the output should be in each step, the learning window): before the first target and after the last."""
    place = np.arange(steps) - FIRST - 1
    late = np.clip(place, 0, m["T"] - 1)
    window = f.get("lwin", np.ones(m["T"])).astype(float)
    target, on = f["target"].astype(float)[late], window[late]
    target[place < 0], on[place < 0] = 0.0, 0.0
    target[place == -1], on[place == -1] = f.get("pre_target", np.zeros(m["n_out"])), m.get("pre_on", 0.0)
    return target, on


def seen(
    r: Arrays, before: Arrays, f: Arrays, m: dict[str, Any], cells: Population, target: np.ndarray, on: np.ndarray
) -> Arrays:
    """Rows of NEST's update steps; its recorders stop earlier than its weights."""
    valid = m["T"] + AFTER - 1
    v, a, z, y, left = (
        np.asarray(r[k])[:valid, 0] for k in ("cells.v", "cells.a", "cells.s", "output.v", "cells.refrac")
    )
    on, target = on[:valid, None], target[:valid]
    error = on * (y - target)
    threshold = cells["V_th"] + cells["adapt_beta"] * a + cells["E_L"]
    out: Arrays = {
        "v": v + cells["E_L"], "z": z, "adaptation": a, "V_th_adapt": threshold,
        "y_vm": y, "y": y, "readout": on * y, "target_rec": on * target, "error": error,
    }  # fmt: skip
    if cells.model == "iaf":  # of the others v is not known as it was before the reset
        out["psi"] = cells.psi(v + cells["V_th"] * z, a, left)
    if not np.isfinite(cells.one("eprop_isi_trace_cutoff")):  # NEST records others where history is erased
        signals = error @ f["b_fb"].T  # recorded two steps after the spikes that they are about
        out["L_recorded"] = np.concatenate([np.zeros_like(signals[:1]), signals[:-1]])
    for name in WEIGHTS:
        rows = np.concatenate([before[name], np.asarray(r[f"{name}.weights"])[:-1]]).swapaxes(1, 2)
        out.update({name: rows, f"dense_{name}": rows, f"{name}_final": rows[-1]})
    parts = len(f["nest_reference_loss"]) if "nest_reference_loss" in f else 1
    counted = error[FIRST : FIRST + m["T"]].reshape(parts, -1)
    out["loss"] = 0.5 * np.sum(np.square(counted), axis=1) / m["n_out"]
    return out
