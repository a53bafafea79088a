"""ngc-learn's recordings of single components (`*.npz` with the `.json` that describes each) against ours.

`run(npz_path, json_path)` builds our component from the class name and the arguments of the description, feeds it the
recorded inputs in the recorded order, and gives its trajectories under ngc-learn's compartment names, (T, batch, n) of
float64. `differences(json_path)` tells which of them are not ngc-learn's, and why: it computes something else than
what it says, and ours is the value meant.

What stands for ngc-learn's arithmetic:

    steps       its spiking cells take Euler steps (midpoint ones where asked), test v > threshold at the step's end and
                reset there. `_spiking` takes such steps with our cell's own velocity, threshold and reset. (Our own
                steps of AdEx, Izhikevich and quadratic cells follow the upswing inside the step, which Euler misses.)
    refractory  its time is a gate on the input; the leak goes on. `rfr` is the time since the last spike.
    theta       falls after the test for a spike, and before it rises.
    SLIF        lateral inhibition, its refractory time and sticky spikes are worked out around our cell; the threshold
                leaks at once, not exponentially.
    WTAS        what a cell hears is gated around ours as well.
    levels      FitzHugh-Nagumo and Hodgkin-Huxley: `s` is v > threshold in every step, no spike.
    in turn     resonate-and-fire: w is stepped first, and v with the new w.
    late        Izhikevich: the spike is that of the potential before the step, which then is a reset.
    traces      x <- gamma d x + a s is a `Trace` whose time constant gives the decay gamma d.
    lambda      of a rate cell's threshold is taken off in each step, so our strength is lambda tau_m / dt.
    latencies   spikes come out in the step of the nearest whole time; ours are exact, and are rounded here.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import ngcsnn as ng
from ngcsnn.components import (
    AdExCell,
    BernoulliErrorCell,
    DiehlCookCell,
    ExponentialKernel,
    FitzHughNagumoCell,
    GaussianErrorCell,
    HodgkinHuxleyCell,
    IFCell,
    IzhikevichCell,
    LaplacianErrorCell,
    LatencyEncoder,
    QIFCell,
    RAFCell,
    RateCell,
    RewardPredictionErrorCell,
    SLIFCell,
    Trace,
    TTFSEncoder,
    WTASCell,
)
from ngcsnn.components.integrators import INTEGRATORS
from ngcsnn.components.neurons.homeostasis import pulled

sys.path.insert(0, str(Path(__file__).parent))  # for those who load this file by its path
import ngclearn_rules
import ngclearn_synapses

Trajectories = dict[str, np.ndarray]
_LIF: dict[str, Any] = {
    "n_units": None, "tau_m": None, "resist_m": 1.0, "thr": -52.0, "v_rest": -65.0, "v_reset": -60.0,
}  # fmt: skip
_ADAPTS = {"tau_theta": 1e7, "theta_plus": 0.05, "refract_time": 5.0, "one_spike": False, "integration_type": "euler"}
# The arguments of each class after its name, in order, with their defaults (None: required, or nothing).
ARGUMENTS: dict[str, dict[str, Any]] = {
    "TTFSCell": {
        "n_units": None, "batch_size": 1, "num_steps": 100, "tau_ref": 5, "latency_mode": "exponential",
    },
    "LatencyCell": {
        "n_units": None, "tau": 1.0, "threshold": 0.01, "first_spike_time": 0.0, "linearize": False,
        "normalize": False, "clip_spikes": False, "num_steps": 1.0, "batch_size": 1,
    },
    "VarTrace": {
        "n_units": None, "tau_tr": None, "a_delta": None, "P_scale": 1.0, "gamma_tr": 1.0, "decay_type": "exp",
        "n_nearest_spikes": 0, "batch_size": 1,
    },
    "ExpKernel": {"n_units": None, "dt": None, "tau_w": 500.0, "nu": 4.0, "batch_size": 1},
    "GaussianErrorCell": {"n_units": None, "batch_size": 1, "sigma": 1.0, "shape": None},
    "LaplacianErrorCell": {"n_units": None, "batch_size": 1, "scale": 1.0, "shape": None},
    "BernoulliErrorCell": {"n_units": None, "batch_size": 1, "input_logits": False, "shape": None},
    "RewardErrorCell": {
        "n_units": None, "alpha": None, "ema_window_len": 10, "use_online_predictor": True, "batch_size": 1,
    },
    "RateCell": {
        "n_units": None, "tau_m": None, "prior": ("gaussian", 0.0), "act_fx": "identity", "output_scale": 1.0,
        "threshold": ("none", 0.0), "integration_type": "euler", "batch_size": 1, "resist_scale": 1.0, "shape": None,
        "is_stateful": True, "use_lateral": False,
    },
    "LIFCell": {
        **_LIF, "conduct_leak": 1.0, **_ADAPTS, "surrogate_type": None, "v_min": None, "max_one_spike": False,
    },
    "IFCell": {
        **_LIF, "refract_time": 0.0, "integration_type": "euler", "surrogate_type": None, "lower_clamp_voltage": True,
    },
    "SLIFCell": {
        "n_units": None, "tau_m": None, "resist_m": None, "thr": None, "resist_inh": 0.0, "thr_persist": False,
        "thr_gain": 0.0, "thr_leak": 0.0, "rho_b": 0.0, "refract_time": 0.0, "sticky_spikes": False, "thr_jitter": 0.05,
        "batch_size": 1,
    },
    "WTASCell": {
        "n_units": None, "tau_m": None, "resist_m": 1.0, "thr_base": 0.4, "thr_gain": 0.002, "refract_time": 0.0,
        "thr_jitter": 0.05, "batch_size": 1,
    },
    "FitzhughNagumoCell": {
        "n_units": None, "tau_m": 1.0, "resist_m": 1.0, "tau_w": 12.5, "alpha": 0.7, "beta": 0.8, "gamma": 3.0,
        "v0": 0.0, "w0": 0.0, "v_thr": 1.07, "spike_reset": False, "integration_type": "euler",
    },
    "HodgkinHuxleyCell": {
        "n_units": None, "tau_v": None, "resist_m": 1.0, "v_Na": 115.0, "v_K": -35.0, "v_L": 10.6, "g_Na": 100.0,
        "g_K": 5.0, "g_L": 0.3, "thr": 4.0, "spike_reset": False, "v_reset": 0.0, "integration_type": "euler",
    },
    "RAFCell": {
        "n_units": None, "tau_v": 1.0, "tau_w": 1.0, "thr": 1.0, "omega": 10.0, "dampen_factor": -1.0, "v_reset": 0.0,
        "w_reset": 0.0, "v0": 0.0, "w0": 0.0, "resist_v": 1.0, "post_spike_reset": True, "integration_type": "euler",
        "batch_size": 1,
    },
    "QuadLIFCell": {**_LIF, "v_scale": -41.6, "critical_v": 1.0, **_ADAPTS, "surrogate_type": None, "v_min": None},
    "AdExCell": {
        "n_units": None, "tau_m": 15.0, "resist_m": 1.0, "tau_w": 400.0, "v_sharpness": 2.0, "intrinsic_mem_thr": -55.0,
        "thr": 5.0, "v_rest": -72.0, "v_reset": -75.0, "a": 0.1, "b": 0.75, "v0": -70.0, "w0": 0.0,
        "integration_type": "euler", "batch_size": 1,
    },
    "IzhikevichCell": {
        "n_units": None, "tau_m": 1.0, "resist_m": 1.0, "v_thr": 30.0, "v_reset": -65.0, "tau_w": 50.0, "w_reset": 8.0,
        "coupling_factor": 0.2, "v0": -65.0, "w0": -14.0, "integration_type": "euler",
    },
}  # fmt: skip
ARGUMENTS.update(ngclearn_synapses.ARGUMENTS)
ARGUMENTS.update(ngclearn_rules.ARGUMENTS)
RANDOM = ("BernoulliCell", "PoissonCell", "PhasorCell", "LeakyNoiseCell")


class Recording:
    """The arrays of a recording, with the arguments of its component filled up by their defaults."""

    def __init__(self, arrays: dict[str, np.ndarray], description: dict[str, Any]):
        self.arrays, self.description = arrays, description
        self.kind = description["cls"].rpartition(".")[2]
        if self.kind in RANDOM:
            raise ValueError(
                f"{description['name']}: {self.kind} draws random numbers; nothing to agree on step by step"
            )
        if self.kind not in ARGUMENTS:
            raise ValueError(f"{description['name']}: no case for {self.kind}; there are {', '.join(ARGUMENTS)}")
        known = ARGUMENTS[self.kind]
        given = {**dict(zip(known, description.get("posargs") or (), strict=False)), **description["kwargs"]}
        unknown = sorted(set(given) - {*known, "key"})
        if unknown:
            raise ValueError(f"{description['name']}: {self.kind} with {', '.join(unknown)} has no counterpart here")
        self.arguments: dict[str, Any] = {**known, **given}
        self.n_units, self.dt = int(self.arguments.get("n_units") or 0), float(description.get("dt", arrays.get("dt")))
        longest = next((len(v) for k, v in arrays.items() if k.startswith("in_")), 0)
        self.n_steps, self.t = int(description.get("T", longest)), arrays.get("arg_t")

    def input(self, name: str) -> np.ndarray:
        """(T, batch, n); what is not recorded keeps its start value."""
        if f"in_{name}" in self.arrays:
            return self.arrays[f"in_{name}"].astype(float)
        start = self.start(name)
        return np.broadcast_to(start, (self.n_steps, *start.shape))

    def start(self, name: str) -> np.ndarray:
        """The value that `name` had before the first step."""
        return self.arrays[f"init_{name}"].astype(float)

    def part(self, cls: Any, **arguments: Any) -> Any:
        """Our component, alone in a context of the recording's step and batch size."""
        size = {} if "n_units" in arguments else {"n_units": self.n_units}
        with ng.Context("net", dt=self.dt, dtype="float64") as net:
            part = cls("part", **size, **arguments)
        batch = next(v.shape[1] for k, v in self.arrays.items() if k.startswith("in_"))
        net.reset(batch_size=batch)
        return part

    def scanned(self, part: Any, inputs: dict[str, np.ndarray], read: list[str]) -> Trajectories:
        """Our trajectories under our names."""
        fed = {part.compartment(k): v for k, v in inputs.items()}
        out = part.context.advance.scan(inputs=fed, n_steps=self.n_steps, watch=[part.compartment(k) for k in read])
        return {k: np.asarray(out[f"part.{k}"]) for k in read}

    def last_spikes(self, s: np.ndarray) -> np.ndarray:
        """`tols`: the time argument of the last step with a spike, 0 before."""
        out, last = [], np.zeros(s.shape[1:])
        for t, now in zip(self._times(), s, strict=True):
            last = np.where(now > 0, t, last)
            out.append(last)
        return np.stack(out)

    def _times(self) -> np.ndarray:
        return self.dt * np.arange(self.n_steps) if self.t is None else self.t


