"""NEST's continuous e-prop (`eprop_iaf` and others with "additional biological features"): weights change every step.

Forward the network is the graph's own default process, one step after the other. Beside it an eligibility is stepped
for every synapse, from the derivatives of the cell's own step (`DeltaLIFCell.advance` under `EProp`): with x the cell's
state, m what arrives and z its spikes,

    e(t) = dz/dx eps(t - 1) + dz/dm p(t),    eps(t) = dx'/dx eps(t - 1) + dx'/dm p(t),    p what a synapse transmits
    ebar = kappa ebar + e,    ebar_reg = kappa_reg ebar_reg + (1 - kappa_reg) e,    g = L ebar + reg ebar_reg

NEST's step t hears input t - 2 and pairs with target t - 3. The error of step t is the learning signal of the cells'
step t - 1, whose gradient is part of the weights from step t + 1 on; so is that of the readout's step t - 1. A synapse
that has not transmitted for `eprop_isi_trace_cutoff` rests: no new eligibility, no optimiser step.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from nest_network import Population, population

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LICell, SpikeSource
from ngcsnn.credit import EProp
from ngcsnn.graph import Frame, running
from ngcsnn.optim import nest_lazy_init, nest_lazy_step

NEVER = -(10**9)
FIRST, AFTER = 2, 4  # steps before the first input, and steps longer than the inputs
Arrays = dict[str, Any]


def run_online(f: Arrays, m: dict[str, Any]) -> Arrays:
    """What the recording stores: a row for each of NEST's update steps."""
    case = Online(f, m)
    _, seen = jax.jit(lambda start, given: jax.lax.scan(case.step, start, given))(case.start(f), case.given(f))
    out = {key: np.asarray(value) for key, value in seen.items()}
    rest = case.cells["E_L"]
    for name in ("w_in", "w_rec", "w_out"):
        out[name] = np.swapaxes(out[name], 1, 2)
        out[f"dense_{name}"], out[f"{name}_final"] = out[name], out[name][-1]
    threshold = case.cells["V_th"] + case.cells["adapt_beta"] * out["adaptation"] + rest
    out.update(v=out["v"] + rest, V_th_adapt=threshold, y_vm=out["y"])
    parts = len(f["nest_reference_loss"]) if "nest_reference_loss" in f else 1
    counted = out["error"][FIRST : FIRST + m["T"]].reshape(parts, -1)
    out["loss"] = 0.5 * np.sum(np.square(counted), axis=1) / m["n_out"]
    valid = m["T"] + AFTER - 1  # NEST's recorders stop earlier than its weights
    return {key: value if "w_" in key or key == "loss" else value[:valid] for key, value in out.items()}


