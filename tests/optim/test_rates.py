"""Learning rates multiplied while training: of every kind of optimiser, or a plain refusal."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.optim import SGD, Adam, DeepR, PerParameter, from_optax
from ngcsnn.optim.rates import scale_rate
from ngcsnn.optim.schedules import Exponential

PARAMS = {"w": {"weights": jnp.array([0.0, 0.5, -0.5])}, "b": {"bias": jnp.ones(2)}}
GRADS = {"w": {"weights": jnp.array([1.0, 2.0, 3.0])}, "b": {"bias": jnp.ones(2)}}


@pytest.mark.parametrize(
    ("slow", "fast"),
    [
        (SGD(eta=0.1), SGD(eta=0.4)),
        (Adam(eta=0.01), Adam(eta=0.04)),
        (
            PerParameter({"*.bias": SGD(eta=0.1), "*": Adam(eta=0.2)}),
            PerParameter({"*.bias": SGD(eta=0.4), "*": Adam(eta=0.8)}),
        ),
    ],
    ids=["sgd", "adam", "each"],
)
def test_as_though_made_with_it(slow, fast):
    state = scale_rate(slow, slow.init(PARAMS), 4.0)
    got, want = slow.step(state, PARAMS, GRADS)[1], fast.step(fast.init(PARAMS), PARAMS, GRADS)[1]
    for name, part in want.items():
        for key, value in part.items():
            np.testing.assert_allclose(got[name][key], value, rtol=1e-6)


def test_inside_others():
    around = DeepR(optimiser=SGD(eta=0.1))
    state = scale_rate(around, around.init(PARAMS["w"]), 0.5)
    assert float(state.inner.hyper["eta"]) == pytest.approx(0.05)
    optax = pytest.importorskip("optax")
    injected = from_optax(optax.inject_hyperparams(optax.sgd)(learning_rate=0.1))
    state = scale_rate(injected, injected.init(PARAMS), 0.5)
    assert float(state.hyperparams["learning_rate"]) == pytest.approx(0.05)
    with pytest.raises(ValueError, match="only a transformation made by `optax.inject_hyperparams`"):
        plain = from_optax(optax.sgd(0.1))
        scale_rate(plain, plain.init(PARAMS), 0.5)


@pytest.mark.parametrize("kind", [SGD, Adam])
def test_a_schedule_goes_on_times_the_factor(kind):
    slow, fast = kind(eta=Exponential(0.1, 0.9)), kind(eta=Exponential(0.4, 0.9))
    state, wanted = slow.init(PARAMS), fast.init(PARAMS)
    state, got = slow.step(state, PARAMS, GRADS)
    wanted, want = fast.step(wanted, PARAMS, GRADS)
    state = scale_rate(slow, scale_rate(slow, state, 2.0), 2.0)
    for _ in range(2):
        assert float(slow.get_hyper(state)["eta"]) == pytest.approx(float(fast.get_hyper(wanted)["eta"]))
        state, got = slow.step(state, want, GRADS)
        wanted, want = fast.step(wanted, want, GRADS)
        np.testing.assert_allclose(got["w"]["weights"], want["w"]["weights"], rtol=1e-6)
    assert set(slow.get_hyper(state)) == set(fast.get_hyper(wanted)) and "eta_factor" not in slow.get_hyper(state)
    with pytest.raises(ValueError, match="eta_factor"):
        slow.set_hyper(state, eta_factor=3.0)
    with pytest.raises(ValueError, match="an `opt_state` that an optimiser with other settings made"):
        kind(eta=0.1).step(state, PARAMS, GRADS)


def test_rates_that_cannot_be_changed():
    with pytest.raises(ValueError, match="has no learning rate that can be changed while it trains"):
        scale_rate(object(), None, 0.5)