def run(npz_path: str | Path, json_path: str | Path) -> Trajectories:
    """Our trajectories of a recording's component, {ngc-learn's compartment: (T, batch, n)}, float64."""
    with np.load(npz_path) as arrays:
        return run_of(dict(arrays), json.loads(Path(json_path).read_text()))


def run_of(arrays: dict[str, np.ndarray], description: dict[str, Any]) -> Trajectories:
    """The same, of the arrays and the description themselves."""
    recording = Recording(arrays, description)
    with jax.enable_x64(True):
        return CASES[recording.kind](recording)


def differences(json_path: str | Path) -> dict[str, str]:
    """{compartment: what ngc-learn does wrong}, for those in which ours is rightly another value."""
    return differences_of(json.loads(Path(json_path).read_text()))


def differences_of(description: dict[str, Any]) -> dict[str, str]:
    """The same, of the description itself."""
    kind = description["cls"].rpartition(".")[2]
    known = ARGUMENTS.get(kind, {})
    a = {**known, **dict(zip(known, description.get("posargs") or (), strict=False)), **description["kwargs"]}
    found: dict[str, str] = {}

    def note(why: str, *compartments: str) -> None:
        found.update(dict.fromkeys(compartments, why))

    note("it overflows, and stays NaN", *(description.get("nonfinite") or ()))
    asked = a.get("integration_type", "euler")
    stepped = ("LIFCell", "IFCell", "QuadLIFCell", "AdExCell", "IzhikevichCell", "FitzhughNagumoCell", "RAFCell")
    many = ("AdExCell", "IzhikevichCell", "FitzhughNagumoCell", "HodgkinHuxleyCell")
    if kind in stepped and asked not in ("euler", "midpoint", "rk2"):
        note(f"{asked!r} runs as Euler", "v", "w", "s", "s_raw", "rfr", "tols", "thr_theta")
    if kind in many and asked in ("midpoint", "rk2", *(("rk4",) if kind == "HodgkinHuxleyCell" else ())):
        note("the step of a variable holds the other ones still", "v", "w", "n", "m", "h", "s", "tols")
    if kind == "RateCell" and asked in ("heun", "ralston", "rk4"):
        note(f"integration {asked!r} runs as {'RK4' if asked == 'heun' else 'Euler'}", "z", "zF")
    if kind == "IFCell" and not a["lower_clamp_voltage"]:
        note("without the lower bound the reset of v is dropped as well", "v", "s", "rfr", "tols")
    if kind == "QuadLIFCell":
        wrong = "the parabola has the wrong sign: it pulls v back beyond v_c instead of letting it run away"
        note(wrong, "v", "s", "s_raw", "rfr", "tols", "thr_theta")
    if kind == "BernoulliErrorCell" and not a["input_logits"]:
        note("the slope by a probability is multiplied by the slope of a sigmoid at it", "dp")
    if kind == "LaplacianErrorCell":
        note("the sum of the signs of the errors instead of the sum of their sizes", "L")
    if kind == "LatencyCell" and not a["linearize"]:
        wrong = "num_steps is passed as the distance to the threshold: all latencies are the same"
        note(wrong, "targ_sp_times", "outputs", "tols")
    if kind == "ExpKernel":
        note("an event at time 0 is left out", "epsp")
    if kind == "VarTrace" and a["n_nearest_spikes"] > 0:
        note("an event takes its share off the trace of a step before", "trace", "outputs")
    return {**found, **ngclearn_synapses.differences(kind), **ngclearn_rules.differences(kind, a)}


