"""DenseSynapse: what it transmits, and what it refuses."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse

RNG = np.random.default_rng(0)
W, MASK, BIAS = RNG.normal(size=(4, 3)), RNG.integers(0, 2, (4, 3)), RNG.normal(size=3)


def synapse(**arguments):
    with ng.Context("net", seed=arguments.pop("seed", 0)) as net:
        w = DenseSynapse("w", **{"shape": (4, 3), "weights": W, **arguments})
    net.reset(batch_size=2)
    return net, w


def transmit(net, w, value, moment):
    net.advance.run({w.inputs: value, w.inputs.offset: moment})
    return np.asarray(w.outputs.get()), np.asarray(w.outputs.offset.get())


@pytest.mark.parametrize("bias", [None, BIAS])
@pytest.mark.parametrize("mask", [None, MASK])
def test_value_and_moment(x64, bias, mask):
    net, w = synapse(bias=bias, mask=mask)
    value, moment = RNG.normal(size=(2, 2, 4))
    effective = W * (1 if mask is None else mask)
    got = transmit(net, w, value, moment)
    np.testing.assert_allclose(got[0], value @ effective + (0 if bias is None else bias), rtol=1e-12)
    np.testing.assert_allclose(got[1], moment @ effective, rtol=1e-12)
    np.testing.assert_allclose(transmit(net, w, value, 3 * moment)[1], 3 * got[1], rtol=1e-12)


def test_a_masked_weight_stays_without_effect_and_gradient(x64):
    net, w = synapse(mask=MASK)
    assert np.all(np.asarray(w.weights.get())[MASK == 0] == 0)
    w.weights.set(np.ones((4, 3)))  # as a careless optimiser would leave it
    value = RNG.normal(size=(2, 4))
    np.testing.assert_allclose(transmit(net, w, value, 0 * value)[0], value @ MASK)
    start = net.state

    def loss(weights):
        state = {c: dict(part) for c, part in start.items()}
        state["w"]["weights"] = weights
        return jnp.sum(net.advance.pure(state, {w.inputs: value})["w"]["outputs"] ** 2)

    gradient = np.asarray(jax.grad(loss)(jnp.ones((4, 3))))
    assert np.all(gradient[MASK == 0] == 0) and np.all(gradient[MASK == 1] != 0)


def test_drawn_weights_are_cut_to_their_bounds_and_depend_on_the_seed():
    _, w = synapse(weights=ng.init.Normal(0.0, 2.0), w_min=-1.0, w_max=0.5)
    drawn = np.asarray(w.weights.get())
    assert drawn.min() == -1.0 and drawn.max() == 0.5 and np.unique(drawn).size > 3
    assert w.bounds("weights") == (-1.0, 0.5)
    _, other = synapse(weights=ng.init.Normal(0.0, 2.0), w_min=-1.0, w_max=0.5, seed=1)
    assert not np.array_equal(drawn, other.weights.get())
    assert synapse(bias=0.0, w_max=5.0)[1].bounds("bias") == (-np.inf, np.inf)


def test_masked_weights_may_lie_outside_the_bounds():
    _, w = synapse(weights=np.where(MASK, 0.5, 0.0), mask=MASK, w_min=0.1)
    assert np.asarray(w.weights.get()).min() == 0.0


BAD = {
    "above": ({"w_max": 0.5}, "`weights` lie outside [-inf, 0.5]"),
    "below": ({"w_min": 0.0}, "`weights` lie outside [0.0, inf]"),
    "empty interval": ({"w_min": 1.0, "w_max": 0.0}, "`w_min` must be <= `w_max`"),
    "mask of numbers": ({"mask": np.full((4, 3), 0.5)}, "`mask` must hold zeros and ones only"),
    "shape": ({"weights": np.ones((3, 4))}, "`weights` must have shape (4, 3)"),
    "mask's shape": ({"mask": np.ones(3)}, "`mask` must have shape (4, 3)"),
    "not finite": ({"weights": np.where(MASK, 1.0, np.nan)}, "`weights` must not be NaN"),
    "sizes": ({"shape": (4, 0)}, "`shape` must be two positive integers"),
    "one size": ({"shape": (4,)}, "`shape` must be two positive integers"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_refused(name):
    arguments, message = BAD[name]
    with pytest.raises(ng.GraphError) as error:
        synapse(**arguments)
    assert message in str(error.value)
