"""NEST's e-prop with update intervals (`eprop_*_bsshslm_2020`): `EPropCompiler(conventions="nest")`.

A trial is an update interval. Step k of the cells hears input k, which is fed at our step k - 1: what NEST drops, the
input of k = 0, has no place. Weights follow by `optim.nest_optimiser`.

What NEST does at the seam of two intervals, none of which the compiler does:
- A spike of a recurrent cell in the first step goes to the readout by the weight before the update, and is not in that
  weight's gradient. There is one only where states outlive the interval, or a current drives the cells.
- A synapse whose presynaptic cell fires early in the next interval (an input in its step 1, a recurrent cell in its
  step 0) is updated before the learning signal of the last step has come, and does without it.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from nest_network import NestLoss, NestRates, Population, check_keys, population

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler, TrainableNetwork
from ngcsnn.components import DenseSynapse, LICell, SpikeSource
from ngcsnn.optim import nest_optimiser

WEIGHTS = ("w_in", "w_rec", "w_out")
KEYS = {
    "ui", "lw", "dt", "n_in", "n_lif", "n_alif", "n_out", "p_lif", "p_alif", "p_out", "tau_m_readout", "opt", "reset",
    "average_gradient",
}  # fmt: skip
OUTPUT = {
    "C_m": 250.0,
    "E_L": 0.0,
    "I_e": 0.0,
    "tau_m": 10.0,
    "loss": "mean_squared_error",
    "regular_spike_arrival": True,
}
LOSSES = ("mean_squared_error", "cross_entropy")
STATES = ("cells.v", "cells.a", "cells.spiked", "cells.refrac")
Arrays = dict[str, np.ndarray]


class Intervals:
    """A recording's network, compiled twice: with all learning signals, and without those of the last step."""

    def __init__(self, f: Arrays, m: dict[str, Any]):
        self.m, self.dt, self.steps = m, m.get("dt", 1.0), m["ui"]
        check_keys("recording", m, KEYS)
        check_keys("p_out", m["p_out"], {*OUTPUT, "V_m"})
        parts = [("p_lif", m["n_lif"], m["p_lif"], False), ("p_alif", m["n_alif"], m["p_alif"], True)]
        self.cells: Population = population(parts, "bsshslm", self.dt)
        self.out = {**OUTPUT, **m["p_out"]}
        if self.out["loss"] not in LOSSES:
            raise ValueError(f"p_out: `loss` must be one of {', '.join(LOSSES)}, got {self.out['loss']!r}")
        if m["tau_m_readout"] != self.out["tau_m"]:
            raise ValueError(f"`tau_m_readout` must be `tau_m` of p_out, {self.out['tau_m']}, got {m['tau_m_readout']}")
        still = self.cells.start("cells")
        if not m.get("reset", True) and (
            any(np.any(a) for a in still.values()) or self.out.get("V_m", self.out["E_L"]) != self.out["E_L"]
        ):
            raise ValueError("initial `V_m` and `adaptation` with `reset` false are not simulated here")
        self.kappa = float(np.exp(-self.dt / m["tau_m_readout"]))
        self.net, self.feedback = self.build(f), f["b_fb"].astype(float)
        self.whole, self.cut = (self.compile(stop) for stop in (self.steps, self.steps - 1))

    # --- the network --------------------------------------------------------------------------------------------
    def build(self, f: Arrays) -> ng.Context:
        """input, first -> cells -> output; `first` holds the cells' spikes of step 0, which w_old takes from w_out."""
        n_in, n, n_out = self.m["n_in"], self.cells.n, self.m["n_out"]
        others, bias = 1.0 - np.eye(n), self.out["tau_m"] / self.out["C_m"] * self.out["I_e"]
        gain = 1.0 / (1.0 - self.kappa) if self.out["regular_spike_arrival"] else 1.0
        w_in, w_rec, w_out = (f[f"{name}0"].T.astype(float) for name in WEIGHTS)
        zeta = self.cells.gain
        with ng.Context("nest", dt=self.dt, dtype="float64") as net:
            source, first = SpikeSource("input", n_units=n_in), SpikeSource("first", n_units=n)
            cells = self.cells.cell("cells")
            output = LICell("output", n_units=n_out, tau_m=self.out["tau_m"], v_rest=self.out["E_L"], bias=bias)
            inputs = DenseSynapse("w_in", shape=(n_in, n), weights=w_in, bias=self.cells.current / zeta)
            back = DenseSynapse("w_rec", shape=(n, n), weights=w_rec * others, mask=others)
            readout = DenseSynapse("w_out", shape=(n, n_out), weights=w_out)
            before = DenseSynapse("w_old", shape=(n, n_out), weights=w_out)
            source.s >> inputs.inputs
            cells.s >> back.inputs
            (inputs.outputs + back.outputs) * zeta >> cells.jump
            cells.s - first.s >> readout.inputs
            first.s >> before.inputs
            gain * (readout.outputs + before.outputs) >> output.j
        return net

    def compile(self, stop: int) -> TrainableNetwork:
        """Learning signals are those of the window's steps before `stop`."""
        window = self.m["lw"]
        factor = 1.0 / window if self.m["average_gradient"] else 1.0
        loss = NestLoss(self.out["loss"] == "cross_entropy", self.steps - window, stop, factor)
        strength, wanted = (tuple(a.tolist()) for a in (self.cells["c_reg"], self.cells["f_target"] * self.dt / 1000.0))
        compiler = EPropCompiler(
            example_timesteps=self.steps,
            losses={"output": loss},
            readouts={"output": {"var": {"integral": "steps"}}},
            batch_size=1,
            surrogate=self.cells.surrogate(),
            conventions="nest",
            kappa=self.kappa,
            average_gradient=True,  # the loss is a sum as it is
            feedback="random",
            feedback_weights={"cells": self.feedback},
            regularisers={"cells": NestRates(strength, wanted, factor)},
            trainable=[f"{name}.weights" for name in WEIGHTS],
        )
        return compiler.compile(self.net)

    def weights(self) -> dict[str, Any]:
        return {name: self.net.components[name].weights.get() for name in WEIGHTS}

    def set_weights(self, weights: dict[str, Any]) -> None:
        self.net.components["w_old"].weights.set(self.net.components["w_out"].weights.get())
        for name, value in weights.items():
            self.net.components[name].weights.set(value)

    # --- an interval --------------------------------------------------------------------------------------------
    def start(self, states: Arrays) -> None:
        for network in (self.whole, self.cut):
            network.start_from(states)

    def feed(self, x: np.ndarray, first: np.ndarray) -> Arrays:
        """Inputs of a trial: input k at our step k - 1; the cells' spikes of step 0."""
        fed = np.zeros((1, self.steps, x.shape[1]))
        fed[0, : len(x) - 1] = x[1:]
        spikes = np.zeros((1, self.steps, len(first)))
        spikes[0, 0] = first
        return {"input": fed, "first": spikes}

    def first_spikes(self) -> np.ndarray:
        """The cells' spikes of step 0, which depend on where they start and on nothing else."""
        still = self.feed(np.zeros((self.m["ui"], self.m["n_in"])), np.zeros(self.cells.n))
        return np.asarray(self.whole.simulate(still, "cells.s")["cells.s"][0, 0])

    def gradients(self, fed: Arrays, target: np.ndarray, hasty: tuple[np.ndarray, np.ndarray]) -> dict[str, Any]:
        """hasty: which inputs, and which recurrent cells, fire so early afterwards that the last signal is missed."""
        given = fed, {"output": target[None]}
        found = {k: g["weights"] for k, g in self.whole.loss_and_grads(*given)[1].items()}
        if any(np.any(part) for part in hasty):
            without = self.cut.loss_and_grads(*given)[1]
            for name, missed in zip(WEIGHTS, hasty, strict=False):
                found[name] = jnp.where(missed[:, None] > 0, without[name]["weights"], found[name])
        return found

    def record(self, fed: Arrays) -> Arrays:
        watch = [*STATES, "cells.s", "output.v"]
        return {k: np.asarray(v)[:, 0] for k, v in self.whole.simulate(fed, watch).items()}

    def seen(self, r: Arrays, target: np.ndarray, states: Arrays) -> Arrays:
        """What a recording stores of an interval, in NEST's local steps."""
        ui, window = self.m["ui"], self.m["lw"]
        y = r["output.v"]
        on = (np.arange(ui) >= ui - window)[:, None]
        entropy = self.out["loss"] == "cross_entropy"
        readout = on * (np.asarray(jax.nn.softmax(y)) if entropy else y)
        error = readout - on * target
        if entropy:
            loss = -np.sum(target[-window:] * np.log(readout[-window:])) / window
        else:
            loss = 0.5 * np.sum(error**2) / self.m["n_out"]
        v, a = r["cells.v"], r["cells.a"]
        threshold = self.cells["V_th"] + self.cells["adapt_beta"] * a + self.cells["E_L"]
        adapts = slice(self.m["n_lif"], None)
        psi = self.cells.psi(v, a, r["cells.refrac"], states.get("cells.refrac", 0.0))
        return {
            "v": v + self.cells["E_L"], "z": r["cells.s"], "psi": psi,
            "L": error @ self.feedback.T, "target_rec": on * target, "y_vm": y, "readout": readout, "error": error,
            "adaptation": a[:, adapts], "V_th_adapt": threshold[:, adapts], "loss": np.asarray(loss),
        }  # fmt: skip

    def end(self, r: Arrays) -> Arrays:
        """The states after an interval."""
        return {key: r[key][-1] for key in (*STATES, "output.v")}


