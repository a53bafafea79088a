"""Gradients of mlGeNN's EventProp recordings (`ep_*.npz` with the `.json` that describes each) through the public API.

Those of its e-prop (`eprop_*.npz`), same call, are in `mlgenn_eprop`.

`gradients(npz_path, json_path)` builds the recorded network as components and returns our gradient of what its first
trial descends, at true scale. mlGeNN's own is `grad_*[1]`, smaller by the factor `true_scale(description)`.

What stands for mlGeNN's arithmetic:

    potentials    mlGeNN: v <- a v + (1 - a) k i, exponential Euler on the mean current of the step; a = exp(-dt/tau_m),
                  b = exp(-dt/tau_s), k = tau_s/dt (1 - b). The exact step is v <- a v + c i: with all weights times
                  (1 - a) k / c (1.0008 at dt = 1 ms) it gives the same potentials, and so the same spikes.
    adjoint       exact in both; across a spike as in `Grid(at="start")`, which see.
    outputs       it reads v at the steps' ends, but its adjoint drives the potential all through the steps: `Summed`.
    first spikes  it gives the temperature to the gradient only, and a silent label a spike at the trial's end:
                  `PhantomTime`, `PhantomSpike`.

Left out, as faults: a spike in the last step takes a cell's whole backward pass away; in the relative error of first
spikes a silent output counts as if it had spiked at 0 ms.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import mlgenn_eprop
import numpy as np
from jax import lax

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.credit import Grid
from ngcsnn.objectives import FirstSpike, FirstSpikeTime, Readout, RelativeMeanSquareError, resolve_readout

SPARE_DELAY = 5  # steps by which learned delays may exceed the longest one, in all recordings
RULE: Any = Grid(at="start")


@dataclass(frozen=True)
class Summed(Readout, abstract=True):
    """What `inner` makes of v at the steps' ends, with the derivative that it has for the means of v over the steps.

    Before its last step mlGeNN drops the synaptic currents, each of which had put `charge` i on v in that step, and
    does not differentiate that. Its largest potential starts from 0 (`from_zero`).
    """

    inner: Readout
    charge: float
    from_zero: bool

    @property
    def reads(self) -> tuple[str, ...]:
        return ("v", "v_mean", "i_syn")

    def reduce(self, v: Any, dt: Any) -> Any:
        ends, means, current = v
        ends = ends.at[-1].add(-self.charge * current[-2])
        y = self.inner.reduce(lax.stop_gradient(ends - means) + means, dt)
        return jnp.maximum(y, 0.0) if self.from_zero else y


@dataclass(frozen=True)
class SummedAtEveryStep(Summed, abstract=True):
    """The same where `inner` keeps the time axis."""

    keeps_time: ClassVar[bool] = True


@dataclass(frozen=True)
class PhantomTime(FirstSpikeTime, abstract=True):
    """First spike times; that of a silent unit moves by tau_m dv the earlier, v its potential before the last step."""

    tau_m: float = 20.0

    @property
    def reads(self) -> tuple[str, ...]:
        return ("s", "s.offset", "v")

    def reduce(self, v: Any, dt: Any) -> Any:
        s, _, potential = v
        lift = self.tau_m * (lax.stop_gradient(potential[-2]) - potential[-2])
        return super().reduce(v[:2], dt) + jnp.where(lax.stop_gradient(s).any(axis=0), 0.0, lift)


@dataclass(frozen=True)
class PhantomSpike(FirstSpike, abstract=True):
    """`FirstSpike` in which a silent label costs nothing late, and its time moves by the cost of being late alone."""

    def cost(self, t: Any, label: Any, silent: Any) -> Any:
        held = jnp.where(silent, lax.stop_gradient(t), t)
        own, never = (jnp.take_along_axis(x, label[:, None], axis=-1)[:, 0] for x in (t, silent))
        late = self.late(own)
        late = late - jnp.where(never, lax.stop_gradient(late), 0.0)
        return FirstSpike(self.temperature, ttfs_alpha=0.0).cost(held, label, silent) + self.ttfs_alpha * late


class Aim(NamedTuple):
    """An objective. The loss that mlGeNN descends is `factor` times `loss`; the loss reported is `report` times it."""

    loss: Any
    readout: Readout
    factor: float = 1.0
    report: float = 1.0


def true_scale(m: dict[str, Any]) -> float:
    """The true gradient over mlGeNN's, in the limit of small steps; square errors are summed over the outputs."""
    tau_m, told = m["tau_mem"], m["compiler_kwargs"]
    if m["out_lif"]:
        return 1.0
    if m["loss"] == "mean_square_error":
        return 2.0 * tau_m
    whole_trial = m["readout"] in ("sum_var", "max_var") and not told.get("per_timestep_loss")
    return tau_m * m["T"] if whole_trial else tau_m


