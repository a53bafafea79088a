"""LowRankSynapse: the product of its factors, their gradients, and the nearest one to a matrix."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.components import DenseSynapse, HebbianRule, LICell, LIFCell, LowRankSynapse, SpikeSource, low_rank_factors

RNG = np.random.default_rng(0)


def made(shape: tuple[int, int] = (5, 4), rank: int = 2, **arguments: Any) -> Any:
    with ng.Context("net", seed=3) as net:
        w = LowRankSynapse("w", **{"shape": shape, "rank": rank, "weights": ng.init.Normal(0.0, 1.0), **arguments})
        HebbianRule("rule", synapse=w).dweights >> w.dweights
    net.reset(batch_size=3)
    return w


def test_it_is_the_product_of_its_factors(x64):
    w, m = made(bias=[0.1, 0.2, 0.3, 0.4]), RNG.normal(size=(2, 3, 5))
    left, right = (np.asarray(f) for f in w.factors())
    assert left.shape == (5, 2) and right.shape == (2, 4)
    w.inputs.set(m[0])
    w.inputs.offset.set(m[1])
    w.advance()
    np.testing.assert_allclose(w.outputs.get(), m[0] @ (left @ right) + [0.1, 0.2, 0.3, 0.4], rtol=1e-12)
    np.testing.assert_allclose(w.outputs.offset.get(), m[1] @ (left @ right), rtol=1e-12)
    square = made((4, 4), 3)
    left, right = (np.asarray(f) for f in square.factors())
    np.testing.assert_allclose(square.self_weights(square.weights.get()), np.diagonal(left @ right), rtol=1e-12)


def test_a_change_of_the_matrix_moves_the_factors_along_their_derivatives(x64):
    w = made()
    left, right = (np.asarray(f) for f in w.factors())
    pre, post = RNG.normal(size=(3, 5)), RNG.normal(size=(3, 4))
    w.context.find("rule.pre").set(pre)
    w.context.find("rule.post").set(post)
    w.context.evolve.run()
    change = pre.T @ post / 3
    np.testing.assert_allclose(w.factors()[0], left + change @ right.T, rtol=1e-10)
    np.testing.assert_allclose(w.factors()[1], right + left.T @ change, rtol=1e-10)


def test_the_nearest_to_a_matrix():
    matrix = RNG.normal(size=(6, 2)) @ RNG.normal(size=(2, 9))
    w = made((6, 9), 2, weights=low_rank_factors(matrix, 2))
    np.testing.assert_allclose(np.matmul(*w.factors()), matrix, rtol=1e-4, atol=1e-5)
    other = RNG.normal(size=(6, 9))
    left, right = low_rank_factors(other, 3)[:, :6].T, low_rank_factors(other, 3)[:, 6:]
    rest = np.linalg.svd(other, compute_uv=False)[3:]
    assert np.linalg.norm(other - left @ right) == pytest.approx(np.linalg.norm(rest), rel=1e-9)


def test_start_weights_count_the_inputs_of_each_factor():
    left, right = made((400, 300), 100, weights=ng.init.FanInNormal()).factors()
    assert np.std(left) == pytest.approx(400**-0.5, rel=0.02) and np.std(right) == pytest.approx(0.1, rel=0.02)
    assert np.std(left @ right) == pytest.approx(400**-0.5, rel=0.05)


@pytest.mark.parametrize("recurrent", [False, True], ids=["hoisted", "in a loop"])
def test_gradients_of_trials_are_those_of_two_dense_synapses(recurrent: bool, x64):
    weights = RNG.normal(size=(2, 12)) * 0.8

    def gradients(as_one: bool) -> dict[str, Any]:
        with ng.Context("net", seed=0) as net:
            source, hidden, out = (
                SpikeSource("input", n_units=6),
                LIFCell("hidden", n_units=6),
                LICell("out", n_units=2),
            )
            drive, readout = DenseSynapse("drive", shape=(6, 6), weights=ng.init.Normal(0.8, 0.5)), None
            readout = DenseSynapse("readout", shape=(6, 2), weights=ng.init.Normal(0.0, 0.5))
            if as_one:
                first = last = LowRankSynapse("w", shape=(6, 6), rank=2, weights=weights)
            else:
                first = DenseSynapse("left", shape=(6, 2), weights=weights[:, :6].T)
                last = DenseSynapse("right", shape=(2, 6), weights=weights[:, 6:])
                first.outputs >> last.inputs
            source.s >> drive.inputs
            (hidden if recurrent else source).s >> first.inputs
            drive.outputs + last.outputs >> hidden.syn
            hidden.s >> readout.inputs
            readout.outputs >> out.syn
        compiled = EventPropCompiler(
            20, {out: "sparse_categorical_crossentropy"}, batch_size=2, spike_timing="grid"
        ).compile(net)
        spikes = (np.random.default_rng(1).random((2, 20, 6)) < 0.3).astype(float)
        return compiled.loss_and_grads({source: spikes}, {out: np.arange(2)})[1]

    one, two = gradients(True)["w"]["weights"], gradients(False)
    assert np.any(one)
    np.testing.assert_allclose(one[:, :6].T, two["left"]["weights"], rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(one[:, 6:], two["right"]["weights"], rtol=1e-8, atol=1e-12)


def test_refused():
    bad: list[tuple[dict[str, Any], str]] = [
        ({"rank": 5}, "`rank` 5 exceeds that of any matrix"),
        ({"signs": "inhibitory"}, "`signs` of two factors"),
        ({"weights": np.zeros((5, 4))}, r"`weights` must have shape \(2, 9\)"),
    ]
    for arguments, text in bad:
        with pytest.raises(ng.GraphError, match=text):
            made(**arguments)
    with pytest.raises(ng.GraphError, match="shares its weights"):
        made(total=1.0).normalise()
    with pytest.raises(ng.GraphError, match="`rank` must be from 1 to 3"):
        low_rank_factors(np.zeros((3, 4)), 4)