# --- graded cells ---------------------------------------------------------------------------------------------------
def _rate(r: Recording) -> Trajectories:
    a = r.arguments
    if a["use_lateral"] or a["shape"] is not None:
        raise ValueError(f"{r.description['name']}: RateCell with its own lateral synapse, or shape, has no case")
    told: dict[str, Any] = {"nonlinearity": a["act_fx"], "scale": a["output_scale"]}
    if a["is_stateful"] and not (isinstance(a["tau_m"], float) and a["tau_m"] <= 0):
        (prior, leak), (threshold, strength) = a["prior"], a["threshold"]
        kinds = {"soft_threshold": "soft", "cauchy_threshold": "cauchy"}
        told |= {"tau_m": a["tau_m"], "gain": a["resist_scale"], "prior": prior, "leak": leak}
        told["integration"] = a["integration_type"]
        if threshold in kinds and strength > 0:
            told |= {"threshold": kinds[threshold], "strength": strength * a["tau_m"] / r.dt}
    else:
        told["instant"] = True
    part = r.part(RateCell, **told)
    part.context.state = {"part": {"z": r.start("z")}}
    out = r.scanned(part, {k: r.input(k) for k in ("j", "j_td")}, ["z", "r"])
    return {"z": out["z"], "zF": out["r"]}


