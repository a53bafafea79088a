"""EventProp for every cell: derivatives of recurrent networks against finite differences, over random networks.

Six networks of each kind of cell, from seeds 0 to 5. Their derivatives along a random direction of each parameter are
those of the simulation itself (forward mode; reverse mode is its transpose). That the simulation converges is tested
for each cell in `tests/components`; for resets and refractory times the truth is a simulation without a grid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import hastily, order, rollout
from event_driven_rests import drive_of, functional_of, spike_functional

import ngcsnn as ng
from ngcsnn.components import (
    AdExCell,
    ALIFCell,
    ConductanceLIFCell,
    DenseSynapse,
    DiehlCookCell,
    FitzHughNagumoCell,
    HodgkinHuxleyCell,
    IFCell,
    IzhikevichCell,
    LIFCell,
    QIFCell,
    RAFCell,
    SLIFCell,
    SpikingCell,
    SRMLIFCell,
    SRMRAFCell,
)
from ngcsnn.graph import param, state

N, N_IN, SEEDS = 3, 4, 6


class Bistable(SpikingCell):
    """A cell that the library does not have: a bent membrane, a threshold that moves, a reset that depends on both."""

    fields = ("v", "a")
    tau_m = param(15.0, shape="n_units", unit="ms", doc="membrane time constant")
    tau_a = param(40.0, shape="n_units", unit="ms", doc="time constant of the threshold")
    bend = param(0.4, shape="n_units", doc="of the membrane")
    v_thr = param(1.0, shape="n_units", doc="threshold")
    rise = param(0.3, shape="n_units", doc="of the threshold at a spike")
    v = state(shape="n_units", doc="membrane potential")
    a = state(shape="n_units", doc="rise of the threshold")

    def velocity(self, x: Any, j: Any) -> Any:
        v = (self.bend.get() * jnp.tanh(3.0 * x.v) - x.v + j) / self.tau_m.get()
        return x._replace(v=v, a=(0.1 * x.v - x.a) / self.tau_a.get())

    def threshold(self, x: Any) -> Any:
        return x.v - self.v_thr.get() - x.a

    def reset_map(self, x: Any) -> Any:
        return x._replace(v=0.2 * x.v - 0.3, a=x.a + self.rise.get())


class Case(NamedTuple):
    """parameters: whose derivatives are checked besides the weights'. scale: of the weights. ports: for the cells' own
    spikes, and for events from outside, where the cell has ports of its own."""

    cell: Any
    arguments: dict[str, Any]
    parameters: tuple[str, ...]
    scale: float = 1.0
    dt: float = 0.25
    t_end: float = 25.0
    ports: tuple[str, str] | None = None


CASES = {
    "LIF": Case(LIFCell, {"v_reset": -0.3}, ("tau_m", "tau_own", "v_thr", "v_reset")),
    "IF": Case(IFCell, {"refract_time": 1.2}, ("tau_m", "tau_own", "v_thr", "v_reset"), 0.6),
    "ALIF": Case(ALIFCell, {"tau_adapt": 20.0, "beta": 0.2}, ("tau_m", "tau_adapt", "beta", "v_thr", "v_reset")),
    "ALIF, relative reset, refractory": Case(
        ALIFCell,
        {"tau_adapt": 15.0, "beta": 0.25, "relative_reset": True, "refract_time": 1.1},
        ("tau_m", "tau_adapt", "beta", "v_thr", "v_reset"),
    ),
    "QIF": Case(QIFCell, {"tau_m": 9.0}, ("tau_m", "a0", "v_rest", "v_c", "v_peak", "v_reset"), 1.5),
    "AdEx": Case(AdExCell, {}, ("C", "g_L", "E_L", "V_T", "delta_T", "a", "b", "tau_w", "v_reset"), 700.0),
    "Izhikevich": Case(IzhikevichCell, {}, ("a", "b", "c", "d", "tau_own"), 8.0),
    "FitzHugh-Nagumo": Case(
        FitzHughNagumoCell,
        {"tau_m": 0.3, "tau_w": 4.0},
        ("tau_m", "tau_w", "alpha", "beta", "gamma", "v_thr"),
        0.25,
        0.1,
    ),
    "Hodgkin-Huxley": Case(
        HodgkinHuxleyCell,
        {"temperature": 15.0},
        ("C", "g_Na", "g_K", "g_L", "E_L", "temperature", "v_thr"),
        8.0,
        0.05,
        15.0,
    ),
    "RAF": Case(RAFCell, {"b": -0.03}, ("omega", "b", "v_thr", "v_reset", "w_reset", "tau_own"), 0.3),
    "RAF, refractory": Case(RAFCell, {"refract_time": 1.3}, ("omega", "b", "v_thr", "v_reset"), 0.4),
    "conductances": Case(
        ConductanceLIFCell,
        {"C": 100.0, "g_L": 5.0},
        ("C", "g_L", "E_ampa", "E_nmda", "tau_ampa", "tau_nmda", "tau_rise", "mg", "v_thr", "v_reset"),
        4.0,
        ports=("ampa", "nmda"),
    ),
    "SRM LIF": Case(SRMLIFCell, {}, ("tau_m", "tau_eta", "eta_0", "v_thr", "tau_own"), 1.2),
    "SRM RAF": Case(SRMRAFCell, {"cumulative": True}, ("omega", "b", "tau_eta", "eta_0", "v_thr"), 0.3),
    "SLIF": Case(
        SLIFCell,
        {"thr_gain": 0.1, "thr_leak": 0.02, "refract_time": 1.0},
        ("tau_m", "v_thr", "thr_gain", "thr_leak"),
        0.6,
    ),
    "Diehl-Cook": Case(
        DiehlCookCell,
        {"tau_m": 20.0, "tau_theta": 30.0, "theta_plus": 3.0, "refract_time": 1.5, "shared_theta": False},
        ("tau_m", "tau_theta", "theta_plus", "v_thr", "v_reset"),
        14.0,
    ),
    "defined here": Case(Bistable, {}, ("tau_m", "tau_a", "bend", "v_thr", "rise", "tau_own"), 1.2),
}
Params = dict[tuple[str, str], Any]


def network(case: Case, dt: float, timing: str) -> tuple[ng.Context, Any]:
    own, outside = case.ports or ("own", "outside")
    told = {} if case.ports else {"receptors": {own: 5.0, outside: 4.0}}
    with ng.Context("net", dt=dt, spike_timing=timing) as net:
        hid = case.cell("hid", n_units=N, **told, **case.arguments)
        w = DenseSynapse("w", shape=(N, N), weights=0.0)
        hid.s >> w.inputs
        w.outputs >> hid.compartment(own)
    return net, hid.compartment(outside)


def drawn(case: Case, net: ng.Context, seed: int) -> tuple[Params, Params]:
    """(parameters of a random network, for each of them a direction of the size of its values, (K, ...))."""
    rng = np.random.default_rng(seed)
    params: Params = {
        ("w", "weights"): case.scale * rng.normal(0.1, 0.3, (N, N)),
        ("in", "weights"): case.scale * rng.uniform(0.8, 2.4, (N_IN, N)),
    }
    if case.ports:
        params = {k: np.abs(v) for k, v in params.items()}
    params |= {("hid", p): np.broadcast_to(net.state["hid"][p], (N,)) * 1.0 for p in case.parameters}
    ways: Params = {}
    for i, (key, value) in enumerate(params.items()):
        ways[key] = np.zeros((len(params), *value.shape))
        ways[key][i] = rng.normal(size=value.shape) * max(float(np.abs(value).max()), 0.1)
    return params, ways


def trial_of(case: Case, dt: float, timing: str) -> tuple[ng.Context, Callable[..., Any]]:
    """f(params, size, moment) -> (the functional of the spike times, number of spikes)."""
    net, outside = network(case, dt, timing)
    n_steps = round(case.t_end / dt)
    read = rollout(net, {}, lambda s: (s["hid"]["s"], s["hid"]["s.offset"]))

    def trial(params: Params, size: Any, moment: Any) -> Any:
        w_in = params["in", "weights"]
        rows = {outside: (size @ w_in)[:, None], outside.offset: (moment @ w_in)[:, None]}
        s, offset = read({k: v for k, v in params.items() if k[0] != "in"}, rows)
        t = dt * (1.0 + jnp.arange(n_steps))[:, None] + offset[:, 0]
        return jnp.sum(s[:, 0] * spike_functional(t, case.t_end, jnp)), jnp.sum(s)

    return net, trial


def derivatives(case: Case, dt: float, timing: str, eps: float = 1e-6) -> tuple[np.ndarray, np.ndarray, float]:
    """(derivatives, the same by central differences), (seeds, parameters), and how many spikes a network had."""
    net, trial = trial_of(case, dt, timing)
    several = [drawn(case, net, seed) for seed in range(SEEDS)]
    feeds = [drive_of(seed, case.t_end, dt, N_IN) for seed in range(SEEDS)]
    params = {k: np.stack([p[k] for p, _ in several]) for k in several[0][0]}
    ways = {k: np.stack([w[k] for _, w in several]) for k in several[0][0]}
    size, moment = (np.stack(parts) for parts in zip(*feeds, strict=True))

    def both(params: Params, way: Params, size: Any, moment: Any) -> Any:
        return jax.jvp(lambda p: trial(p, size, moment), (params,), (way,))

    each = jax.vmap(jax.vmap(both, (0, 0, None, None)))
    run = hastily(lambda p, w: each(p, w, jnp.asarray(size), jnp.asarray(moment)), fused=True)
    at = [run({k: params[k][:, None] + step * w for k, w in ways.items()}, ways) for step in (0.0, eps, -eps)]
    (_, spikes), (slopes, _) = at[0]
    return np.asarray(slopes), np.asarray(at[1][0][0] - at[2][0][0]) / (2.0 * eps), float(np.mean(spikes))


def errors_of(got: np.ndarray, want: np.ndarray) -> np.ndarray:
    return np.abs(got - want) / np.maximum(np.abs(want), 0.02 * np.abs(want).max(axis=1, keepdims=True))


@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_of_the_simulation(x64: None, name: str) -> None:
    case = CASES[name]
    got, want, spikes = derivatives(case, case.dt, "precise")
    errors = errors_of(got, want)
    assert spikes > 4
    assert np.median(errors) < 5e-4 and np.quantile(errors, 0.9) < 2e-3, errors


RESTS = {
    "refractory": Case(LIFCell, {"refract_time": [1.3, 2.1, 0.0], "v_reset": -0.2}, ("tau_m", "v_thr", "v_reset"), 1.2),
    "relative reset": Case(LIFCell, {"relative_reset": True, "v_reset": 0.15}, ("tau_m", "v_thr", "v_reset"), 1.2),
}


def true_derivatives(case: Case, eps: float = 1e-6) -> np.ndarray:
    """Those of the event-driven simulation, (seeds, parameters)."""
    net, _ = network(case, 1.0, "precise")
    start, out = net.state["hid"], []
    rest = {"tau_i": 5.0, "tau_e": 4.0, "rest": np.broadcast_to(start["refract_time"], (N,))}
    names = {("w", "weights"): "w", ("in", "weights"): "w_in"} | {("hid", p): p for p in case.parameters}
    for seed in range(SEEDS):
        params, ways = drawn(case, net, seed)
        for k in range(len(params)):
            ends = [
                functional_of({**rest, **{names[q]: v + s * ways[q][k] for q, v in params.items()}}, seed, case.t_end)
                for s in (eps, -eps)
            ]
            assert ends[0][1] > 2
            out.append((ends[0][0] - ends[1][0]) / (2.0 * eps))
    return np.array(out).reshape(SEEDS, -1)


@pytest.mark.parametrize("name", RESTS)
def test_resets_and_rests_converge_to_a_simulation_without_a_grid(x64: None, name: str) -> None:
    case, steps = RESTS[name], (0.1, 0.025)
    want, errors = true_derivatives(case), []
    for dt in steps:
        got, _, _ = derivatives(case, dt, "exact")
        errors.append(errors_of(got, want))
    assert order(steps, [np.median(e) for e in errors]) > 0.8 and np.quantile(errors[-1], 0.9) < 0.02, errors


@pytest.mark.parametrize("name", ["FitzHugh-Nagumo", "RAF, refractory", "SRM LIF", "conductances", "defined here"])
def test_grid_derivatives_come_near_the_precise_ones(x64: None, name: str) -> None:
    """At an eighth of the step; first order, and other spikes come to lie in one step than there."""
    case = CASES[name]
    want, _, _ = derivatives(case, case.dt / 8.0, "precise")
    got, _, _ = derivatives(case, case.dt / 8.0, "grid")
    errors = errors_of(got, want)
    assert np.median(errors) < 0.06, errors
