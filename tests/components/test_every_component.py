"""What holds for every component of the library; a new one must be listed in CASES to pass."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DynamicCell, SpikingCell, Synapse
from ngcsnn.graph import known_types

ABSTRACT = {DynamicCell.__name__, SpikingCell.__name__, Synapse.__name__}
STEPS, BATCH = 25, 3
ON_GRID = ("relative_reset",)  # at an exact crossing there is no overshoot to keep


class Along(NamedTuple):
    """A value that needs other arguments changed with it."""

    value: Any
    others: dict[str, Any]


class Case(NamedTuple):
    """arguments: what it is made with. others: for every constructor argument, a value that must change something."""

    arguments: dict[str, Any]
    others: dict[str, Any]


CELL = {"n_units": 2, "tau_syn": 9.0, "receptors": {"exc": 5.0}, "integration": "euler", "tau_m": [10.0, 12.0, 14.0]}
SYNAPSE = {"weights": 0.3, "bias": [0.3, 0.4, 0.5], "w_min": -0.1, "w_max": 0.1}
IMAGE = {"in_shape": (4, 4, 2), "filters": 3, "kernel_size": 2, "weights": ng.init.Normal(0.0, 1.0), "bias": 0.1}
KERNEL = {"filters": 1, "kernel_size": (3, 2), "strides": (1, 2), "padding": "same", **SYNAPSE}
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
    "DenseSynapse": Case(
        {"shape": (3, 2), "weights": ng.init.Normal(0.0, 1.0), "bias": 0.1},
        {
            "shape": (3, 4),
            "weights": 0.3,
            "bias": [0.3, 0.4],
            "mask": np.eye(3, 2),
            "w_min": -0.1,
            "w_max": 0.1,
        },
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
        },
    ),
    "OneToOneSynapse": Case(
        {"n_units": 3, "weights": ng.init.Normal(-0.3, 1.0), "bias": 0.1}, {"n_units": 2, **SYNAPSE}
    ),
    "Conv2DSynapse": Case(IMAGE, {"in_shape": (5, 4, 2), **KERNEL}),
    "Conv2DTransposeSynapse": Case(IMAGE, {"in_shape": (5, 4, 2), **KERNEL}),
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
        if compartment.role == "input":
            size = rng.normal(1.3, 1.0, (steps, BATCH, *compartment.shape))
            if compartment.offset is not None:
                size = size * (rng.random(size.shape) < 0.3)
                out[compartment.offset.key] = -size * rng.random(size.shape) * net.dt
            out[compartment.key] = size
    return out


def seen(net: ng.Context) -> list[str]:
    return [c.key for c in part(net).owned() if c.role in ("state", "output")]


def eagerly(net: ng.Context) -> dict[str, np.ndarray]:
    """The whole run in plain Python, {compartment: (T, batch, n)}."""
    rows, out = feed(net), {k: [] for k in seen(net)}
    for n in range(STEPS):
        net.advance.run({k: v[n] for k, v in rows.items()}, compiled=False)
        for key in out:
            out[key].append(np.asarray(net.find(key).get()))
    return {k: np.stack(v) for k, v in out.items()}


@cache
def base(name: str, timing: str = "precise") -> dict[str, np.ndarray]:
    return eagerly(build(name, timing))


def test_every_component_is_listed_with_all_its_arguments():
    library = {n: c for n, c in known_types().items() if c.__module__.startswith("ngcsnn.components")}
    assert set(library) - ABSTRACT == set(CASES)
    for name, case in CASES.items():
        arguments = set(library[name].__signature__.parameters) - {"name"}
        assert set(case.others) == arguments, name


@pytest.mark.parametrize("name, argument", [(n, a) for n, case in CASES.items() for a in case.others])
def test_every_argument_changes_something(name, argument):
    timing = "grid" if argument in ON_GRID else "precise"
    other = CASES[name].others[argument]
    other = {argument: other.value, **other.others} if isinstance(other, Along) else {argument: other}
    changed = eagerly(build(name, timing, **other))
    before = base(name, timing)
    same = changed.keys() == before.keys() and all(np.array_equal(changed[k], before[k]) for k in before)
    assert not same


@pytest.mark.parametrize("name, timing", RUNS)
def test_eager_compiled_batched_and_reloaded_runs_agree(name, timing):
    want = base(name, timing)
    assert any(np.any(v) for v in want.values())
    net = build(name, timing)
    rows = feed(net)
    for _ in range(2):
        net.reset()
        got = net.advance.scan(inputs=rows, watch=seen(net))
    assert net.advance.traces == 1, "traced again"
    for key, value in want.items():
        assert got[key].dtype == net.find(key).get().dtype == np.float32
        np.testing.assert_allclose(got[key], value, rtol=2e-5, atol=2e-6, err_msg=key)
    again = ng.Context.from_yaml(net.to_yaml())
    assert again.to_yaml() == net.to_yaml()
    again.reset(batch_size=BATCH)
    reloaded = again.advance.scan(inputs=rows, watch=seen(net))
    for key in got:
        np.testing.assert_array_equal(got[key], reloaded[key], err_msg=key)
    again.reset(batch_size=1)
    for sample in range(BATCH):
        again.reset()
        alone = again.advance.scan(inputs={k: v[:, sample : sample + 1] for k, v in rows.items()}, watch=seen(net))
        for key in got:
            np.testing.assert_allclose(alone[key][:, 0], got[key][:, sample], rtol=2e-5, atol=2e-6, err_msg=key)


@pytest.mark.parametrize("name", CASES)
def test_advance_is_an_ordinary_method(name):
    """Inputs set by hand and `advance` called outside any process do what a process does."""
    net = build(name)
    for n in range(4):
        for key, rows in feed(net).items():
            net.find(key).set(rows[n])
        part(net).advance()
    for key, value in base(name).items():
        np.testing.assert_allclose(net.find(key).get(), value[3], rtol=2e-5, atol=2e-6)


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

        def body(state, row):
            state = net.advance.pure(state, row)
            return state, sum(jnp.sum(jnp.sin(state["part"][k])) for k in outputs)

        return jnp.sum(jax.lax.scan(body, state, rows)[1])

    for_params, for_rows = jax.jit(jax.grad(loss, (0, 1)))(params, rows)
    for key, gradient in {**for_params, **for_rows}.items():
        assert np.all(np.isfinite(gradient)), key
        assert gradient.dtype == np.float32
    assert all(np.any(g) for g in for_params.values()), for_params
    assert all(np.any(g) for g in for_rows.values())