def _error(r: Recording, cls: Any, names: list[str], read: list[str], **told: Any) -> Trajectories:
    """Inputs and gradients under one name in both; L is the sum over the batch."""
    part = r.part(cls, **told)
    out = r.scanned(part, {k: r.input(k) for k in (*names, "modulator", "mask")}, [*read, "L"])
    return {**out, "L": out["L"].sum(1)}


def _gaussian(r: Recording) -> Trajectories:
    variance = np.asarray(r.arguments["sigma"], float).reshape(-1)
    out = _error(r, GaussianErrorCell, ["mu", "target"], ["dmu", "dtarget"], variance=_one_or_all(variance, r))
    batch = out["dmu"].shape[1]
    log_norm = 0.5 * batch * np.log(np.broadcast_to(variance, (r.n_units,))).sum()  # theirs leaves it out
    return {**out, "L": out["L"] + log_norm}


def _laplacian(r: Recording) -> Trajectories:
    scale = np.asarray(r.arguments["scale"], float).reshape(-1)
    out = _error(r, LaplacianErrorCell, ["shift", "target"], ["dshift", "dtarget"], scale=_one_or_all(scale, r))
    log_norm = out["dshift"].shape[1] * np.log(np.broadcast_to(scale, (r.n_units,))).sum()
    return {**out, "L": out["L"] + log_norm}


