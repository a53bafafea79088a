"""What holds for every component of the library; a new one must be listed in CASES to pass."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import hastily

import ngcsnn as ng
from ngcsnn.components import DynamicCell, OneSpikeEncoder, Receptor, SpikingCell, Synapse
from ngcsnn.components.learning import LearningRule, RateRule
from ngcsnn.components.neurons.after_potential import SpikeResponse
from ngcsnn.components.neurons.competition import OneSpike
from ngcsnn.components.neurons.without_reset import WithoutReset
from ngcsnn.components.synapses.bounds import BoundedWeights
from ngcsnn.components.synapses.delayed import DelayedTransmission
from ngcsnn.components.synapses.plasticity import PlasticSynapse
from ngcsnn.graph import CLOCK, known_types

BASES = (
    DynamicCell,
    SpikingCell,
    WithoutReset,
    SpikeResponse,
    OneSpike,
    BoundedWeights,
    PlasticSynapse,
    DelayedTransmission,
    Synapse,
    Receptor,
    OneSpikeEncoder,
    LearningRule,
    RateRule,
)
ABSTRACT = {c.__name__ for c in BASES}
LEARNING = set(PlasticSynapse.declarations)  # arguments of every synapse, which act in learning: test_plasticity
ATTACHED = {  # to others, or without batch: test_eprop_components, test_transposed, test_intrinsic_plasticity
    "IntrinsicPlasticity",
    "EligibilityTrace",
    "EPropRule",
    "LearningSignal",
    "TransposedSynapse",
}
STEPS, BATCH = 16, 3
LOOSE = {"QIFCell": 10.0, "IzhikevichCell": 10.0, "FitzHughNagumoCell": 3.0, "RAFCell": 3.0, "ConductanceLIFCell": 3.0}
LOOSE |= {"DiehlCookCell": 10.0, "HodgkinHuxleyCell": 10.0, "SRMLIFCell": 3.0}


def rounding(name: str) -> dict[str, Any]:
    """Of float32, compiled in other ways; runaways and flat crossings of a threshold multiply it."""
    times = LOOSE.get(name, 1.0)
    return {"rtol": 2e-5 * times, "atol": 2e-6 * times}


ON_GRID = ("relative_reset", "one_spike")  # without overshoot to keep; cells that wait have no times
ACROSS_TRIALS = ("keep_threshold",)  # seen in what a reset leaves


class Along(NamedTuple):
    """A value that needs other arguments changed with it."""

    value: Any
    others: dict[str, Any]


class Case(NamedTuple):
    """arguments: what it is made with. others: for every constructor argument, a value that must change something.

    random: whether its steps draw numbers. unfelt: inputs that its outputs and its state have no derivative by.
    """

    arguments: dict[str, Any]
    others: dict[str, Any]
    random: bool = False
    unfelt: tuple[str, ...] = ()


CELL = {"n_units": 2, "tau_syn": 9.0, "receptors": {"exc": 5.0}, "integration": "euler", "tau_m": [10.0, 12.0, 14.0]}
SYNAPSE = {"weights": 0.3, "bias": [0.3, 0.4, 0.5], "w_min": -0.1, "w_max": 0.1}
DELAYED = {"delays": 1.7, "max_delay": Along(20.0, {"delays": 0.0})}
IMAGE = {"in_shape": (4, 4, 2), "filters": 3, "kernel_size": 2, "weights": ng.init.Normal(0.0, 1.0), "bias": 0.1}
KERNEL = {"filters": 1, "kernel_size": (3, 2), "strides": (1, 2), "padding": "same", **SYNAPSE}
CONDUCTANCE = {"reversal": 3.0, "magnesium": 0.5}
OTHER_RECEPTOR = {"n_units": 2, "reversal": [1.0, 2.0, 4.0], "magnesium": 2.0, "norm": "area"}
CASES = {
    "SpikeSource": Case({"n_units": 3}, {"n_units": 2}),
    "LICell": Case({"n_units": 3, "v_rest": 0.1}, {**CELL, "v_rest": 0.3, "bias": [0.1, 0.2, 0.3]}),
    "LIFCell": Case(
        {"n_units": 3, "v_reset": -0.1},
        {**CELL, "v_rest": 0.3, "v_thr": 1.4, "v_reset": 0.2, "relative_reset": True, "refract_time": 2.5},
    ),
    "DeltaLIFCell": Case(
        {"n_units": 3, "v_reset": -0.1, "refract_time": 1.5, "beta": 0.1},
        {
            **CELL,
            "receptors": {"exc": 5.0},
            "integration": Along("euler", {"tau_syn": 5.0}),
            "tau_adapt": 50.0,
            "beta": 0.3,
            "v_rest": 0.3,
            "v_thr": 1.4,
            "v_reset": 0.2,
            "refract_time": 3.0,
            "arrival": "end",
            "spike_reset": "relative",
            "refractory_period": "silent",
        },
    ),
    "RateCell": Case(
        {"n_units": 3, "leak": 0.5, "nonlinearity": "tanh"},
        {
            "n_units": 2,
            "tau_m": [10.0, 12.0, 14.0],
            "prior": "cauchy",
            "leak": 0.1,
            "nonlinearity": "relu",
            "gain": 0.5,
            "scale": 2.0,
            "threshold": Along("soft", {"strength": 0.4}),
            "strength": Along(0.8, {"threshold": "cauchy"}),
            "integration": "rk4",
            "instant": Along(True, {"leak": 0.0}),
        },
    ),
    "LeakyNoiseCell": Case(
        {"n_units": 3, "tau_x": 10.0, "nonlinearity": "tanh"},
        {
            "n_units": 2,
            "tau_x": [10.0, 12.0, 14.0],
            "leak": 0.5,
            "nonlinearity": "relu",
            "sigma_pre": 0.2,
            "sigma_post": 0.2,
            "integration": "euler",
        },
        random=True,
    ),
    "GaussianErrorCell": Case({"n_units": 3, "variance": 0.8}, {"n_units": 2, "variance": [1.0, 2.0, 3.0]}),
    "LaplacianErrorCell": Case({"n_units": 3, "scale": 0.8}, {"n_units": 2, "scale": [1.0, 2.0, 3.0]}),
    "BernoulliErrorCell": Case({"n_units": 3}, {"n_units": 2, "logits": True}),
    "RewardPredictionErrorCell": Case(
        {"n_units": 3},
        {"n_units": 2, "online": False, "alpha": 0.3, "window": Along(4.0, {"online": False})},
        unfelt=("done",),
    ),
    "ALIFCell": Case(
        {"n_units": 3, "v_reset": -0.1, "tau_adapt": 50.0, "beta": 0.2},
        {
            **CELL,
            **{"tau_adapt": 20.0, "beta": 0.0, "v_rest": 0.3, "v_thr": 1.4, "v_reset": 0.2},
            **{"relative_reset": True, "refract_time": 2.5},
        },
    ),
    "QIFCell": Case(
        {"n_units": 3, "tau_m": 5.0, "v_reset": -0.1},
        {
            **CELL,
            **{"a0": 1.4, "v_rest": 0.3, "v_c": 1.4, "v_peak": 5.0, "v_reset": 0.2, "refract_time": 2.5},
        },
    ),
    "AdExCell": Case(
        {"n_units": 3, "E_L": -55.0, "V_T": -52.0, "C": 5.0, "g_L": 0.2, "a": 0.1, "b": 1.0},
        {
            **{k: v for k, v in CELL.items() if k != "tau_m"},
            **{"C": 6.0, "g_L": 0.3, "E_L": -56.0, "V_T": -50.0, "delta_T": 1.0, "a": 0.0, "b": 2.0, "tau_w": 20.0},
            **{"v_peak": -40.0, "v_reset": -60.0, "refract_time": 2.5, "preset": "adaptation"},
        },
    ),
    "IzhikevichCell": Case(
        {"n_units": 3, "v_init": -62.0, "v_peak": 25.0},
        {
            **{k: v for k, v in CELL.items() if k != "tau_m"},
            **{"a": 0.1, "b": 0.25, "c": -60.0, "d": 2.0, "curvature": 0.05, "slope": 5.1, "offset": 141.0},
            **{"v_u": -20.0, "u_leak": 0.9, "v_peak": 20.0, "v_init": -61.0, "u_init": -12.0, "refract_time": 2.5},
            "preset": "fast_spiking",
        },
    ),
    "IFCell": Case(
        {"n_units": 3, "v_reset": -0.1, "v_rest": 0.1},
        {
            **CELL,
            **{
                "v_thr": 1.4,
                "v_rest": 0.3,
                "v_reset": 0.2,
                "v_min": Along(0.0, {"v_reset": 0.0, "v_rest": 0.0}),
                "relative_reset": True,
                "refract_time": 2.5,
            },
        },
    ),
    "FitzHughNagumoCell": Case(
        {"n_units": 3, "w_init": -0.5, "tau_m": 4.0, "alpha": 0.65},
        {
            **CELL,
            **{"tau_w": 10.0, "alpha": 0.6, "beta": 0.7, "gamma": 2.5, "v_thr": 1.2, "v_init": -1.0},
            "w_init": -0.6,
        },
    ),
    "HodgkinHuxleyCell": Case(
        {"n_units": 3, "E_L": -40.0, "temperature": 12.0},
        {
            **{k: v for k, v in CELL.items() if k != "tau_m"},
            **{"C": 1.2, "g_Na": 110.0, "g_K": 30.0, "g_L": 0.2, "E_Na": 55.0, "E_K": -72.0, "E_L": -50.0},
            **{"v_rest": -60.0, "temperature": 6.3, "v_thr": -40.0, "integration": "exp_euler"},
        },
    ),
    "RAFCell": Case(
        {"n_units": 3},
        {
            **{k: v for k, v in CELL.items() if k != "tau_m"},
            **{"omega": 0.4, "b": -0.1, "v_thr": 1.4, "v_reset": -0.3, "w_reset": 0.5, "refract_time": 2.5},
        },
    ),
    "ConductanceLIFCell": Case(
        {"n_units": 3, "C": 25.0, "g_L": 2.5, "v_thr": -62.0, "v_reset": -66.0},
        {
            **{
                "n_units": 2,
                "integration": "euler",
                "C": 30.0,
                "g_L": 3.0,
                "E_L": -68.0,
                "E_ampa": 10.0,
                "E_nmda": 10.0,
            },
            **{"E_gaba": -75.0, "tau_ampa": 3.0, "tau_nmda": 50.0, "tau_rise": 3.0, "tau_gaba": 5.0, "mg": 0.5},
            **{"v_thr": -60.0, "v_reset": -70.0, "refract_time": 2.5},
        },
    ),
    "SRMLIFCell": Case(
        {"n_units": 3, "v_thr": 0.5},
        {**CELL, "v_thr": 0.6, "v_rest": 0.3, "tau_eta": 10.0, "eta_0": -0.5, "cumulative": True, "refract_time": 2.5},
    ),
    "SRMRAFCell": Case(
        {"n_units": 3},
        {
            **{k: v for k, v in CELL.items() if k != "tau_m"},
            **{"omega": 0.4, "b": -0.1, "v_thr": 1.4, "tau_eta": 10.0, "eta_0": -0.5, "cumulative": True},
            "refract_time": 2.5,
        },
    ),
    "SLIFCell": Case(
        {"n_units": 3, "thr_gain": 0.05, "thr_leak": 0.01, "pull": 0.02, "refract_time": 1.0},
        {
            **CELL,
            **{"v_thr": 0.3, "thr_gain": 0.1, "thr_leak": 0.02, "pull": 0.01, "target": 0.5, "thr_min": 0.5},
            **{"keep_threshold": True, "refract_time": 2.5},
        },
    ),
    "WTASCell": Case(
        {"n_units": 3, "thr_base": 0.3},
        {
            **{k: v for k, v in CELL.items() if k not in ("tau_m", "integration")},
            **{"thr_base": 0.5, "pull": 0.01, "target": 0.5, "thr_min": 0.5, "refract_time": 2.5},
        },
    ),
    "DiehlCookCell": Case(
        {
            **{"n_units": 3, "v_rest": -53.0, "v_reset": -53.0, "tau_m": 5.0, "tau_theta": 100.0, "theta_plus": 0.1},
            **{"shared_theta": False, "refract_time": 0.8},
        },
        {
            **CELL,
            **{"tau_theta": 50.0, "theta_plus": 0.2, "v_thr": -51.8, "v_rest": -53.2, "v_reset": -53.4},
            **{"shared_theta": True, "one_spike": "strongest", "losers": Along("reset", {"one_spike": "strongest"})},
            "refract_time": 2.5,
        },
    ),
    "DenseSynapse": Case(
        {"shape": (3, 2), "weights": ng.init.Normal(0.0, 1.0), "bias": 0.1},
        {
            "shape": (3, 4),
            "weights": 0.3,
            "bias": [0.3, 0.4],
            "mask": np.eye(3, 2),
            "w_min": -0.1,
            "w_max": 0.1,
            **DELAYED,
        },
    ),
    "DelayLineSynapse": Case(
        {"shape": (3, 2), "copies": 3, "spacing": 0.7, "weights": ng.init.Normal(0.0, 1.0), "bias": 0.1},
        {"shape": (3, 4), "copies": 2, "spacing": 2.1, **{**SYNAPSE, "bias": [0.3, 0.4]}},
    ),
    "SparseSynapse": Case(
        {"shape": (3, 3), "probability": 0.7, "weights": ng.init.Normal(0.0, 1.0), "bias": 0.1},
        {
            "shape": (3, 4),
            "probability": 0.95,
            "self_connections": False,
            "pre": Along([0, 2], {"post": [1, 0], "probability": None}),
            "post": Along([2, 1], {"pre": [0, 2], "probability": None}),
            **SYNAPSE,
            **DELAYED,
        },
    ),
    "OneToOneSynapse": Case(
        {"n_units": 3, "weights": ng.init.Normal(-0.3, 1.0), "bias": 0.1}, {"n_units": 2, **SYNAPSE, **DELAYED}
    ),
    "PatchedSynapse": Case(
        {"patches": 2, "patch_shape": (3, 2), "weights": ng.init.Normal(0.0, 1.0), "bias": 0.1},
        {
            "patches": 3,
            "patch_shape": (2, 3),
            "pre_stride": 2,
            "post_stride": 1,
            **{**SYNAPSE, "bias": [0.3, 0.4, 0.5, 0.6]},
        },
    ),
    "LocallyConnected2DSynapse": Case(
        {"in_shape": (4, 4, 1), "filters": 2, "window_size": 2, "weights": ng.init.Normal(0.0, 1.0), "bias": 0.1},
        {
            "in_shape": (3, 4, 1),
            "filters": 1,
            "window_size": (3, 2),
            "strides": (1, 2),
            "padding": "same",
            **{**SYNAPSE, "bias": 0.4},
        },
    ),
    "LowRankSynapse": Case(
        {"shape": (3, 2), "rank": 2, "weights": ng.init.Normal(0.0, 1.0), "bias": 0.1},
        {"shape": (3, 4), "rank": 1, "weights": 0.3, "bias": [0.3, 0.4]},
    ),
    "AllButSelfSynapse": Case(
        {"n_units": 3, "weights": ng.init.Normal(-0.3, 1.0), "bias": 0.1}, {"n_units": 2, **SYNAPSE}
    ),
    "StochasticSynapse": Case(
        {"shape": (3, 2), "weights": ng.init.Normal(0.0, 1.0), "bias": 0.1},
        {"shape": (3, 4), "probability": 0.8, **{**SYNAPSE, "bias": [0.3, 0.4]}},
        random=True,
    ),
    "StochasticRelease": Case({"n_units": 3}, {"n_units": 2, "probability": [0.2, 0.9, 1.0]}, random=True),
    "ExponentialReceptor": Case({"n_units": 3, **CONDUCTANCE}, {**OTHER_RECEPTOR, "tau": [3.0, 4.0, 5.0]}),
    "AlphaReceptor": Case({"n_units": 3, **CONDUCTANCE}, {**OTHER_RECEPTOR, "tau": [3.0, 4.0, 5.0]}),
    "DoubleExponentialReceptor": Case(
        {"n_units": 3, **CONDUCTANCE},
        {**OTHER_RECEPTOR, "tau_rise": [1.0, 3.0, 4.0], "tau_decay": [5.0, 6.0, 7.0]},
    ),
    "ShortTermPlasticity": Case(
        {"n_units": 3, "tau_rec": 30.0, "tau_facil": 20.0},
        {"n_units": 2, "U": 0.2, "tau_facil": 5.0, "tau_rec": [5.0, 50.0, 500.0]},
    ),
    "Conv2DSynapse": Case(IMAGE, {"in_shape": (5, 4, 2), **KERNEL}),
    "Conv2DTransposeSynapse": Case(IMAGE, {"in_shape": (5, 4, 2), **KERNEL}),
    "BernoulliEncoder": Case({"n_units": 3}, {"n_units": 2, "max_rate": 600.0}, random=True),
    "PoissonEncoder": Case(
        {"n_units": 3, "max_rate": 900.0}, {"n_units": 2, "max_rate": 500.0, "refract_time": 1.5}, random=True
    ),
    "LatencyEncoder": Case(
        {"n_units": 3, "threshold": 0.4},
        {"n_units": 2, "tau": [5.0, 6.0, 7.0], "mode": "linear", "threshold": 0.2, "t_first": 2.0, "t_last": 6.0},
    ),
    "TTFSEncoder": Case(
        {"n_units": 3, "duration": 10.0},
        {
            "n_units": 2,
            "duration": 6.0,
            "mode": "logarithmic",
            "x_min": Along(0.2, {"mode": "logarithmic"}),
            "threshold": 0.9,
        },
    ),
    "PhasorEncoder": Case(
        {"n_units": 3, "frequency": 200.0},
        {"n_units": 2, "frequency": [100.0, 200.0, 300.0], "jitter": 0.3, "phase_start": 0.5},
    ),
    "PopulationEncoder": Case(
        {"n_values": 2, "n_fields": 5},
        {"n_values": 3, "n_fields": 4, "x_min": -1.0, "x_max": 2.0, "sharpness": 1.0, "ends": "on"},
    ),
    "RetinalGanglionEncoder": Case(
        {"in_shape": (4, 3)},
        {
            "in_shape": (3, 4),
            "sigma_centre": 0.6,
            "sigma_surround": 2.0,
            "surround": 0.8,
            "gain": 2.0,
            "stride": 2,
        },
    ),
    "LevelCrossingEncoder": Case({"n_units": 3}, {"n_units": 2, "delta": 0.3, "mode": "difference", "start": 0.5}),
    "CochleaEncoder": Case(
        {"n_channels": 3, "max_rate": 2000.0},
        {
            "n_channels": 2,
            "sample_rate": 32000.0,
            "f_min": 300.0,
            "f_max": 3000.0,
            "compression": 0.5,
            "max_rate": 1000.0,
        },
    ),
    "Trace": Case(
        {"n_units": 3, "amplitude": 0.7},
        {
            "n_units": 2,
            "tau": [5.0, 6.0, 7.0],
            "amplitude": [0.2, 0.3, 0.4],
            "decay": "linear",
            "mode": "set",
            "n_nearest": 2.0,
        },
    ),
    "ExponentialKernel": Case({"n_units": 3, "window": 4.0}, {"n_units": 2, "tau": [5.0, 6.0, 7.0], "window": 2.0}),
    "AlphaFilter": Case({"n_units": 3}, {"n_units": 2, "tau": [5.0, 6.0, 7.0], "norm": "area"}),
    "DoubleExponentialFilter": Case(
        {"n_units": 3}, {"n_units": 2, "tau_rise": [1.0, 3.0, 4.0], "tau_decay": [5.0, 6.0, 7.0], "norm": "area"}
    ),
    "Monitor": Case(
        {"shape": 3, "every": 2, "length": 4},
        {"shape": (3, 2), "every": 3, "to": Along("host", {"length": None}), "length": 7},
    ),
    "AvgPool2DSynapse": Case(
        {"in_shape": (4, 4, 1), "pool_size": 2}, {"in_shape": (4, 2, 2), "pool_size": (1, 2), "strides": 1}
    ),
}
RUNS = [*((name, "precise") for name in CASES), ("LIFCell", "grid")]


def build(name: str, timing: str = "precise", batch: int = BATCH, **changed: Any) -> ng.Context:
    arguments = {**CASES[name].arguments, **changed}
    with ng.Context("net", dt=0.5, seed=1, spike_timing=timing) as net:
        known_types()[name]("part", **arguments)
    net.reset(batch_size=batch)
    return net


def part(net: ng.Context) -> Any:
    return net.components["part"]


def feed(net: ng.Context, steps: int = STEPS) -> dict[str, np.ndarray]:
    """Random currents and events for every input, the same for every component with inputs of this size."""
    rng, out = np.random.default_rng(3), {}
    for compartment in part(net).compartments.values():
        if compartment.role == "input" and compartment.declared.stored:
            size = rng.normal(1.3, 1.0, (steps, BATCH, *compartment.shape))
            if compartment.offset is not None:
                size = size * (rng.random(size.shape) < 0.3)
                out[compartment.offset.key] = -size * rng.random(size.shape) * net.dt
            out[compartment.key] = size
    return out


def seen(net: ng.Context) -> list[str]:
    return [c.key for c in part(net).owned() if c.role in ("state", "output")]


def steps_of(net: ng.Context) -> Iterator[dict[str, np.ndarray]]:
    """The run in plain Python, {compartment: (batch, n)} after each step."""
    rows = feed(net)
    for n in range(STEPS):
        net.advance.run({k: v[n] for k, v in rows.items()}, compiled=False)
        yield {k: np.asarray(net.find(k).get()) for k in seen(net)}


def eagerly(net: ng.Context) -> dict[str, np.ndarray]:
    """The whole of it, {compartment: (T, batch, n)}."""
    steps = list(steps_of(net))
    return {k: np.stack([now[k] for now in steps]) for k in seen(net)}


def left_by_reset(net: ng.Context) -> dict[str, list[Any]]:
    for _ in zip(range(8), steps_of(net), strict=False):
        pass
    net.reset()
    return {k: np.asarray(net.find(k).get()).tolist() for k in seen(net)}


@cache
def base(name: str, timing: str = "precise") -> dict[str, np.ndarray]:
    return eagerly(build(name, timing))


def again(net: ng.Context, start: Any, batch: int = BATCH) -> None:
    """The first trial again, with its random numbers."""
    net.reset(batch_size=batch)
    for c in part(net).owned():
        if c.declared.keep:
            c.set(c.start_value(batch))
    net.state = {CLOCK: {"key": start[CLOCK]["key"]}}


def test_every_component_is_listed_with_all_its_arguments():
    library = {n: c for n, c in known_types().items() if c.__module__.startswith("ngcsnn.components")}
    rules = {n for n, c in library.items() if issubclass(c, LearningRule)}  # test_every_rule
    assert set(library) - ABSTRACT - ATTACHED - rules == set(CASES)
    for name, case in CASES.items():
        arguments = set(library[name].__signature__.parameters) - {"name"}
        assert set(case.others) == arguments - (LEARNING if issubclass(library[name], Synapse) else set()), name


@pytest.mark.parametrize("name, argument", [(n, a) for n, case in CASES.items() for a in case.others])
def test_every_argument_changes_something(name, argument):
    timing = "grid" if argument in ON_GRID else "precise"
    other = CASES[name].others[argument]
    other = {argument: other.value, **other.others} if isinstance(other, Along) else {argument: other}
    if argument in ACROSS_TRIALS:
        assert left_by_reset(build(name)) != left_by_reset(build(name, **other))
        return
    before, net = base(name, timing), build(name, timing, **other)
    if {k: net.find(k).get().shape for k in seen(net)} == {k: v.shape[1:] for k, v in before.items()}:
        assert any(any(not np.array_equal(now[k], before[k][n]) for k in now) for n, now in enumerate(steps_of(net))), (
            "nothing differs in any step"
        )


@pytest.mark.parametrize("name, timing", RUNS)
def test_eager_compiled_batched_and_reloaded_runs_agree(name, timing):
    want = base(name, timing)
    assert any(np.any(v) for v in want.values())
    net = build(name, timing)
    rows, start = feed(net), net.state
    for _ in range(2):
        again(net, start)
        got = net.advance.scan(inputs=rows, watch=seen(net))
    assert net.advance.traces == 1, "traced again"
    for key, value in want.items():
        assert got[key].dtype == net.find(key).get().dtype == value.dtype
        assert value.dtype in (np.float32, np.int32)
        np.testing.assert_allclose(got[key], value, **rounding(name), err_msg=key)
    reloaded = ng.Context.from_yaml(net.to_yaml())
    assert reloaded.to_yaml() == net.to_yaml()
    for c in part(net).owned():
        if c.role == "param":
            np.testing.assert_array_equal(reloaded.find(c.key).get(), c.get(), err_msg=c.key)
    alike = [k for k in got if net.find(k).batched]
    alone = {}
    for sample in range(BATCH):
        again(reloaded, start, 1)
        alone[sample] = reloaded.advance.scan(
            inputs={k: v[:, sample : sample + 1] for k, v in rows.items()}, watch=seen(net)
        )
    for sample, single in alone.items():
        if CASES[name].random:  # the first sample of a batch draws what a single one does
            again(net, start)
            turned = {k: np.roll(v, -sample, axis=1) for k, v in rows.items()}
            batched = {k: v[:, 0] for k, v in net.advance.scan(inputs=turned, watch=seen(net)).items()}
        else:
            batched = {k: got[k][:, sample] for k in alike}
        for key in alike:
            np.testing.assert_allclose(single[key][:, 0], batched[key], **rounding(name), err_msg=key)
    if CASES[name].random:
        again(net, start)
        twins = {k: np.repeat(v[:, :1], BATCH, axis=1) for k, v in rows.items()}
        drawn = net.advance.scan(inputs=twins, watch=seen(net))
        assert any(not np.array_equal(drawn[k][:, 0], drawn[k][:, 1]) for k in alike), "samples share their numbers"


@pytest.mark.parametrize("name", CASES)
def test_advance_is_an_ordinary_method(name):
    """Inputs set by hand and `advance` called outside any process do what a process does."""
    net = build(name)
    for n in range(4):
        for key, rows in feed(net).items():
            net.find(key).set(rows[n])
        part(net).advance()
    for key, value in base(name).items():
        np.testing.assert_allclose(net.find(key).get(), value[3], **rounding(name))


@pytest.mark.parametrize("name, timing", RUNS)
def test_gradients_are_finite_and_reach_every_trainable_parameter(name, timing):
    net = build(name, timing)
    start, rows = net.state, {k: jnp.asarray(v, jnp.float32) for k, v in feed(net).items()}
    params = {
        k: start["part"][k] for k, c in part(net).compartments.items() if c.role == "param" and c.declared.trainable
    }
    outputs = [c.name for c in part(net).owned() if c.role == "output"] + ["v"] * hasattr(part(net), "v")

    def loss(params, rows):
        state = {c: {**values, **(params if c == "part" else {})} for c, values in start.items()}
        for c in part(net).compartments.values():
            if c.role == "state" and c.declared.init in params:  # starts where a parameter says
                state["part"][c.name] = jnp.broadcast_to(params[c.declared.init], state["part"][c.name].shape)

        def body(state, row):
            state = net.advance.pure(state, row)
            return state, sum(jnp.sum(jnp.sin(state["part"][k])) for k in outputs)

        return jnp.sum(jax.lax.scan(body, state, rows)[1])

    for_params, for_rows = hastily(jax.grad(loss, (0, 1)))(params, rows)
    for key, gradient in {**for_params, **for_rows}.items():
        assert np.all(np.isfinite(gradient)), key
        assert gradient.dtype == np.float32
    assert all(np.any(g) for g in for_params.values()), for_params
    felt = {k: g for k, g in for_rows.items() if k.partition(".")[2] not in CASES[name].unfelt}
    assert all(np.any(g) for g in felt.values()), [k for k, g in felt.items() if not np.any(g)]
    assert not any(np.any(for_rows[k]) for k in for_rows.keys() - felt.keys()), "felt after all"
