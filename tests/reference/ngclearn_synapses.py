"""ngc-learn's recordings of synapses and their competitive rules, through our synapses, receptors and rules.

What stands for its arithmetic:

    conductances    fall by 1 - dt / tau in a step: our exact receptor whose time constant gives that factor. Its
                    current is that of the step's start, ours the mean over the step: they differ by a factor that does
                    not change, which is divided out here.
    rises           alpha, double exponential: the new drive acts on the conductance in the step of the event itself,
                    one step early, unscaled by dt: our receptor read one step later, times a factor that does not
                    change.
    prototypes      its synapses choose winners and learn; ours are a DenseSynapse and a rule.
    memories        its retrieval is our circuit of a synapse, a softmax and the synapse's transpose; what it learns is
                    a Hebbian rule whose presynaptic side is the error of retrieval.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import ngcsnn as ng
from ngcsnn.components import (
    AlphaReceptor,
    ART2ARule,
    DenseSynapse,
    DoubleExponentialReceptor,
    ExponentialReceptor,
    HebbianRule,
    LowRankSynapse,
    RateCell,
    SelfOrganisingMapRule,
    TransposedSynapse,
    VectorQuantisationRule,
)

Trajectories = dict[str, np.ndarray]
_DYNAMIC: dict[str, Any] = {"shape": None, "tau_decay": None, "g_syn_bar": None, "syn_rest": None}
_DECAYS = 50000.0  # of the rate of a map, in steps

ARGUMENTS: dict[str, dict[str, Any]] = {
    "DenseSynapse": {"shape": None},
    "MPSSynapse": {"shape": None, "bond_dim": 16},
    "ExponentialSynapse": _DYNAMIC,
    "AlphaFix": _DYNAMIC,
    "DExpFix": {**_DYNAMIC, "tau_rise": None},
    "SOMSynapse": {"n_inputs": None, "n_units_x": None, "n_units_y": None, "eta": 0.5},
    "VectorQuantizeSynapse": {"shape": None, "eta": 0.3, "eta_decrement": 1e-5},
    "ART2ASynapse": {"shape": None, "eta": 0.05, "eta_decrement": 0.0, "vigilance": 0.3},
    "HopfieldSynapse": {"shape": None, "eta": None, "beta": 8.0},
}


def differences(kind: str) -> dict[str, str]:
    """{compartment: what ngc-learn does wrong}."""
    if kind == "VectorQuantizeSynapse":
        why = "the winner's weights grow by the sample, instead of moving to it"
        return dict.fromkeys(("weights", "dWeights", "outputs"), why)
    if kind == "ART2ASynapse":
        why = "an Euler step along the sphere of prototypes, whose lengths drift from 1: none of it is normalised"
        return dict.fromkeys(("weights", "outputs"), why)
    return {}


def _net(r: Any) -> ng.Context:
    return ng.Context("net", dt=r.dt, dtype="float64")


def _run(net: ng.Context, inputs: dict[Any, np.ndarray], watch: list[Any], learns: bool = False) -> list[np.ndarray]:
    """What `watch` holds after every step, in which there is learning at the end where asked for."""
    net.reset(batch_size=next(iter(inputs.values())).shape[1])
    process = (net.process("learn") >> net.advance >> net.evolve) if learns else net.advance
    out = process.scan(inputs, watch=watch)
    return [np.asarray(out[c.key]) for c in watch]


def _dense(r: Any) -> Trajectories:
    with _net(r) as net:
        w = DenseSynapse("w", shape=tuple(r.arguments["shape"]), weights=r.start("weights"))
    return {"outputs": _run(net, {w.inputs: r.input("inputs")}, [w.outputs])[0]}


def _matrix_product(r: Any) -> Trajectories:
    left, right = r.start("core1")[0], r.start("core2")[:, :, 0]
    weights = np.concatenate([left.T, right], axis=1)
    with _net(r) as net:
        w = LowRankSynapse("w", shape=tuple(r.arguments["shape"]), rank=left.shape[1], weights=weights)
    return {"outputs": _run(net, {w.inputs: r.input("inputs")}, [w.outputs])[0]}


def _exact(tau: float, dt: float) -> float:
    """The time constant whose exact decay in a step is their 1 - dt / tau."""
    return -dt / math.log(1.0 - dt / tau)


def _conductance(
    r: Any, make: Callable[[dict[str, Any]], Any], factor: float, later: int, drive: tuple[str, float] | None,
    mean: float | None,
) -> Trajectories:  # fmt: skip
    """factor: from g of a receptor, `later` steps later, to theirs; drive: a state of ours, and what theirs is of it.

    mean: of a receptor's g over a step, as a share of that at its start, where it is one.
    """
    a, inputs, v = r.arguments, r.input("inputs"), r.input("v")
    with _net(r) as net:
        w = DenseSynapse("w", shape=tuple(a["shape"]), weights=r.start("weights") * a["g_syn_bar"])
        part = make({"n_units": a["shape"][1], "reversal": a["syn_rest"]})
        w.outputs >> part.inputs
    watch = [part.g, part.outputs] + ([part.compartment(drive[0])] if drive else [])
    more = [np.concatenate([x, np.repeat(x[-1:], later, 0)]) for x in (inputs, v)]
    if later:
        more[0][len(inputs) :] = 0.0
    g, current, *rest = _run(net, {w.inputs: more[0], part.v: more[1]}, watch)
    g = g[later:] * factor
    out = {"g_syn": g, "i_syn": current / mean if mean is not None else g * (a["syn_rest"] - v)}
    if drive is not None:
        out["h_syn"] = rest[0][: len(inputs)] * drive[1]
    return {**out, "outputs": out["i_syn"]}


def _exponential(r: Any) -> Trajectories:
    tau = _exact(r.arguments["tau_decay"], r.dt)
    mean = (1.0 - math.exp(-r.dt / tau)) * tau / r.dt
    return _conductance(r, lambda told: ExponentialReceptor("part", tau=tau, **told), 1.0, 0, None, mean)


def _alpha(r: Any) -> Trajectories:
    tau = _exact(r.arguments["tau_decay"], r.dt)
    factor = tau / (r.dt * math.e * math.exp(-r.dt / tau))  # theirs is (n + 1) a^n of each event, ours e n a^n dt / tau
    return _conductance(r, lambda told: AlphaReceptor("part", tau=tau, **told), factor, 1, ("drive", 1 / math.e), None)


def _double_exponential(r: Any) -> Trajectories:
    a = r.arguments
    fall, rise = (_exact(a[k], r.dt) for k in ("tau_decay", "tau_rise"))
    amplitude = 1.0 / a["tau_rise"] - 1.0 / a["tau_decay"]
    apart = math.exp(-r.dt / fall) - math.exp(-r.dt / rise)  # theirs is (d^(n + 1) - r^(n + 1)) / (d - r) of each event

    def make(told: dict[str, Any]) -> Any:
        return DoubleExponentialReceptor("part", tau_decay=fall, tau_rise=rise, norm="area", **told)

    return _conductance(r, make, amplitude * (fall - rise) / apart, 1, ("fast", amplitude), None)


def _map(r: Any) -> Trajectories:
    a = r.arguments
    grid, x = (a["n_units_x"], a["n_units_y"]), r.input("inputs")
    if grid[0] != grid[1]:
        raise ValueError(f"{r.description['name']}: it cannot run a grid {grid[0]} x {grid[1]}")
    radius = float(r.start("radius").ravel()[0])
    with _net(r) as net:
        w = DenseSynapse("w", shape=(a["n_inputs"], grid[0] * grid[1]), weights=r.start("weights"))
        rule = SelfOrganisingMapRule(
            "rule", synapse=w, grid=grid, rate=a["eta"], radius=radius, tau_rate=_DECAYS * r.dt,
            tau_radius=_DECAYS / math.log(radius) * r.dt,
        )  # fmt: skip
        rule.dweights >> w.dweights
    after, won = _run(net, {rule.pre: x}, [w.weights, rule.winners], learns=True)
    before = np.concatenate([r.start("weights")[None], after[:-1]])
    delta = x[:, 0, :, None] - before
    faded = np.exp(-np.arange(len(x)) / _DECAYS)[:, None]
    h = ((after - before) / delta)[:, 0] / (a["eta"] * faded)
    shares = np.exp(h) / np.exp(h).sum(1, keepdims=True)
    return {
        "weights": after, "dWeights": after - before, "delta": delta[:, None], "bmu": won.argmax(2)[..., None] * 1.0,
        "neighbor_weights": h[:, None], "outputs": shares[:, None],
    }  # fmt: skip


def _prototypes(r: Any) -> Trajectories:
    a, x = r.arguments, r.input("inputs")
    x = x / np.linalg.norm(x, axis=2, keepdims=True)
    with _net(r) as net:
        w = DenseSynapse("w", shape=tuple(a["shape"]), weights=r.start("weights"))
        rule = VectorQuantisationRule("rule", synapse=w, rate=a["eta"], tau_rate=a["eta"] / a["eta_decrement"])
        rule.dweights >> w.dweights
    after, won, moved = _run(net, {rule.pre: x}, [w.weights, rule.winners, rule.dweights], learns=True)
    return {"weights": after, "dWeights": moved, "outputs": won, "inputs": x}


def _categories(r: Any) -> Trajectories:
    a, x = r.arguments, r.input("inputs")
    with _net(r) as net:
        w = DenseSynapse("w", shape=tuple(a["shape"]), weights=r.start("weights"))
        rule = ART2ARule("rule", synapse=w, rate=a["eta"], vigilance=a["vigilance"])
        rule.dweights >> w.dweights
    net.reset(batch_size=x.shape[1])
    rule.used.set(r.start("used")[0])
    process = net.process("learn") >> net.advance >> net.evolve
    out = process.scan({rule.pre: x}, watch=[w.weights, rule.winners])
    after, won = (np.asarray(out[k]) for k in ("w.weights", "rule.winners"))
    before = np.concatenate([r.start("weights")[None], after[:-1]])
    probe = x / np.linalg.norm(x, axis=2, keepdims=True)
    return {"weights": after, "outputs": won * np.einsum("tbi,tij->tbj", probe, before), "xprobe": probe}


def _memory(r: Any) -> Trajectories:
    a, x = r.arguments, r.input("inputs")
    with _net(r) as net:
        pattern = RateCell("pattern", n_units=a["shape"][0], instant=True)
        w = DenseSynapse("w", shape=tuple(a["shape"]), weights=r.start("weights"))
        match = RateCell("match", n_units=a["shape"][1], instant=True, nonlinearity="softmax")
        back = TransposedSynapse("back", synapse=w)
        rule = HebbianRule("rule", synapse=w, rate=a["eta"])
        pattern.r >> w.inputs
        a["beta"] * w.outputs >> match.j
        match.r >> back.inputs
        w.weights >> back.tied
        pattern.r - back.outputs >> rule.pre
        match.r >> rule.post
        rule.dweights >> w.dweights
    net.reset(batch_size=x.shape[1])
    process = net.process("learn")
    for part in (pattern, w, match, back):
        process >> part.advance
    process >> net.evolve
    watch = [w.weights, w.outputs, match.r, back.outputs]
    out = process.scan({pattern.j: x}, watch=watch)
    weights, similar, z, found = (np.asarray(out[c.key]) for c in watch)
    moved = np.diff(np.concatenate([r.start("weights")[None], weights]), axis=0) / a["eta"]
    nearest = similar.max(2, keepdims=True)
    return {
        "weights": weights, "outputs": found, "memory_weights": z, "similarities": similar - nearest, "dWeights": moved,
    }  # fmt: skip


CASES: dict[str, Callable[[Any], Trajectories]] = {
    "DenseSynapse": _dense,
    "MPSSynapse": _matrix_product,
    "ExponentialSynapse": _exponential,
    "AlphaFix": _alpha,
    "DExpFix": _double_exponential,
    "SOMSynapse": _map,
    "VectorQuantizeSynapse": _prototypes,
    "ART2ASynapse": _categories,
    "HopfieldSynapse": _memory,
}