def aim(m: dict[str, Any], n_out: int, charge: float) -> Aim:
    """The objective of a recording."""
    loss, name, told = m["loss"], m["readout"], m["compiler_kwargs"]
    if m["out_lif"]:
        margin = m["T"] * m["dt"]
        if not loss.startswith("sparse"):
            return Aim(RelativeMeanSquareError(delta=1.0), FirstSpikeTime(margin))
        heat = told.get("softmax_temperature", 1.0)
        learned = PhantomSpike(temperature=1.0, ttfs_alpha=heat * told.get("ttfs_alpha", 0.01))
        return Aim(learned, PhantomTime(margin, tau_m=m["tau_mem"]), factor=1.0 / heat)
    if told.get("per_timestep_loss"):
        name = "var"
    inner = resolve_readout(name if name == "max_var" else {name: {"integral": "steps"}})
    summed = SummedAtEveryStep if inner.keeps_time else Summed
    over = n_out if loss == "mean_square_error" else 1
    return Aim(loss, summed(inner, charge, name == "max_var"), factor=over, report=over)


def build(f: Any, m: dict[str, Any], weight_scale: float) -> ng.Context:
    """The network of a recording on the graph, float64."""
    if m["hidden"] != "lif":
        raise ValueError(f"needs hidden cells 'lif', got {m['hidden']!r}")
    taus = {"tau_m": m["tau_mem"], "tau_syn": m["tau_syn"]}
    with ng.Context("mlgenn", dt=m["dt"], dtype="float64") as net:
        source = SpikeSource("input", n_units=f["w_ih"].shape[0])
        hidden = LIFCell("hidden", n_units=f["w_ih"].shape[1], **taus)
        output = (LIFCell if m["out_lif"] else LICell)("output", n_units=f["w_ho"].shape[1], **taus)
        made = {}
        for name in (name for name in ("ih", "hh", "ho") if f"w_{name}" in f):
            waits = {}
            if f"d_{name}" in f:  # in steps; mlGeNN rounds those that it learns
                most = m["delays"] + SPARE_DELAY
                steps = np.clip(np.rint(f[f"d_{name}"].astype(float)), 0, most)
                waits = {"delays": steps * m["dt"], "max_delay": float(most * m["dt"])}
            weights = f[f"w_{name}"].astype(float) * weight_scale
            made[name] = DenseSynapse(name, shape=weights.shape, weights=weights, **waits)
        source.s >> made["ih"].inputs
        hidden.s >> made["ho"].inputs
        made["ho"].outputs >> output.syn
        if "hh" in made:
            hidden.s >> made["hh"].inputs
            made["ih"].outputs + made["hh"].outputs >> hidden.syn
        else:
            made["ih"].outputs >> hidden.syn
    return net


def gradients(npz_path: str | Path, json_path: str | Path) -> dict[str, Any]:
    """{"loss", "ih", "ho", "hh" where recurrent, "delay_ih" where learned} of the recording's first trial, float64.

    loss: cross-entropy (of first spikes with the cost of late ones, times the temperature); square error, summed over
    the outputs and averaged over the steps; half the square error of times. Regularisers are not in it. Gradients, by
    weights and by delays in ms, are those of the loss (of first spikes: divided by the temperature) and regularisers.
    """
    m = json.loads(Path(json_path).read_text())
    with np.load(npz_path) as arrays:
        return gradients_of(dict(arrays), m)


def gradients_of(f: dict[str, Any], m: dict[str, Any]) -> dict[str, Any]:
    """The same, of the arrays and the description themselves."""
    if m.get("algo") == "eprop":
        return mlgenn_eprop.gradients_of(f, m)
    dt, tau_m, tau_s, told = m["dt"], m["tau_mem"], m["tau_syn"], m["compiler_kwargs"]
    a, b = np.exp(-dt / tau_m), np.exp(-dt / tau_s)
    charge = tau_s / (tau_m - tau_s) * (a - b)
    weight_scale = (1 - a) * tau_s / dt * (1 - b) / charge
    goal = aim(m, f["w_ho"].shape[1], charge)
    regulariser = {}
    if told.get("reg_lambda_upper") or told.get("reg_lambda_lower"):
        strength = true_scale(m) * tau_m / goal.factor
        regulariser = {k: strength * told.get(k, 0.0) for k in ("reg_lambda_upper", "reg_lambda_lower")}
        regulariser["reg_nu_upper"] = int(told.get("reg_nu_upper", 0))
    target = f["y_true"][None].astype(float) if m["loss"] == "mean_square_error" else np.array([m["label"]])
    given = {"input": f["in_spikes"][:1].astype(float)}, {"output": target}
    with jax.enable_x64(True):
        compiled = EventPropCompiler(
            m["T"], {"output": goal.loss}, {"output": goal.readout}, batch_size=1, spike_timing=RULE,
            trainable=["*.weights", "ih.delays"] if m["learn_delay"] else None, **regulariser,
        ).compile(build(f, m, weight_scale))  # fmt: skip
        loss, grads = compiled.loss_and_grads(*given)
        loss = compiled.evaluate(*given)["loss"] if regulariser else loss
        found = {name: goal.factor * weight_scale * np.asarray(grads[name]["weights"]) for name in grads}
        if m["learn_delay"]:
            found["delay_ih"] = goal.factor * np.asarray(grads["ih"]["delays"])
    return {"loss": goal.report * float(loss), **found}
