"""TransposedSynapse: back through the weights of any other synapse, gradients of both ways in one array."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from synapse_nets import VARIED, Kind

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.components import AvgPool2DSynapse, DenseSynapse, LICell, LIFCell, SpikeSource, TransposedSynapse
from ngcsnn.graph import WireError

RNG = np.random.default_rng(0)
LEARNED = {name: kind for name, kind in VARIED.items() if kind.shape is not None}


def made(kind: Kind, **more: Any) -> tuple[Any, Any]:
    with ng.Context("net") as net:
        w = kind.make("w", **more)
        back = TransposedSynapse("back", synapse=w)
        w.weights >> back.tied
    net.reset(batch_size=2)
    return w, back


@pytest.mark.parametrize("name", LEARNED)
def test_it_is_the_transposed_matrix(name, x64):
    kind = LEARNED[name]
    w, back = made(kind)
    value, moment = RNG.normal(size=(2, 2, kind.sizes[1]))
    back.inputs.set(value)
    back.inputs.offset.set(moment)
    back.advance()
    matrix = kind.matrix(w.weights.get())
    assert back.sizes == kind.sizes[::-1]
    np.testing.assert_allclose(back.outputs.get(), value @ matrix.T, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(back.outputs.offset.get(), moment @ matrix.T, rtol=1e-10, atol=1e-12)
    if kind.sizes[0] == kind.sizes[1]:
        np.testing.assert_allclose(back.self_weights(None), np.diagonal(matrix), rtol=1e-12)
    again = ng.Context.from_yaml(w.context.to_yaml())
    assert again.to_yaml() == w.context.to_yaml()


def test_a_mask_holds_on_the_way_back_too(x64):
    mask = np.eye(5, 7)
    w, back = made(VARIED["dense"], mask=mask)
    m = RNG.normal(size=(2, 7))
    np.testing.assert_allclose(back.transmit(m, None), m @ (mask * w.weights.get()).T, rtol=1e-12)


def loop(tied: bool, weights: np.ndarray, back_weights: np.ndarray) -> tuple[ng.Context, Any, Any]:
    with ng.Context("net", seed=0) as net:
        source, first, second = (
            SpikeSource("input", n_units=4),
            LIFCell("first", n_units=4),
            LIFCell("second", n_units=3),
        )
        out, drive = LICell("out", n_units=2), DenseSynapse("drive", shape=(4, 4), weights=ng.init.Normal(2.0, 0.5))
        readout = DenseSynapse("readout", shape=(4, 2), weights=ng.init.Normal(0.0, 0.5))
        w = DenseSynapse("w", shape=(4, 3), weights=weights)
        if tied:
            back = TransposedSynapse("back", synapse=w)
            w.weights >> back.tied
        else:
            back = DenseSynapse("back", shape=(3, 4), weights=back_weights)
        source.s >> drive.inputs
        drive.outputs + back.outputs >> first.syn
        first.s >> w.inputs
        w.outputs >> second.syn
        second.s >> back.inputs
        first.s >> readout.inputs
        readout.outputs >> out.syn
    return net, source, out


def test_gradients_of_either_way_add_up(x64):
    weights = RNG.normal(1.5, 0.5, (4, 3))
    spikes = (np.random.default_rng(1).random((2, 25, 4)) < 0.4).astype(float)
    found = {}
    for tied in (True, False):
        net, source, out = loop(tied, weights, weights.T)
        compiled = EventPropCompiler(
            25, {out: "sparse_categorical_crossentropy"}, batch_size=2, spike_timing="grid"
        ).compile(net)
        found[tied] = compiled.loss_and_grads({source: spikes}, {out: np.arange(2)})
    (loss, one), (other_loss, two) = found[True], found[False]
    assert float(loss) == pytest.approx(float(other_loss), rel=1e-12) and np.any(two["back"]["weights"])
    assert set(one) == {"drive", "w", "readout"}
    both = two["w"]["weights"] + two["back"]["weights"].T
    np.testing.assert_allclose(one["w"]["weights"], both, rtol=1e-8, atol=1e-12)


def test_between_layers_it_is_taken_for_all_steps_at_once(x64):
    kind = VARIED["dense"]
    w, _ = made(kind)
    net = w.context

    def total(weights: Any) -> Any:
        state = {**net.state, "w": {**net.state["w"], "weights": weights}}
        fed = {"back.inputs": jnp.ones((2, 7)), "w.inputs": jnp.ones((2, 5))}
        after = net.advance.pure(state, fed)
        return jnp.sum(after["back"]["outputs"] ** 2) + jnp.sum(after["w"]["outputs"] ** 2)

    weights = jnp.asarray(w.weights.get())
    got = jax.grad(total)(weights)
    want = jax.grad(lambda m: 2 * jnp.sum(m.sum(1) ** 2) + 2 * jnp.sum(m.sum(0) ** 2))(weights)
    np.testing.assert_allclose(got, want, rtol=1e-10)


def test_refused():
    with ng.Context("net"):
        pool = AvgPool2DSynapse("pool", in_shape=(2, 2, 1), pool_size=2)
        with pytest.raises(ng.GraphError, match="`synapse` 'pool' has no weights to share"):
            TransposedSynapse("back", synapse=pool)
        _, other = (DenseSynapse(name, shape=(2, 3), weights=0.5) for name in ("w", "other"))
        back = TransposedSynapse("back", synapse="w")
        with pytest.raises(WireError, match="back.tied has no wire"):
            back.advance()
        with pytest.raises(ng.GraphError, match="wire w.weights >> back.tied, not other.weights"):
            other.weights >> back.tied