def _bernoulli(r: Recording) -> Trajectories:
    logits = bool(r.arguments["input_logits"])
    return _error(r, BernoulliErrorCell, ["p", "target"], ["dp", "dtarget"], logits=logits)


def _one_or_all(values: np.ndarray, r: Recording) -> Any:
    return float(values[0]) if values.size == 1 else np.broadcast_to(values, (r.n_units,))


def _reward(r: Recording) -> Trajectories:
    if "evolve" in r.description["methods_per_step"]:
        raise ValueError(f"{r.description['name']}: an episode that ends in every step has no case")
    online = bool(r.arguments["use_online_predictor"])
    part = r.part(RewardPredictionErrorCell, online=online, **({"alpha": r.arguments["alpha"]} if online else {}))
    part.context.state = {"part": {"mu": r.start("mu")}}
    out = r.scanned(part, {"reward": r.input("reward")}, ["mu", "rpe", "accumulated", "n_steps"])
    return {
        "mu": out["mu"], "rpe": out["rpe"], "accum_reward": out["accumulated"], "n_ep_steps": out["n_steps"][..., None],
    }  # fmt: skip


# --- traces ---------------------------------------------------------------------------------------------------------
def _trace(r: Recording) -> Trajectories:
    a, dt = r.arguments, r.dt
    tau, gamma = float(a["tau_tr"]), float(a["gamma_tr"])
    told: dict[str, Any] = {"decay": "step"}
    if "exp" in a["decay_type"]:
        told = {"decay": "exponential", "tau": 1.0 / (1.0 / tau - math.log(gamma) / dt)}
    elif "lin" in a["decay_type"]:
        told = {"decay": "linear", "tau": dt / (1.0 - gamma * (1.0 - dt / tau))}
    if a["n_nearest_spikes"] > 0:
        told |= {"amplitude": a["a_delta"], "n_nearest": a["n_nearest_spikes"]}
    elif a["a_delta"] > 0:
        told["amplitude"] = a["a_delta"]
    else:
        told |= {"mode": "set", "amplitude": a["P_scale"]}
    part = r.part(Trace, **told)
    part.context.state = {"part": {"trace": r.start("trace")}}
    trace = r.scanned(part, {"inputs": r.input("inputs")}, ["trace"])["trace"]
    return {"trace": trace, "outputs": trace}


def _kernel(r: Recording) -> Trajectories:
    a = r.arguments
    part = r.part(ExponentialKernel, tau=a["tau_w"], window=int(a["nu"] / a["dt"]) * r.dt)
    return {"epsp": r.scanned(part, {"inputs": r.input("inputs")}, ["outputs"])["outputs"]}


