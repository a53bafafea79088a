"""ngc-learn's recordings of synapses that learn, through our synapses and learning rules.

What stands for its arithmetic:

    signs, sums     its Hebbian update is descended, by default: rate = -sign_value eta. Updates are sums over batches.
    steps of tau    BCM moves weights by dt / tau_w, as our rules with `tau`; its threshold takes Euler steps, which is
                    our exact threshold with the time constant of that factor.
    Oja             the rate is ignored (it is 1), and after each step weights that leave an input are put to length 1,
                    which our synapses do not do: it is done here.
    inhibitory      not the rule of Vogels et al., which is our InhibitorySTDP: pairs times (w_max - w), and a loss
                    2 rho x_i w_ij in every step. It is the sum of two general Hebbian forms, over traces and spikes.
    MSTDP-ET        its eligibility is that of the step before: our modulator is told one step early, and what comes
                    out is read one step late. It is our eligibility around TraceSTDP.
    REINFORCE       its actions are drawn, and are taken from the recording; the rule is given the score of a normal
                    policy, mean and log of the deviation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import ngcsnn as ng
from ngcsnn.components import (
    BCMRule,
    DenseSynapse,
    EligibleRule,
    EventSTDP,
    ExponentialSTDP,
    GeneralHebbianRule,
    HebbianRule,
    OjaRule,
    PairSTDP,
    REINFORCERule,
    Trace,
    TraceSTDP,
)
from ngcsnn.graph import hyper

Trajectories = dict[str, np.ndarray]
_TRACES: dict[str, Any] = {
    "shape": None, "A_plus": None, "A_minus": None, "eta": 1.0, "mu": 0.0, "pretrace_target": 0.0, "tau_w": 0.0,
    "w_bound": 1.0,
}  # fmt: skip
ARGUMENTS: dict[str, dict[str, Any]] = {
    "HebbianSynapse": {
        "shape": None, "eta": 0.0, "w_bound": 1.0, "sign_value": 1.0, "w_decay": 0.0, "pre_wght": 1.0, "post_wght": 1.0,
    },
    "OjaTensorSynapse": {"n_in_streams": 1, "K_local": None, "O_local": None, "eta": 0.0, "normalize": False},
    "BCMSynapse": {"shape": None, "tau_w": None, "tau_theta": None, "theta0": -1.0, "w_bound": 0.0, "w_decay": 0.0},
    "GerstnerHebbianSynapse": {"shape": None, "eta": 0.01, "coeffs": None},
    "_compute_update": {  # of STDPSynapse, which cannot be made: driven by hand
        "Aplus": None, "Aminus": None, "tau_plus": 10.0, "tau_minus": 10.0, "tau_w": 0.0, "w_decay": 0.0,
        "w_bound": 1.0, "eta": 1.0,
    },
    "TraceSTDPSynapse": _TRACES,
    "ExpSTDPSynapse": {**_TRACES, "exp_beta": None},
    "EventSTDPSynapse": {
        "shape": None, "eta": None, "lmbda": 0.01, "A_plus": 1.0, "A_minus": 1.0, "presyn_win_len": 2.0, "w_bound": 1.0,
    },
    "InhibitorySTDPSynapse": {
        "shape": None, "eta": 1.0, "rho": 0.2, "Aplus": 1.0, "Aminus": 1.0, "tau_x_pre": 30.0, "tau_x_post": 30.0,
        "use_soft_bounds": True, "w_max": 1.0, "w_min": 0.0, "is_volt_dependent": False,
    },
    "MSTDPETSynapse": {**_TRACES, "tau_elg": 0.0, "elg_decay": 1.0},
    "REINFORCESynapse": {"shape": None, "eta": 1e-4, "w_bound": 1.0},
}  # fmt: skip
PLAIN = {  # what has no counterpart here unless it is this
    "HebbianSynapse": {"w_bound": 0.0, "w_decay": 0.0},
    "BCMSynapse": {"w_bound": 0.0},
    "_compute_update": {"tau_w": 0.0, "w_decay": 0.0},
    "TraceSTDPSynapse": {"tau_w": 0.0},
    "ExpSTDPSynapse": {"tau_w": 0.0, "pretrace_target": 0.0, "mu": 0.0},
    "InhibitorySTDPSynapse": {"is_volt_dependent": False, "use_soft_bounds": True},
    "MSTDPETSynapse": {"tau_w": 0.0, "mu": 0.0},
}


def differences(kind: str, arguments: dict[str, Any]) -> dict[str, str]:
    """{compartment: what ngc-learn does wrong}."""
    if kind == "BCMSynapse" and arguments["theta0"] < 0:
        why = "the threshold starts below 0 and passes through it, and the update is divided by it: rounding decides"
        return dict.fromkeys(("weights", "dWeights"), why)
    if kind == "_compute_update":
        return dict.fromkeys(("weights", "dWeights"), "loss grows with the distance of the two spikes")
    if kind == "EventSTDPSynapse":
        return dict.fromkeys(("weights",), "a presynaptic spike at time 0 is not seen")
    return {}


def _check(r: Any) -> None:
    for key, value in PLAIN.get(r.kind, {}).items():
        if r.arguments[key] != value:
            raise ValueError(f"{r.description['name']}: {r.kind} with {key} {r.arguments[key]!r} has no case")


def _learned(
    r: Any, rule: Any, fed: dict[str, np.ndarray], told: dict[str, Any], bounds: tuple[Any, Any] = (None, None),
    watch: tuple[str, ...] = (),
) -> dict[str, np.ndarray]:  # fmt: skip
    """{"weights", and what is watched of the rule}, after every step of the rule on a dense synapse."""
    _check(r)
    start = r.start("weights")
    with ng.Context("net", dt=r.dt, dtype="float64") as net:
        w = DenseSynapse("w", shape=start.shape, weights=start, w_min=bounds[0], w_max=bounds[1])
        part = rule("rule", synapse=w, reduce="sum", **told)
        part.dweights >> w.dweights
    net.reset(batch_size=next(iter(fed.values())).shape[1])
    process = net.process("learn") >> net.advance >> net.evolve
    out = process.scan({f"rule.{k}": v for k, v in fed.items()}, watch=["w.weights", *(f"rule.{k}" for k in watch)])
    return {k.partition(".")[2]: np.asarray(v) for k, v in out.items()}


def _sides(r: Any) -> dict[str, np.ndarray]:
    return {"pre": r.input("pre"), "post": r.input("post")}


def _hebbian(r: Any) -> Trajectories:
    a = r.arguments
    rate = -a["sign_value"] * a["eta"] * a["pre_wght"] * a["post_wght"]
    out = _learned(r, HebbianRule, _sides(r), {"rate": rate}, watch=("dweights",))
    return {"weights": out["weights"], "dWeights": -out["dweights"] / a["eta"]}


def _oja(r: Any) -> Trajectories:
    """Step by step from the recorded weights before, which its normalisation makes."""
    before = np.concatenate([r.arrays["init_weights"][None], r.arrays["traj_weights"][:-1]]).astype(float)
    shape = before.shape[-2:]
    with ng.Context("net", dt=r.dt, dtype="float64") as net:
        w = DenseSynapse("w", shape=shape, weights=0.0)
        rule = OjaRule("rule", synapse=w, rate=1.0, reduce="sum")
    changes = []
    for pre, post, weights in zip(r.input("pre"), r.input("post"), before.reshape(-1, *shape), strict=True):
        net.reset(batch_size=len(pre))
        for compartment, value in ((rule.pre, pre), (rule.post, post), (w.weights, weights)):
            compartment.set(value)
        changes.append(np.asarray(rule.dweights.get()))
    moved = before.reshape(-1, *shape) + np.stack(changes)
    if r.arguments["normalize"]:
        moved = moved / np.linalg.norm(moved, axis=2, keepdims=True)
    whole = r.arrays["traj_weights"].shape
    return {"dWeights": np.stack(changes).reshape(whole), "weights": moved.reshape(whole)}


def exact(tau: float, dt: float) -> float:
    """The time constant whose exact decay in a step is their 1 - dt / tau."""
    return -dt / math.log(1.0 - dt / tau)


def _bcm(r: Any) -> Trajectories:
    a = r.arguments
    told = {"scaled": True, "tau": a["tau_w"], "rate": 1.0, "decay": a["w_decay"], "theta_start": a["theta0"]}
    told["tau_theta"] = exact(a["tau_theta"], r.dt)
    out = _learned(r, BCMRule, _sides(r), told, watch=("theta", "dweights"))
    return {
        "weights": out["weights"], "theta": out["theta"][:, None], "dWeights": out["dweights"] * a["tau_w"] / r.dt,
    }  # fmt: skip


def _general(r: Any) -> Trajectories:
    eta = r.arguments["eta"]
    own, pre, post, both = r.arguments["coeffs"] or (0.0, 0.0, 0.0, 1.0)
    told = {"c0": (0.0, eta * own), "c_pre": eta * pre, "c_post": eta * post, "c_corr": eta * both}
    out = _learned(r, GeneralHebbianRule, _sides(r), told, watch=("dweights",))
    return {"weights": out["weights"], "dWeights": out["dweights"] / eta}


def _pairs(r: Any) -> Trajectories:
    a = r.arguments
    fed = {"pre": r.input("preSpike"), "post": r.input("postSpike")}
    told = {"A_plus": a["eta"] * a["Aplus"], "A_minus": a["eta"] * a["Aminus"], "pairing": "nearest"}
    told |= {"tau_plus": a["tau_plus"], "tau_minus": a["tau_minus"]}
    out = _learned(r, PairSTDP, fed, told, (0.0, a["w_bound"]), ("dweights",))
    return {"weights": out["weights"], "dWeights": out["dweights"] / a["eta"]}


def _traced(r: Any) -> dict[str, np.ndarray]:
    names = {"pre": "preSpike", "post": "postSpike", "pre_trace": "preTrace", "post_trace": "postTrace"}
    return {ours: r.input(theirs) for ours, theirs in names.items()}


def _amplitudes(a: dict[str, Any]) -> dict[str, float]:
    scale = a["eta"] * a["w_bound"] ** a["mu"]  # our dependence on weights is relative to their bound
    return {"A_plus": scale * a["A_plus"], "A_minus": scale * a["A_minus"]}


def _by_traces(r: Any) -> Trajectories:
    a = r.arguments
    told = {**_amplitudes(a), "mu_plus": a["mu"], "mu_minus": a["mu"], "trace_target": a["pretrace_target"]}
    out = _learned(r, TraceSTDP, _traced(r), told, (0.0, a["w_bound"]), ("dweights",))
    return {"weights": out["weights"], **({} if a["mu"] else {"dWeights": out["dweights"] / a["eta"]})}


def _exponential(r: Any) -> Trajectories:
    a = r.arguments
    bounds = (0.01, a["w_bound"] - 0.01)
    return _learned(r, ExponentialSTDP, _traced(r), {**_amplitudes(a), "beta": a["exp_beta"]}, bounds)


def _event(r: Any) -> Trajectories:
    a, fed = r.arguments, {"pre": (r.input("inputs") > 0) * 1.0, "post": r.input("postSpike")}
    told = {"rate": a["eta"], "A_plus": a["A_plus"], "A_minus": a["A_minus"], "decay": a["lmbda"]}
    return _learned(r, EventSTDP, fed, {**told, "window": a["presyn_win_len"]}, (0.01, a["w_bound"]))


def _inhibitory(r: Any) -> Trajectories:
    _check(r)
    a, start = r.arguments, r.start("weights")
    grown = a["eta"] * a["Aplus"]
    with ng.Context("net", dt=r.dt, dtype="float64") as net:
        w = DenseSynapse("w", shape=start.shape, weights=start, w_min=a["w_min"], w_max=a["w_max"])
        taus = (a["tau_x_pre"], a["tau_x_post"])
        pre, post = (
            Trace(name, n_units=n, tau=exact(tau, r.dt), amplitude=r.dt / tau)
            for name, n, tau in zip(("before", "after"), start.shape, taus, strict=True)
        )
        both = {"synapse": w, "reduce": "sum", "c_corr": (grown * a["w_max"], -grown)}
        first = GeneralHebbianRule("first", c_pre=(0.0, -2.0 * a["rho"] * a["eta"] * a["Aminus"]), **both)
        second = GeneralHebbianRule("second", **both)
        pre.trace >> first.pre
        post.trace >> second.post
        first.dweights + second.dweights >> w.dweights
    net.reset(batch_size=r.input("s_pre").shape[1])
    s = {"before.inputs": r.input("s_pre"), "second.pre": r.input("s_pre")}
    s |= {"after.inputs": r.input("s_post"), "first.post": r.input("s_post")}
    watch = ["w.weights", "before.trace", "after.trace"]
    out = (net.process("learn") >> net.advance >> net.evolve).scan(s, watch=watch)
    return dict(zip(("weights", "x_pre", "x_post"), (np.asarray(out[k]) for k in watch), strict=True))


class TraceMSTDPET(EligibleRule, TraceSTDP):
    """Our eligibility around a rule that reads traces; what a step leaves of it is given outright."""

    left = hyper(0.0, doc="of the eligibility, after a step")

    @property
    def kept(self) -> float:
        return self.left

    @property
    def worth(self) -> float:
        return 1.0


def _eligible(r: Any) -> Trajectories:
    a = r.arguments
    tau = a["tau_elg"]
    left = math.exp(-r.dt / tau) * a["elg_decay"] if tau else 0.0
    scale = 1.0 / tau if tau else 1.0
    told = {**{k: scale * v for k, v in _amplitudes(a).items()}, "left": left, "trace_target": a["pretrace_target"]}
    reward = r.input("modulator")
    fed = {**_traced(r), "modulator": np.concatenate([reward[1:], np.zeros_like(reward[:1])])}
    out = _learned(r, TraceMSTDPET, fed, told, (0.0, a["w_bound"]), ("eligibility",))
    late = {"weights": r.start("weights"), "eligibility": a["eta"] * r.start("eligibility")}
    held = {**out, "eligibility": out["eligibility"].sum(1)}
    return {
        k: np.concatenate([start[None], held[k][:-1]]) / (a["eta"] if k == "eligibility" else 1.0)
        for k, start in late.items()
    }


def _reinforce(r: Any) -> Trajectories:
    a, start = r.arguments, r.start("weights")
    x, actions, rewards = r.input("inputs"), r.arrays["traj_outputs"].astype(float), r.input("rewards")
    with ng.Context("net", dt=r.dt, dtype="float64") as net:
        w = DenseSynapse("w", shape=start.shape, weights=start, w_min=0.0, w_max=a["w_bound"])
        rule = REINFORCERule("rule", synapse=w, rate=0.01 * a["eta"], reduce="sum")
        w.inputs >> rule.pre
        rule.dweights >> w.dweights
    net.reset(batch_size=x.shape[1])
    out: Trajectories = {
        "weights": np.zeros((r.n_steps, *start.shape)),
        "dWeights": np.zeros((r.n_steps, *start.shape)),
    }
    for n in range(r.n_steps):
        mean, log_sd = np.split(x[n] @ np.asarray(w.weights.get()), 2, axis=1)
        sd = np.exp(log_sd)
        rule.post.set(np.concatenate([actions[n] / sd**2, ((actions[n] - mean) / sd) ** 2], axis=1))
        rule.expected.set(np.concatenate([mean / sd**2, np.ones_like(sd)], axis=1))
        rule.modulator.set(rewards[n].reshape(-1, 1))
        net.advance.run({w.inputs: x[n]})
        out["dWeights"][n] = np.asarray(rule.dweights.get()) / a["eta"]
        w.evolve()
        out["weights"][n] = w.weights.get()
    return out


CASES: dict[str, Callable[[Any], Trajectories]] = {
    "HebbianSynapse": _hebbian,
    "OjaTensorSynapse": _oja,
    "BCMSynapse": _bcm,
    "GerstnerHebbianSynapse": _general,
    "_compute_update": _pairs,
    "TraceSTDPSynapse": _by_traces,
    "ExpSTDPSynapse": _exponential,
    "EventSTDPSynapse": _event,
    "InhibitorySTDPSynapse": _inhibitory,
    "MSTDPETSynapse": _eligible,
    "REINFORCESynapse": _reinforce,
}