def run_intervals(f: Arrays, m: dict[str, Any]) -> dict[str, np.ndarray]:
    """What the recording stores: one entry for each interval."""
    case, n = Intervals(f, m), len(f["x"])
    optimiser = nest_optimiser(**{"type": "gradient_descent", **m["opt"]})
    state = optimiser.init(case.weights())
    apart = "raw_rec_spikes" in f  # the weights after each interval are those of a run that ends there
    keeps, driven = not m.get("reset", True), bool(np.any(case.cells["I_e"]))
    first = case.first_spikes() if driven else np.zeros(case.cells.n)
    nobody, states = np.zeros(m["n_in"]), {}
    out: dict[str, list[Any]] = {}
    for k in range(n):
        target = f["target"][k % len(f["target"])].astype(float)
        fed = case.feed(f["x"][k], first)
        recorded = case.record(fed)
        after = case.end(recorded) if keeps else {}
        if keeps:
            case.start(after)
            following = case.first_spikes()
            case.start(states)
        else:
            following = first
        early = f["x"][k + 1, 1].astype(float) if k + 1 < n else nobody
        weights = case.weights()
        grads = case.gradients(fed, target, (early, following))
        new_state, new = optimiser.step(state, weights, grads)
        shown = new
        if apart and np.any(early):
            shown = optimiser.step(state, weights, case.gradients(fed, target, (nobody, following)))[1]
        seen = {**case.seen(recorded, target, states), **{name: np.asarray(shown[name]).T for name in WEIGHTS}}
        seen.update({f"g{name[1:]}": np.asarray(grads[name]).T for name in WEIGHTS})
        for key, value in seen.items():
            out.setdefault(key, []).append(value)
        state, states, first = new_state, after, following
        case.set_weights(new)
        case.start(states)
    return {key: np.stack(values) for key, values in out.items()}
