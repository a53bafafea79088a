"""What holds for every synapse: it is its matrix, for values, first moments and gradients, in and out of loops."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from synapse_nets import (
    LAYER,
    LOSS,
    SQUARE,
    STEPS,
    TARGETS,
    VARIED,
    events,
    image_kind,
    made,
    pool_kind,
    read_out,
    sparse_kind,
)

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.compilers.plan import make_plan
from ngcsnn.components import Conv2DSynapse, DenseSynapse, LIFCell, SpikeSource, Synapse
from ngcsnn.graph import hyper

RNG = np.random.default_rng(0)
INPUTS = {"input": events(12)}
ALL = {
    f"{group}, {name}": kind
    for group, kinds in {"varied": VARIED, "layer": LAYER, "square": SQUARE}.items()
    for name, kind in kinds.items()
}


def alone(make: Any, rows: int) -> tuple[ng.Context, Any]:
    with ng.Context("net") as net:
        w = make()
    net.reset(batch_size=rows)
    return net, w


def transmitted(net: ng.Context, w: Any, value: Any, moment: Any) -> tuple[np.ndarray, np.ndarray]:
    w.inputs.set(value)
    w.inputs.offset.set(moment)
    w.advance()
    return np.asarray(w.outputs.get()), np.asarray(w.outputs.offset.get())


@pytest.mark.parametrize("name", ALL)
def test_values_and_moments_are_those_of_its_matrix(name, x64):
    kind, rows = ALL[name], 2
    bias: dict[str, Any] = {} if kind.shape is None else {"bias": 0.3}
    net, w = alone(lambda: kind.make("w", **bias), rows)
    value, moment = RNG.normal(size=(2, rows, kind.sizes[0]))
    matrix = kind.matrix(kind.weights(0, 1.0).get("weights"))
    got = transmitted(net, w, value, moment)
    np.testing.assert_allclose(got[0], value @ matrix + bias.get("bias", 0.0), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(got[1], moment @ matrix, rtol=1e-10, atol=1e-12)
    if kind.sizes[0] == kind.sizes[1]:
        own = w.self_weights(w.effective_weights())
        np.testing.assert_allclose(np.zeros(kind.sizes[0]) if own is None else own, np.diagonal(matrix), rtol=1e-12)
        assert (own is None) == (not np.any(np.diagonal(matrix)))


@pytest.mark.parametrize("name", ALL)
def test_derivatives_are_those_of_its_matrix(name, x64):
    kind = ALL[name]
    _, w = alone(lambda: kind.make("w"), 2)
    m, c = RNG.normal(size=(2, kind.sizes[0])), RNG.normal(size=(2, kind.sizes[1]))
    weights = w.effective_weights()
    _, back = jax.vjp(w.transmit, jnp.asarray(m), weights)
    d_m, d_weights = back(jnp.asarray(c))
    np.testing.assert_allclose(d_m, c @ kind.matrix(weights).T, rtol=1e-10, atol=1e-12)
    if kind.shape is not None:
        np.testing.assert_allclose(d_weights, kind.gradient(m.T @ c), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", [n for n in VARIED if VARIED[n].shape is not None])
def test_bounds(name):
    kind = VARIED[name]
    arguments = {**kind.arguments, "weights": ng.init.Normal(0.0, 2.0), "w_min": -1.0, "w_max": 0.5}
    _, w = alone(lambda: kind.cls("w", **arguments), 1)
    drawn = np.asarray(w.weights.get())
    assert drawn.min() == -1.0 and drawn.max() == 0.5
    assert w.bounds("weights") == (-1.0, 0.5)
    with pytest.raises(ng.GraphError, match=rf"{kind.cls.__name__} 'w': `weights` lie outside \[-1.0, 0.5\]"):
        alone(lambda: kind.cls("w", **{**arguments, "weights": 0.75}), 1)
    with pytest.raises(ng.GraphError, match=rf"{kind.cls.__name__} 'w': `w_min` must be <= `w_max`"):
        alone(lambda: kind.cls("w", **{**arguments, "w_min": 1.0}), 1)


# --- networks of every kind, a chain of three among them, beside the same of matrices ---------------------------------
POOL = pool_kind((4, 3, 1), (2, 1), (2, 1))
CONV = image_kind(Conv2DSynapse, (2, 3, 1), 2, (2, 2), (1, 1), "valid")
SPREAD = sparse_kind([0, 0, 1, 1, 2, 2, 3, 3], list(range(8)), (4, 8))
TO_TWO = pool_kind((4, 2, 1), (2, 2), (2, 2))
AWAY = sparse_kind([0, 0, 0, 1, 1], [7, 4, 5, 0, 2], (2, 8))  # to none that the pooled unit averages


def chain() -> tuple[Any, Any]:
    """pool -> conv -> spread: (the first, the last)."""
    last, middle, first = SPREAD.make("spread", seed=2), CONV.make("conv", seed=1), POOL.make("pool")
    first.outputs >> middle.inputs
    middle.outputs >> last.inputs
    return first, last


def as_matrices(*of: tuple[Any, int]) -> np.ndarray:
    """The product of what kinds are as matrices, each with the weights of its seed."""
    out = np.eye(of[0][0].sizes[0])
    for kind, seed in of:
        out = out @ kind.matrix(kind.weights(seed, 1.0).get("weights"))
    return out


def network(as_matrix: bool) -> ng.Context:
    """input -> kinds of layer and the chain, hidden -> every square kind and two chained; all -> hidden -> output."""
    with ng.Context("net", seed=3, spike_timing="exact") as net:
        source, hidden = SpikeSource("input", n_units=12), LIFCell("hidden", n_units=8)
        if as_matrix:
            there = there_last = DenseSynapse(
                "chain", shape=(12, 8), weights=as_matrices((POOL, 0), (CONV, 1), (SPREAD, 2))
            )
            back = back_last = DenseSynapse("back", shape=(8, 8), weights=as_matrices((TO_TWO, 0), (AWAY, 2)))
        else:
            there, there_last = chain()
            back, back_last = TO_TWO.make("two"), AWAY.make("away", seed=2)
            back.outputs >> back_last.inputs
        layer, square = made(LAYER, as_matrix, 0.8), made({f"back_{k}": v for k, v in SQUARE.items()}, as_matrix, 0.3)
        for sender, parts in ((source, [there, *layer.values()]), (hidden, [back, *square.values()])):
            for w in parts:
                sender.s >> w.inputs
        plain = [w.outputs for w in (*layer.values(), *square.values(), back_last)]
        sum(plain, 2.0 * there_last.outputs) >> hidden.syn
        read_out(hidden)
    return net


def gradients(net: ng.Context) -> tuple[float, dict[str, dict[str, Any]]]:
    compiled = EventPropCompiler(STEPS, LOSS, batch_size=3, spike_timing=net.spike_timing).compile(net)
    loss, grads = compiled.loss_and_grads(INPUTS, TARGETS)
    spiked = np.any(np.asarray(grads["readout"]["weights"]) != 0, axis=1)
    assert np.sum(spiked) > 5, "the test needs spikes"
    return float(loss), grads


def assert_equal(got: Any, want: Any, name: str) -> None:
    assert np.max(np.abs(want)) > 1e-5, name
    np.testing.assert_allclose(got, want, rtol=1e-8, atol=1e-12, err_msg=name)


@pytest.mark.slow
def test_gradients_are_those_of_their_matrices(x64):
    """In and out of a loop, spikes that come back to their own cell included; a chain acts within one step."""
    (loss, grads), (want_loss, want) = (gradients(network(as_matrix)) for as_matrix in (False, True))
    assert loss == pytest.approx(want_loss, rel=1e-10)
    for name, kind in {**LAYER, **{f"back_{k}": v for k, v in SQUARE.items()}}.items():
        if kind.shape is not None:
            assert_equal(grads[name]["weights"], kind.gradient(want[name]["weights"]), name)
    assert_equal(grads["readout"]["weights"], want["readout"]["weights"], "readout")
    before_spread = as_matrices((POOL, 0), (CONV, 1)).T
    assert_equal(grads["spread"]["weights"], SPREAD.gradient(before_spread @ want["chain"]["weights"]), "spread")
    around_conv = POOL.matrix(None).T @ want["chain"]["weights"] @ as_matrices((SPREAD, 2)).T
    assert_equal(grads["conv"]["weights"], CONV.gradient(around_conv), "conv")
    assert_equal(grads["away"]["weights"], AWAY.gradient(TO_TWO.matrix(None).T @ want["back"]["weights"]), "away")


def test_in_a_loop_synapses_run_before_the_cells_and_tell_what_returns(x64):
    net = network(False)
    (stage,) = [s for s in make_plan(net) if "away" in s.members]
    assert set(stage.transmitting) == {*(f"back_{k}" for k in SQUARE), "two"}, "the end of a chain runs in the step"
    net.state = {"hidden": {"s": np.ones((1, 8))}, "input": {"s": np.ones((1, 12))}}
    for name, kind in SQUARE.items():
        w = net.find(f"back_{name}")
        w.advance()
        assert w.leads_back()
        if "autapses" not in w.compartments:
            assert name == "all_but_self"
            continue
        np.testing.assert_allclose(w.autapses.get()[0], np.diagonal(kind.matrix(w.effective_weights())), rtol=1e-12)
    with ng.Context("other", spike_timing="exact") as net:
        source, w = SpikeSource("input", n_units=8), SQUARE["sparse"].make("w")
        source.s >> w.inputs
    source.s.set(1.0)
    w.advance()
    assert not w.leads_back() and np.any(w.outputs.get()) and not np.any(w.autapses.get())


def test_a_chain_acts_within_one_step_of_a_process_too(x64):
    with ng.Context("net") as net:
        first, last = chain()
    net.reset(batch_size=2)
    value, moment = RNG.normal(size=(2, 3, 2, 12))
    rows, watch = {first.inputs: value, first.inputs.offset: moment}, [last.outputs, last.outputs.offset]
    compiled = net.advance.scan(inputs=rows, watch=watch)
    matrix = as_matrices((POOL, 0), (CONV, 1), (SPREAD, 2))
    for n in range(3):
        net.advance.run({k: v[n] for k, v in rows.items()}, compiled=False)
        for c, given in zip(watch, (value, moment), strict=True):
            np.testing.assert_allclose(c.get(), given[n] @ matrix, rtol=1e-10, atol=1e-12)
            np.testing.assert_allclose(compiled[c.key][n], c.get(), rtol=1e-10, atol=1e-12)


# --- a class of one's own, and what is refused ------------------------------------------------------------------------
class Reversed(Synapse):
    """The last unit first."""

    n_units = hyper(kind=int, doc="number of units")

    @property
    def sizes(self):
        return self.n_units, self.n_units

    def transmit(self, m, weights):
        return m[:, ::-1]


class Together(Reversed):
    def in_one_call(self, rows):
        return True


@pytest.mark.parametrize("cls", [Reversed, Together])
def test_a_class_of_ones_own_states_sizes_and_transmit(cls):
    net, w = alone(lambda: cls("w", n_units=3), 2)
    value = np.arange(6.0).reshape(2, 3)
    got = transmitted(net, w, value, -value)
    np.testing.assert_array_equal(got[0], value[:, ::-1])
    np.testing.assert_array_equal(got[1], -value[:, ::-1])
    with ng.Context("loop", spike_timing="exact"):
        cell, w = LIFCell("cell", n_units=3), cls("w", n_units=3)
        cell.s >> w.inputs
        w.outputs >> cell.syn
    cell.s.set(1.0)
    w.advance()
    assert w.leads_back() and np.all(w.outputs.get()) and "autapses" not in w.compartments, "self_weights tells of none"


@pytest.mark.parametrize("missing", ["sizes", "transmit"])
def test_what_a_class_does_not_state(missing):
    stated = {k: v for k, v in vars(Reversed).items() if k in ("sizes", "transmit") and k != missing}
    cls = type("Lacking", (Synapse,), {"__module__": __name__, **stated, "n_units": hyper(3, kind=int, doc="number")})
    with pytest.raises(TypeError, match=f"Lacking must define {missing}"):
        alone(lambda: cls("w"), 1)[1].advance()


def test_many_weights_are_read_once_for_values_and_moments():
    net, w = alone(lambda: DenseSynapse("w", shape=(1024, 1024), weights=ng.init.Normal(0.0, 0.1)), 2)
    value, moment = RNG.normal(size=(2, 2, 1024))
    assert w.in_one_call(2) and not w.in_one_call(1000)
    got = transmitted(net, w, value, moment)
    for out, given in zip(got, (value, moment), strict=True):
        np.testing.assert_allclose(out, given @ np.asarray(w.weights.get()), rtol=1e-3, atol=1e-3)
