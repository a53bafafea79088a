"""Losses and gradients stay finite, whatever the weights: silent, saturated, grazing, huge and tiny networks.

One program for each rule; networks differ in their weights, thresholds and start, which are its arguments. Costs of
weights and spike counts are on: what they add to loss and gradient would carry a NaN as well.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from small import LOSS, events, labels

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler, SurrogateCompiler
from ngcsnn.compilers.parameters import split
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource

STEPS, N, UNITS = 20, 3, 4
DATA = events(N, units=UNITS, t_end=12.0)
RULES = ("precise", "exact", "grid", "surrogate")


def network() -> ng.Context:
    """A recurrent layer with refractory cells, one without, and a skip connection."""
    with ng.Context("net", dt=1.0, seed=4) as net:
        source, output = SpikeSource("input", n_units=UNITS), LICell("output", n_units=3)
        first, second = LIFCell("first", n_units=4, refract_time=2.5), LIFCell("second", n_units=4, v_reset=-0.2)
        shapes = {"to_first": (UNITS, 4), "back": (4, 4), "to_second": (4, 4), "skip": (4, 3), "readout": (4, 3)}
        w = {name: DenseSynapse(name, shape=shape, weights=1.0, bias=0.0) for name, shape in shapes.items()}
        source.s >> w["to_first"].inputs
        first.s >> w["back"].inputs
        w["to_first"].outputs + w["back"].outputs >> first.syn
        first.s >> w["to_second"].inputs
        w["to_second"].outputs >> second.syn
        first.s >> w["skip"].inputs
        second.s >> w["readout"].inputs
        w["skip"].outputs + w["readout"].outputs >> output.syn
    return net


@cache
def program(rule: str) -> tuple[Any, Any]:
    """(weights -> (loss, gradients), the trained parameters)."""
    net = network()
    count = {"population_count": {"target": 3.0, "strength_upper": 0.1}}
    options: dict[str, Any] = {
        "batch_size": N, "trainable": ["*.weights", "*.bias", "first.tau_m", "second.v_thr", "second.tau_syn"],
        "regularisers": {"first": count, "back": {"l2": {"strength": 1e-3}}},
        "reg_nu_upper": 2.0, "reg_lambda_upper": 0.01, "reg_lambda_lower": 0.02,
    }  # fmt: skip
    surrogate = rule == "surrogate"
    made: Any = SurrogateCompiler if surrogate else EventPropCompiler
    compiled = made(STEPS, LOSS, **options, **({} if surrogate else {"spike_timing": rule})).compile(net)
    data, _ = compiled.data({"input": DATA})
    targets = compiled.objective.targets(net, labels(N), N, STEPS)
    trained, fixed = split(net, compiled.names)
    gradients = compiled._gradient_program(data)
    return lambda p: gradients(p, fixed, data, targets, np.arange(N), np.ones(N, np.float32)), trained


@cache
def peak() -> float:
    """The highest potential, at the end of a step, of any LIF cell that gets all inputs of a sample at weight 1."""
    a, b = np.exp(-1 / 20), np.exp(-1 / 5)
    counts = DATA.to_dense(STEPS, 1.0).sum(axis=2)
    v, i, highest = np.zeros(N), np.zeros(N), 0.0
    for n in range(1, STEPS):
        i = i + counts[:, n - 1]
        v, i = a * v + 5 / (20 - 5) * (a - b) * i, b * i
        highest = max(highest, v.max())
    return highest


FILLS = {
    "zeros": lambda rng, shape: np.zeros(shape),
    "tiny": lambda rng, shape: rng.normal(size=shape) * 1e-30,
    "usual": lambda rng, shape: rng.normal(1.0, 1.5, shape),
    "grazing": lambda rng, shape: np.full(shape, 1.0 / peak()),
    "beside": lambda rng, shape: np.full(shape, 1.0 / peak()) * (1 + rng.integers(-3, 4, shape) * 2.0**-23),
    "between steps": lambda rng, shape: np.full(shape, 1.0 / peak()) * rng.uniform(0.99, 1.01),
    "saturated": lambda rng, shape: np.full(shape, 50.0),
    "every size": lambda rng, shape: rng.normal(size=shape) * 10.0 ** rng.integers(-8, 7, shape),
    "huge": lambda rng, shape: rng.normal(size=shape) * 1e6,
    "huge and exciting": lambda rng, shape: np.abs(rng.normal(size=shape)) * 1e6,
}
LARGEST_LOOP = 10.0  # of a surrogate's recurrent weights: the product of derivatives over 20 steps is a number still
fills = st.sampled_from(sorted(FILLS))


@pytest.mark.parametrize("rule", RULES)
def test_loss_and_gradients_are_finite(rule: str) -> None:
    run, trained = program(rule)
    seen = []

    @settings(max_examples=60, deadline=None, derandomize=True, database=None)
    @given(st.fixed_dictionaries({name: fills for name in sorted(trained)}), fills, st.integers(0, 2**32 - 1))
    def check(chosen: dict[str, str], bias: str, seed: int) -> None:
        rng = np.random.default_rng(seed)
        params = {name: dict(part) for name, part in trained.items()}
        for name, part in params.items():
            if "weights" in part:
                part["weights"] = jnp.asarray(FILLS[chosen[name]](rng, part["weights"].shape), jnp.float32)
                part["bias"] = jnp.asarray(FILLS[bias](rng, part["bias"].shape), jnp.float32)
        if rule == "surrogate":
            back = params["back"]["weights"]
            params["back"]["weights"] = jnp.clip(back, -LARGEST_LOOP, LARGEST_LOOP)
        loss, grads = run(params)
        assert np.isfinite(loss)
        for path, g in jax.tree.leaves_with_path(grads):
            assert np.all(np.isfinite(g)), path
        seen.append(float(sum(np.abs(g).sum() for g in jax.tree.leaves(grads["to_first"]))))

    check()
    assert np.mean(np.array(seen) > 0) > 0.2, "not all of them are silent"


@pytest.mark.parametrize("rule", RULES)
def test_at_the_threshold(rule: str) -> None:
    """Peaks at it, a float above and below, and a little more, at the end of a step and inside."""
    run, trained = program(rule)
    params = {name: dict(part) for name, part in trained.items()}
    spiked = []
    for factor in (1.0, *(1 + k * 2.0**-23 for k in range(-4, 5)), *np.linspace(0.98, 1.02, 9)):
        w = jnp.full((UNITS, 4), factor / peak(), jnp.float32)
        params["to_first"] = {"weights": w, "bias": jnp.zeros(4)}
        loss, grads = run(params)
        assert np.isfinite(loss) and all(np.all(np.isfinite(g)) for g in jax.tree.leaves(grads))
        spiked.append(bool(np.any(grads["skip"]["weights"])))
    assert any(spiked) and not all(spiked), "on either side of the threshold"
