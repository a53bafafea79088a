"""Delays in compiled trials: lists of events, arrays, lines in the time loop and the eager process give one answer."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small import dense, labels

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler, SurrogateCompiler
from ngcsnn.components import (
    DelayLineSynapse,
    DenseSynapse,
    LICell,
    LIFCell,
    OneToOneSynapse,
    SparseSynapse,
    SpikeSource,
)
from ngcsnn.data import EventData

STEPS, SAMPLES, N, MOST = 16, 3, 4, 24.0
LOSS = {"output": "sparse_categorical_crossentropy"}
KINDS = ("dense", "sparse", "one_to_one", "copies")


def delays_of(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Whole steps, fractions, none, one longer than the trial, and `max_delay` itself."""
    delays = np.random.default_rng(seed).uniform(0.0, 5.0, shape)
    delays.flat[:4] = [0.0, 2.0, 19.5, MOST]
    return delays.transpose()


def synapse(kind: str, name: str, seed: int, weights: Any) -> Any:
    common: dict[str, Any] = {"weights": weights, "max_delay": MOST}
    if kind == "dense":
        return DenseSynapse(name, shape=(N, N), delays=delays_of((N, N), seed), bias=0.02, **common)
    if kind == "sparse":
        pre, post = [0, 1, 2, 3, 1, 2, 0], [0, 0, 2, 3, 1, 3, 2]
        return SparseSynapse(name, shape=(N, N), pre=pre, post=post, delays=delays_of((7,), seed), **common)
    if kind == "one_to_one":
        return OneToOneSynapse(name, n_units=N, delays=delays_of((N,), seed), **common)
    return DelayLineSynapse(name, shape=(N, N), copies=3, spacing=1.3, weights=weights)


def network(kind: str, expression: bool = False) -> ng.Context:
    """input -> hidden -> output, both ways into the recurrent hidden cells with delays."""
    with ng.Context("net", dt=1.0, seed=4, dtype="float64") as net:
        source, hidden, output = (
            SpikeSource("input", n_units=N),
            LIFCell("hidden", n_units=N),
            LICell("output", n_units=3),
        )
        w_in = synapse(kind, "w_in", 0, ng.init.Uniform(2.0, 5.0))
        w_rec = synapse(kind, "w_rec", 1, ng.init.Uniform(-1.0, 1.0))
        w_out = DenseSynapse("w_out", shape=(N, 3), weights=ng.init.Normal(0.0, 2.0))
        source.s >> w_in.inputs
        (1.0 * hidden.s if expression else hidden.s) >> w_rec.inputs  # an expression: the synapse keeps its own line
        w_in.outputs + w_rec.outputs >> hidden.syn
        hidden.s >> w_out.inputs
        w_out.outputs >> output.syn
    return net


def data() -> EventData:
    """At most one event of a unit in a step."""
    rng, trials = np.random.default_rng(5), []
    for _ in range(SAMPLES):
        step, unit = np.divmod(rng.choice(10 * N, 14, replace=False), N)
        times = step + rng.uniform(0.05, 0.95, 14)
        order = np.argsort(times)
        trials.append((times[order], unit[order]))
    return EventData.from_lists(trials, N)


def as_arrays(timed: bool) -> dict[str, np.ndarray]:
    counts, offsets = dense(data(), 1.0, STEPS)
    return {"input.inputs": counts, **({"input.inputs.offset": offsets} if timed else {})}


def compiled(net: ng.Context, rule: str) -> Any:
    trainable = ["w_*.weights", "hidden.tau_m"]
    if rule != "surrogate" and "delays" in net.find("w_in").compartments:
        trainable.append("*.delays")
    options: dict[str, Any] = {"batch_size": SAMPLES, "trainable": trainable}
    if rule == "surrogate":
        return SurrogateCompiler(STEPS, LOSS, **options).compile(net)
    return EventPropCompiler(STEPS, LOSS, spike_timing=rule, **options).compile(net)


def eagerly(net: ng.Context, made: Any, rule: str) -> tuple[float, Any]:
    """The loss and its gradient by plain differentiation of the default process, step by step."""
    net.spike_timing = "grid" if rule == "surrogate" else rule  # their values are the same
    net.reset(batch_size=SAMPLES)
    rows = {net.find(k): jnp.asarray(v.swapaxes(0, 1)) for k, v in as_arrays(rule in ("precise", "exact")).items()}
    start = net.state

    def loss(params: Any) -> Any:
        state = {c: {**part, **params.get(c, {})} for c, part in start.items()}

        def body(state: Any, row: Any) -> Any:
            state = net.advance.pure(state, dict(zip(rows, row, strict=True)))
            return state, state["output"]["v_mean"]

        v = jax.lax.scan(body, state, list(rows.values()))[1]
        chosen = jax.nn.log_softmax(jnp.mean(v, axis=0))[np.arange(SAMPLES), labels(SAMPLES)]
        return -jnp.mean(chosen)

    params = {c: {k: start[c][k] for k in keys} for c, keys in made.names.items()}
    value, grads = jax.jit(jax.value_and_grad(loss))(params)
    return float(value), grads


CASES = [*((kind, "precise") for kind in KINDS), ("dense", "exact"), ("dense", "grid"), ("copies", "surrogate")]


@pytest.mark.parametrize("kind, rule", CASES)
def test_one_loss_and_one_gradient_on_every_way(kind: str, rule: str, x64: None) -> None:
    net = network(kind)
    made = compiled(net, rule)
    a, ga = made.loss_and_grads({"input": data()}, {"output": labels(SAMPLES)})
    b, gb = made.loss_and_grads(as_arrays(rule in ("precise", "exact")), {"output": labels(SAMPLES)})
    c, gc = eagerly(net, made, rule)
    assert float(a) == pytest.approx(float(b), rel=1e-12) and float(a) == pytest.approx(c, rel=1e-12)
    for (path, g), h, i in zip(jax.tree.leaves_with_path(ga), jax.tree.leaves(gb), jax.tree.leaves(gc), strict=True):
        assert np.any(g), path
        for other in (h,) if rule == "surrogate" else (h, i):
            np.testing.assert_allclose(g, other, rtol=1e-9, atol=1e-12, err_msg=str(path))


def test_a_synapse_behind_an_expression_keeps_its_own_line(x64: None) -> None:
    results = []
    for expression in (False, True):
        made = compiled(network("dense", expression), "precise")
        results.append(made.loss_and_grads({"input": data()}, {"output": labels(SAMPLES)}))
    for a, b in zip(*map(jax.tree.leaves, results), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-13)