# --- encoders -------------------------------------------------------------------------------------------------------
def _once(r: Recording, part: Any, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """(spike times, their trains): each spike in the step of the nearest whole multiple of `unit` ms."""
    x = r.input("inputs")
    if not np.all(x == x[:1]):
        raise ValueError(f"{r.description['name']}: latencies of an input that changes have no case")
    due = r.scanned(part, {"inputs": x}, ["due"])["due"][0]
    at = r._times()
    single = due.astype(np.float32)  # ties are those of its float type
    snapped = np.where(np.isfinite(due), np.round(np.where(np.isfinite(due), single, 0.0) / unit) * unit, np.inf)
    before = np.concatenate([[-np.inf], at[:-1]])
    fires = (snapped[None] <= at[:, None, None]) & (snapped[None] > before[:, None, None])
    return due, fires.astype(float)


def _latency(r: Recording) -> Trajectories:
    a = r.arguments
    first, tau, threshold = float(a["first_spike_time"]), float(a["tau"]), float(a["threshold"])
    if a["linearize"] and a["normalize"]:
        tau = a["num_steps"] - 1.0 - first
    latest = 1.0 - threshold if a["linearize"] else math.log((threshold + 1e-7) / 1e-7)
    told = {"mode": "linear" if a["linearize"] else "logarithmic", "tau": tau, "threshold": threshold, "t_first": first}
    held = r.part(LatencyEncoder, **told, t_last=first + tau * latest)
    due, outputs = _once(r, held, 1.0)
    if a["clip_spikes"]:
        outputs = outputs * (r.input("inputs")[0] >= threshold)
    times = np.broadcast_to(due, outputs.shape)
    return {"targ_sp_times": times, "outputs": outputs, "tols": r.last_spikes(outputs)}


def _first_spike(r: Recording) -> Trajectories:
    a = r.arguments
    part = r.part(TTFSEncoder, duration=(a["num_steps"] - 1) * r.dt, mode=a["latency_mode"])
    due, outputs = _once(r, part, r.dt)
    steps = np.broadcast_to(np.round(due / r.dt), outputs.shape)
    fired = np.maximum.accumulate(outputs)
    return {"target_spike_times": steps, "outputs": outputs, "has_fired": fired, "tols": r.last_spikes(outputs)}


# --- spiking cells --------------------------------------------------------------------------------------------------
def _spiking(
    r: Recording, cell: Any, names: dict[str, str], drive: np.ndarray, *, refract: float | None = None,
    theta: tuple[float, float] | None = None, floor: float | None = None, late: bool = False,
    turns: dict[str, float] | None = None, then: str = "",
) -> Trajectories:  # fmt: skip
    """Steps like ngc-learn's with our cell's velocity, threshold and reset. names: {our field: theirs}.

    turns: {field: how many times as fast}, in the order in which they are stepped, each with the others held; by
    default all at once. then: a field that flows, exactly, between the test for a spike and the reset.
    """
    asked = r.arguments["integration_type"]
    step = INTEGRATORS[asked]

    def pick(s: Any, new: Any, old: Any) -> Any:
        return type(old)(*(jnp.where(s, a, b) for a, b in zip(new, old, strict=True)))

    @jax.jit
    def advance(x: Any, j: Any, shift: Any) -> tuple[Any, Any]:
        moved = x if turns else step(lambda y: cell.rate(y, j), x, r.dt)
        for field, speed in (turns or {}).items():
            moved = step(lambda y, field=field, speed=speed: _only(cell.rate(y, j), field, speed), moved, r.dt)
        if late:
            s = cell.threshold(x) > 0
            return pick(s, cell.reset_map(x), moved), s
        s = cell.threshold(moved) > shift
        if then:
            moved = moved._replace(**{then: getattr(cell.flow(moved, 0.0, r.dt), then)})
        return pick(s, cell.reset_map(moved), moved), s

    x = cell.read()
    x = x._replace(**{ours: jnp.asarray(r.start(theirs)) for ours, theirs in names.items()})
    rfr = r.start("rfr") if refract is not None else np.zeros(1)
    shift = r.start("thr_theta") if theta is not None else np.zeros(1)
    rows: dict[str, list[Any]] = {}
    for j in drive:
        gate = 1.0 if refract is None else rfr >= refract
        x, s = advance(x, jnp.asarray(j * gate), jnp.asarray(shift))
        if floor is not None:
            x = x._replace(v=jnp.maximum(x.v, floor))
        s = np.asarray(s, float)
        now = {**{theirs: np.asarray(getattr(x, ours)) for ours, theirs in names.items()}, "s": s}
        if refract is not None:
            now["rfr"] = rfr = (rfr + r.dt) * (1.0 - s)
        if theta is not None:
            now["thr_theta"] = shift = shift * math.exp(-r.dt / theta[0]) + theta[1] * s
        for key, value in now.items():
            rows.setdefault(key, []).append(value)
    out = {key: np.stack(values) for key, values in rows.items()}
    return {**out, "tols": r.last_spikes(out["s"])}


def _only(rate: Any, field: str, speed: float) -> Any:
    """A rate of which only one field moves."""
    return type(rate)(*(speed * d if f == field else jnp.zeros_like(d) for f, d in rate._asdict().items()))


def _leaky(r: Recording) -> Trajectories:
    a = r.arguments
    g = float(a["conduct_leak"])
    told = {"tau_m": a["tau_m"] / g, "v_rest": a["v_rest"], "v_reset": a["v_reset"], "v_thr": a["thr"]}
    theta = {"tau_theta": a["tau_theta"], "theta_plus": a["theta_plus"]} if a["tau_theta"] > 0 else {"theta_plus": 0.0}
    cell = r.part(DiehlCookCell, **told, **theta, shared_theta=False)
    drive, names = r.input("j") * (a["resist_m"] / g), {"v": "v", "theta": "thr_theta"}
    more = {"refract": a["refract_time"], "floor": a["v_min"], "turns": {"v": 1.0}, "then": "theta"}
    return _raw(r, _spiking(r, cell, names, drive, **more))


def _raw(r: Recording, out: Trajectories) -> Trajectories:
    """With `s_raw`; where one spike among several is let through, its choice is drawn, or wrong, and is left out."""
    out = {**out, "s_raw": out["s"]}
    chosen = r.arguments["one_spike"] or r.arguments.get("max_one_spike")
    return {k: v for k, v in out.items() if not (chosen and k in ("s", "tols"))}


def _integrate(r: Recording) -> Trajectories:
    a = r.arguments
    cell = r.part(IFCell, tau_m=a["tau_m"], v_rest=a["v_rest"], v_reset=a["v_reset"], v_thr=a["thr"])
    floor = a["v_rest"] if a["lower_clamp_voltage"] else None
    drive = r.input("j") * a["resist_m"]
    return _spiking(r, cell, {"v": "v"}, drive, refract=a["refract_time"], floor=floor)


def _simplified(r: Recording) -> Trajectories:
    a = r.arguments
    cell = r.part(SLIFCell, tau_m=a["tau_m"], thr_gain=a["thr_gain"], target=1.0 / r.dt)
    s, rfr = r.start("s"), r.start("rfr")
    x = cell.read()._replace(v=jnp.asarray(r.start("v")), thr=jnp.asarray(r.start("thr")))
    rows: dict[str, list[Any]] = {k: [] for k in ("v", "s", "rfr", "thr")}
    for j in r.input("j") * a["resist_m"]:
        if a["resist_inh"] > 0:
            j = j - s @ r.arrays["const_inh_weights"].astype(float) * a["resist_inh"]
        free = rfr >= a["refract_time"]
        v = INTEGRATORS["euler"](lambda y, j=j: cell.rate(y, j), x, r.dt).v
        moved = x._replace(v=jnp.where(free, v, x.v))
        fired = np.asarray(cell.threshold(moved) > 0, float)
        after = cell.reset_map(moved)
        if a["rho_b"] > 0:
            cell.s.set(fired)
            thr = pulled(cell, moved.thr, a["rho_b"])
        else:
            thr = jnp.where(fired > 0, after.thr, moved.thr) - moved.thr * a["thr_leak"]
        x = moved._replace(v=jnp.where(fired > 0, after.v, moved.v), thr=thr)
        s = np.where(free, fired, 1.0) if a["sticky_spikes"] else fired
        rfr = (rfr + r.dt) * (1.0 - fired) + fired * r.dt
        for key, value in {"v": np.asarray(x.v), "s": s, "rfr": rfr, "thr": np.asarray(thr)}.items():
            rows[key].append(value)
    out = {key: np.stack(values) for key, values in rows.items()}
    return {**out, "tols": r.last_spikes(out["s"])}


def _winners(r: Recording) -> Trajectories:
    a = r.arguments
    part = r.part(WTASCell, pull=a["thr_gain"], target=1.0 / r.dt)
    rfr = r.start("rfr")
    part.context.state = {"part": {"thr": r.start("thr")}}
    rows: dict[str, list[Any]] = {k: [] for k in ("v", "s", "rfr", "thr")}
    for j in r.input("j") * a["resist_m"]:
        part.context.advance.run({part.j: j * (rfr >= a["refract_time"])})
        v, s, thr = (np.asarray(c.get()) for c in (part.v, part.s, part.thr))
        rfr = (rfr + r.dt) * (1.0 - s) + s * r.dt
        for key, value in {"v": v, "s": s, "rfr": rfr, "thr": thr}.items():
            rows[key].append(value)
    out = {key: np.stack(values) for key, values in rows.items()}
    return {**out, "tols": r.last_spikes(out["s"])}


def _fitzhugh(r: Recording) -> Trajectories:
    a = _without_reset(r, "spike_reset", False)
    cell = r.part(FitzHughNagumoCell, **{k: a[k] for k in ("tau_m", "tau_w", "alpha", "beta", "gamma", "v_thr")})
    return _spiking(r, cell, {"v": "v", "w": "w"}, r.input("j") * a["resist_m"])


def _hodgkin(r: Recording) -> Trajectories:
    a = _without_reset(r, "spike_reset", False)
    told = {f"E_{k}": a[f"v_{k}"] for k in ("Na", "K", "L")} | {k: a[k] for k in ("g_Na", "g_K", "g_L")}
    cell = r.part(HodgkinHuxleyCell, **told, C=a["tau_v"], v_rest=0.0, v_thr=a["thr"])
    return _spiking(r, cell, {k: k for k in "vnmh"}, r.input("j") * a["resist_m"])


def _resonate(r: Recording) -> Trajectories:
    a = _without_reset(r, "post_spike_reset", True)
    told = {k: a[k] for k in ("omega", "v_reset", "w_reset")}
    cell = r.part(RAFCell, **told, b=a["dampen_factor"], v_thr=a["thr"])
    turns = {"w": 1.0 / a["tau_w"], "v": 1.0 / a["tau_v"]}
    return _spiking(r, cell, {"v": "v", "w": "w"}, r.input("j") * a["resist_v"], turns=turns)


def _without_reset(r: Recording, argument: str, wanted: bool) -> dict[str, Any]:
    """The arguments, where this one has the value that our cell stands for."""
    if bool(r.arguments[argument]) is not wanted:
        raise ValueError(f"{r.description['name']}: {r.kind} with {argument}={not wanted} has no case")
    return r.arguments


def _quadratic(r: Recording) -> Trajectories:
    a = r.arguments
    critical = max(float(a["v_scale"]), float(a["v_rest"]))
    told = {"tau_m": a["tau_m"], "a0": a["critical_v"], "v_rest": a["v_rest"], "v_c": critical}
    peak = max(float(a["thr"]), critical + 1.0)  # a cell below its critical potential has not fired
    cell = r.part(QIFCell, **told, v_peak=peak, v_reset=a["v_reset"])
    drive = r.input("j") * a["resist_m"]
    theta = (a["tau_theta"], a["theta_plus"]) if a["tau_theta"] > 0 else None
    return _raw(r, _spiking(r, cell, {"v": "v"}, drive, refract=a["refract_time"], theta=theta, floor=a["v_min"]))


def _adex(r: Recording) -> Trajectories:
    a = r.arguments
    g = 1.0 / a["resist_m"]
    told = {
        "C": a["tau_m"] * g,
        "g_L": g,
        "E_L": a["v_rest"],
        "V_T": a["intrinsic_mem_thr"],
        "delta_T": a["v_sharpness"],
    }
    cell = r.part(AdExCell, **told, a=a["a"], b=a["b"], tau_w=a["tau_w"], v_peak=a["thr"], v_reset=a["v_reset"])
    return _spiking(r, cell, {"v": "v", "w": "w"}, r.input("j"))


def _izhikevich(r: Recording) -> Trajectories:
    a = r.arguments
    tau = float(a["tau_m"])
    told = {"a": 1.0 / a["tau_w"], "b": a["coupling_factor"] / tau, "c": a["v_reset"], "d": a["w_reset"] / tau}
    if tau != 1.0:
        told |= {"curvature": 0.04 / tau, "slope": 5.0 / tau, "offset": 140.0 / tau}
    cell = r.part(IzhikevichCell, **told, v_peak=a["v_thr"])
    scaled = Recording({**r.arrays, "init_w": r.start("w") / tau}, r.description)
    out = _spiking(scaled, cell, {"v": "v", "u": "w"}, r.input("j") * (a["resist_m"] / tau), late=True)
    return {**out, "w": out["w"] * tau}


CASES: dict[str, Callable[[Recording], Trajectories]] = {
    "TTFSCell": _first_spike,
    "LatencyCell": _latency,
    "VarTrace": _trace,
    "ExpKernel": _kernel,
    "GaussianErrorCell": _gaussian,
    "LaplacianErrorCell": _laplacian,
    "BernoulliErrorCell": _bernoulli,
    "RewardErrorCell": _reward,
    "RateCell": _rate,
    "LIFCell": _leaky,
    "IFCell": _integrate,
    "FitzhughNagumoCell": _fitzhugh,
    "HodgkinHuxleyCell": _hodgkin,
    "RAFCell": _resonate,
    "SLIFCell": _simplified,
    "WTASCell": _winners,
    "QuadLIFCell": _quadratic,
    "AdExCell": _adex,
    "IzhikevichCell": _izhikevich,
    **ngclearn_synapses.CASES,
    **ngclearn_rules.CASES,
}
