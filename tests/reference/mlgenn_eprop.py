"""Gradients of mlGeNN's e-prop recordings (`eprop_*.npz`) through the public API, for `mlgenn_case`.

`conventions="mlgenn"` gives its filters, time offsets and rate term. What else stands for its arithmetic:

    trial         what its last step adds comes with the next trial: here the first trial is one step shorter.
    softmax       it is one step old, and zero before the first: a blank step goes before the trial, with that error.
    traces        eligibilities take a presynaptic spike in its own step, potentials one step later: synapses of
                  weight 0, to which the same spikes come one step early, have the gradients.
    adaptation    a spike counts decayed by one step in the threshold, and in full in the eligibilities: `Adapting`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler
from ngcsnn.components import DeltaLIFCell, DenseSynapse, SpikeSource
from ngcsnn.objectives import SparseCategoricalCrossentropy

BETA, TAU_ADAPT, REST = 0.1, 200.0, 5.0  # as recorded
RATES = ("c_reg", "f_target", "tau_reg")
IDLE = (  # arguments of mlGeNN's compiler that change nothing in the weights' gradients of a first trial
    "train_output_bias", "rng_seed", "kernel_profiling", "reset_time_between_batches", "batch_size", "dt",
    "example_timesteps", "losses", "optimiser",
)  # fmt: skip


class Adapting(DeltaLIFCell):
    """Adaptation as mlGeNN has it: the threshold rises by beta exp(-dt / tau_adapt) a, its derivative is beta da."""

    def threshold(self, x: Any) -> Any:
        full = self.beta.get() * x.a
        decayed = full * jnp.exp(-self.context.dt / self.tau_adapt.get())
        return x.v - self.v_thr.get() - (full + lax.stop_gradient(decayed - full))


@dataclass(frozen=True)
class FromNothing(SparseCategoricalCrossentropy, abstract=True):
    """Cross-entropy of every step; in the first one the softmax is zero."""

    def __call__(self, y: Any, target: Any) -> Any:
        rest = super().__call__(y[:, 1:], target) * (y.shape[1] - 1)
        return (rest - jnp.take_along_axis(y[:, 0], target[:, None], axis=-1)[:, 0]) / y.shape[1]


def build(f: Any, m: dict[str, Any]) -> ng.Context:
    """The network of a recording, float64; "early_ih" (and "early_hh") are the synapses that have the gradients."""
    adapts = m["hidden"] == "alif"
    cell = {"tau_m": m["tau_mem"], "arrival": "end", "spike_reset": "relative", "refractory_period": "silent"}
    sizes = {name: f[f"w_{name}"].shape for name in ("ih", "hh", "ho") if f"w_{name}" in f}
    with ng.Context("mlgenn", dt=m["dt"], dtype="float64") as net:
        hidden = Adapting(
            "hidden", n_units=sizes["ih"][1], v_thr=threshold(m), beta=BETA if adapts else 0.0,
            tau_adapt=TAU_ADAPT, refract_time=REST, **cell,
        )  # fmt: skip
        output = DeltaLIFCell("output", n_units=sizes["ho"][1], v_thr=1e9, **cell)
        made = {name: DenseSynapse(name, shape=size, weights=f[f"w_{name}"]) for name, size in sizes.items()}
        SpikeSource("input", n_units=sizes["ih"][0]).s >> made["ih"].inputs
        hidden.s >> made["ho"].inputs
        made["ho"].outputs >> output.jump
        arriving = made["ih"].outputs
        if "hh" in made:
            hidden.s >> made["hh"].inputs
            arriving = arriving + made["hh"].outputs
        for name in (name for name in ("ih", "hh") if name in made):
            early = DenseSynapse(f"early_{name}", shape=sizes[name], weights=0.0)
            SpikeSource(f"ahead_{name}", n_units=sizes[name][0]).s >> early.inputs
            arriving = arriving + early.outputs
        arriving >> hidden.jump
    return net


def threshold(m: dict[str, Any]) -> float:
    return 0.6 if m["hidden"] == "alif" else 0.61


def gradients_of(f: dict[str, Any], m: dict[str, Any]) -> dict[str, Any]:
    """{"loss", "ih", "ho", "hh" where recurrent}: of the first trial, sums over its steps but the last."""
    f = {k: v.astype(float) if k.startswith("w_") else v for k, v in f.items()}
    told, square = m["compiler_kwargs"], m["loss"] == "mean_square_error"
    steps = m["T"] - 1
    spikes, target = f["in_spikes"][0, :steps].astype(float), np.array([m["label"]])
    loss: Any = FromNothing()
    if square:
        loss, target = m["loss"], f["y_true"][None, :steps].astype(float)
    else:
        spikes = np.concatenate([np.zeros_like(spikes[:1]), spikes])
    unknown = [key for key in told if key not in (*RATES, *IDLE)]
    if unknown:
        raise ValueError(f"compiler_kwargs: `{unknown[0]}` is not computed here")
    rates = {"c_reg": 0.001, **{k: told[k] for k in RATES if k in told}}
    with jax.enable_x64(True):
        compiled = EPropCompiler(
            len(spikes), {"output": loss}, {"output": {"var": {"integral": "steps"}}}, batch_size=1,
            conventions="mlgenn", surrogate="piecewise_linear", surrogate_gradient_height=0.3 / threshold(m),
            surrogate_gradient_width=threshold(m), **rates,
        ).compile(build(f, m))  # fmt: skip
        given = {"input": spikes, "ahead_ih": ahead(spikes)}
        if "w_hh" in f:
            silent = {**given, "ahead_hh": np.zeros((len(spikes), f["w_hh"].shape[0]))}
            found = compiled.simulate({k: v[None] for k, v in silent.items()}, "hidden.s")["hidden.s"]
            given["ahead_hh"] = ahead(np.asarray(found)[:, 0])
        value, grads = compiled.loss_and_grads({k: v[None] for k, v in given.items()}, {"output": target})
    names = {name.removeprefix("early_"): name for name in ("early_ih", "early_hh", "ho") if name in grads}
    return {"loss": float(value), **{name: np.asarray(grads[key]["weights"]) for name, key in names.items()}}


def ahead(spikes: np.ndarray) -> np.ndarray:
    """The same one step early; (steps, units)."""
    return np.concatenate([spikes[1:], np.zeros_like(spikes[:1])])