class Online:
    """The network of a recording, and one step of it with everything that learns."""

    def __init__(self, f: Arrays, m: dict[str, Any]):
        self.m, self.dt = m, m.get("dt", 1.0)
        self.rec, self.out = m["p_rec"], {"C_m": 250.0, "E_L": 0.0, "I_e": 0.0, **m["p_out"]}
        self.cells: Population = population([(m["n_rec"], self.adapted())], m["model"], self.dt)
        self.kappa_out = float(np.exp(-self.dt / self.out["tau_m"]))
        self.net = self.build(f)
        self.rule, self.fields = EProp(self.cells.surrogate()), self.net.components["cells"].State._fields
        self.feedback, self.others = jnp.asarray(f["b_fb"], float), 1.0 - jnp.eye(m["n_rec"])
        self.optimise = partial(nest_lazy_step, **m["opt"])

    def adapted(self) -> dict[str, Any]:
        """The cells' parameters; time constant and strength of adaptation only where the model adapts."""
        left_out = () if self.m["model"].endswith("adapt") else ("adapt_tau", "adapt_beta")
        return {k: v for k, v in self.rec.items() if k not in left_out}

    def build(self, f: Arrays) -> ng.Context:
        n_in, n, n_out = self.m["n_in"], self.m["n_rec"], self.m["n_out"]
        others = 1.0 - np.eye(n)
        bias = self.out["tau_m"] / self.out["C_m"] * self.out["I_e"]
        with ng.Context("nest", dt=self.dt, dtype="float64", spike_timing="grid") as net:
            source, cells = SpikeSource("input", n_units=n_in), self.cells.cell("cells")
            output = LICell("output", n_units=n_out, tau_m=self.out["tau_m"], v_rest=self.out["E_L"], bias=bias)
            given = {k: f[f"{k}0"].T.astype(float) for k in ("w_in", "w_rec", "w_out")}
            w_in = DenseSynapse("w_in", shape=(n_in, n), weights=given["w_in"], bias=self.cells.current)
            w_rec = DenseSynapse("w_rec", shape=(n, n), weights=given["w_rec"] * others)
            w_out = DenseSynapse("w_out", shape=(n, n_out), weights=given["w_out"])
            source.s >> w_in.inputs
            cells.s >> w_rec.inputs
            w_in.outputs + w_rec.outputs >> cells.jump
            cells.s >> w_out.inputs
            w_out.outputs * (1.0 / (1.0 - self.kappa_out)) >> output.j
        return net

    # --- what goes in -------------------------------------------------------------------------------------------
    def given(self, f: Arrays) -> tuple[Any, ...]:
        """Of every step: its number, the inputs that arrive in it and in the next, target, whether errors count."""
        steps, n_steps = self.m["T"] + AFTER, self.m["T"]
        x = np.zeros((steps + 1, self.m["n_in"]))
        x[FIRST : FIRST + n_steps] = f["x"]
        target, on = np.zeros((steps, self.m["n_out"])), np.zeros(steps)
        window = f.get("lwin", np.ones(n_steps))
        place = np.arange(steps) - FIRST - 1
        late = np.minimum(place, n_steps - 1)
        target[place >= 0], on[place >= 0] = f["target"][late[place >= 0]], window[late[place >= 0]]
        return jnp.arange(steps), jnp.asarray(x[:-1]), jnp.asarray(x[1:]), jnp.asarray(target), jnp.asarray(on)

    def start(self, f: Arrays) -> Arrays:
        n, n_pre = self.m["n_rec"], self.m["n_in"] + self.m["n_rec"]
        live = self.net.state
        if "psc_delta" not in self.m["model"]:  # there a current acts from the second step on
            live["cells"]["v"] = live["cells"]["v"] - self.cells.current / np.exp(-self.dt / self.cells["tau_m"])
        synapses, cell, out = jnp.zeros((n_pre, n)), jnp.zeros(n), jnp.zeros(self.m["n_out"])
        memories = {name: nest_lazy_init(live[name]["weights"]) for name in ("w_in", "w_rec", "w_out")}
        return {
            "live": live, "memories": memories, "heard": jnp.full(n_pre, NEVER), "rate": cell,
            "eps": tuple(synapses for _ in self.fields), "ebar": synapses, "ebar_reg": synapses, "zbar": cell,
            "before": {
                "pre": jnp.zeros(n_pre), "jacobian": [[cell] * len(self.fields) for _ in self.fields],
                "push": [cell] * len(self.fields), "by_state": [cell] * len(self.fields), "by_push": cell, "reg": cell,
                "error": out,
            },
        }  # fmt: skip

    # --- one step -----------------------------------------------------------------------------------------------
    def derivatives(self, live: Arrays, jump: Any) -> tuple[list[Any], list[Any], list[Any], Any]:
        """(dx'/dx, dx'/dm, dz/dx, dz/dm) of the cells' step."""

        def local(x: tuple[Any, ...], m: Any) -> tuple[tuple[Any, ...], Any]:
            values = {name: dict(part) for name, part in live.items()}
            values["cells"].update(zip(self.fields, x, strict=True))
            values["w_in"]["outputs"], values["w_rec"]["outputs"] = m, jnp.zeros_like(m)
            with running(Frame(self.net, values, self.rule)):
                self.net.components["cells"].advance()
            return tuple(values["cells"][k] for k in self.fields), values["cells"]["counted"]

        x = tuple(live["cells"][k] for k in self.fields)
        one, zero = jnp.ones_like(jump), jnp.zeros_like(jump)
        jacobian, by_state = [], []
        for i in range(len(self.fields)):
            unit = tuple(one if k == i else zero for k in range(len(self.fields)))
            dx, dz = jax.jvp(lambda y: local(y, jump), (x,), (unit,))[1]
            jacobian.append([d[0] for d in dx])
            by_state.append(dz[0])
        dx, dz = jax.jvp(lambda m: local(x, m), (jump,), (one,))[1]
        return jacobian, [d[0] for d in dx], by_state, dz[0]

    def step(self, s: Arrays, given: tuple[Any, ...]) -> tuple[Arrays, Arrays]:
        t, x, x_next, target, on = given
        live, before, n_in = s["live"], s["before"], self.m["n_in"]
        weights = {name: live[name]["weights"] for name in ("w_in", "w_rec", "w_out")}
        pre = jnp.concatenate([x, live["cells"]["s"][0]])
        jump = live["input"]["s"] @ weights["w_in"] + live["w_in"]["bias"] + live["cells"]["s"] @ weights["w_rec"]
        jacobian, push, by_state, by_push = self.derivatives(live, jump)
        after = self.net.advance.pure(live, {"input.s": x_next[None]})

        y, z = after["output"]["v"][0], after["cells"]["s"][0]
        error = (y - target) * on
        kappa_reg, dt = self.rec["kappa_reg"], self.dt
        rate = kappa_reg * s["rate"] + (1.0 - kappa_reg) * z / dt
        reg = self.cells["c_reg"] * (rate - self.cells["f_target"] / 1000.0 * dt)
        heard = jnp.where(pre > 0, t, s["heard"])

        eps, e = self.eligibility(s["eps"], before, self.active(self.rec, heard, t))
        ebar = self.rec["kappa"] * s["ebar"] + e
        ebar_reg = kappa_reg * s["ebar_reg"] + (1.0 - kappa_reg) * e
        zbar = self.kappa_out * s["zbar"] + before["pre"][n_in:]
        grads = (self.feedback @ error) * ebar + before["reg"] * ebar_reg
        updates = {"w_in": grads[:n_in], "w_rec": grads[n_in:] * self.others, "w_out": zbar[:, None] * before["error"]}
        rests = {"w_in": self.active(self.rec, heard[:n_in], t), "w_rec": self.active(self.rec, heard[n_in:], t)}
        rests["w_out"] = self.active(self.out, heard[n_in:], t)
        memories = {}
        for name, gradient in updates.items():
            told = self.optimise(s["memories"][name], weights[name], gradient, rests[name][:, None], t - 1)
            memories[name], after[name]["weights"] = told
        learned = {"memories": memories, "eps": eps, "ebar": ebar, "ebar_reg": ebar_reg, "zbar": zbar}
        new = {
            **learned, "live": after, "heard": heard, "rate": rate,
            "before": {
                "pre": pre, "jacobian": jacobian, "push": push, "by_state": by_state, "by_push": by_push, "reg": reg,
                "error": error,
            },
        }  # fmt: skip
        began = t > 0  # there is no step before the first
        new = {**new, **{k: jax.tree.map(partial(jnp.where, began), new[k], s[k]) for k in learned}}
        for name in weights:
            after[name]["weights"] = jnp.where(began, after[name]["weights"], weights[name])
        cells = after["cells"]
        seen = {"v": cells["v"][0], "z": z, "adaptation": cells["a"][0], "y": y, "error": error, **weights}
        return new, seen

    def active(self, told: dict[str, Any], heard: Any, t: Any) -> Any:
        """Which synapses, by when they last transmitted, take part in what happened in the step before t."""
        return (heard > NEVER) & (t - heard < told.get("eprop_isi_trace_cutoff", np.inf) / self.dt)

    def eligibility(self, eps: tuple[Any, ...], before: Arrays, active: Any) -> tuple[tuple[Any, ...], Any]:
        """(eps, e) of the step before: `spiked`, the state that holds a spike's derivative, is e itself."""
        pre = before["pre"][:, None]
        e = sum(before["by_state"][i] * old for i, old in enumerate(eps)) + before["by_push"] * pre
        e = e * active[:, None]
        new = []
        for k, field in enumerate(self.fields):
            moved = sum(before["jacobian"][i][k] * old for i, old in enumerate(eps)) + before["push"][k] * pre
            new.append(e if field == "spiked" else moved)
        return tuple(new), e
