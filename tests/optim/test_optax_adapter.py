"""optax transformations as optimisers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.optim import Adam, Optimiser, PerParameter, from_optax

optax = pytest.importorskip("optax")

PARAMS = {"a": {"w": jnp.array([1.0, -2.0])}, "b": {"tau": jnp.ones(())}}
GRADS = {"a": {"w": jnp.array([0.3, 0.1])}, "b": {"tau": jnp.array(2.0)}}


def test_steps_as_optax_does():
    wrapped = from_optax(optax.adam(0.1))
    assert isinstance(wrapped, Optimiser)
    step = jax.jit(wrapped.step)
    state, params = wrapped.init(PARAMS), PARAMS
    adam = Adam(0.1)
    other_state, other = adam.init(PARAMS), PARAMS
    for _ in range(5):
        state, params = step(state, params, GRADS)
        other_state, other = adam.step(other_state, other, GRADS)
    jax.tree.map(lambda x, y: np.testing.assert_allclose(x, y, rtol=1e-5), params, other)


def test_transformations_that_need_the_parameters():
    wrapped = from_optax(optax.chain(optax.add_decayed_weights(0.5), optax.sgd(0.1)))
    _, new = wrapped.step(wrapped.init(PARAMS), PARAMS, jax.tree.map(jnp.zeros_like, PARAMS))
    np.testing.assert_allclose(new["a"]["w"], PARAMS["a"]["w"] * 0.95, rtol=1e-6)


@pytest.mark.usefixtures("x64")
def test_dtypes_stay_under_x64():
    wrapped = from_optax(optax.sgd(np.float64(0.1)))
    params = [np.ones(2, np.float32)]
    _, new = wrapped.step(wrapped.init(params), params, [np.ones(2)])
    assert new[0].dtype == jnp.float32


def schedule(n):
    return jnp.where(n == 4, 1.0, 0.0)


@pytest.mark.parametrize(
    "transform",
    [optax.sgd(schedule), optax.chain(optax.clip(9.0), optax.inject_hyperparams(optax.sgd)(learning_rate=schedule))],
)
def test_set_step_moves_schedules(transform):
    wrapped = from_optax(transform)
    state = wrapped.init(PARAMS)
    _, still = wrapped.step(state, PARAMS, GRADS)
    _, moved = wrapped.step(wrapped.set_step(state, 4), PARAMS, GRADS)
    np.testing.assert_array_equal(still["a"]["w"], PARAMS["a"]["w"])
    np.testing.assert_allclose(moved["a"]["w"], PARAMS["a"]["w"] - GRADS["a"]["w"], rtol=1e-6)


def test_set_step_leaves_bias_correction_alone():
    wrapped = from_optax(optax.adam(optax.constant_schedule(0.1)))
    state = wrapped.init(PARAMS)
    expected, got = wrapped.step(state, PARAMS, GRADS)[1], wrapped.step(wrapped.set_step(state, 50), PARAMS, GRADS)[1]
    jax.tree.map(np.testing.assert_array_equal, got, expected)


def test_set_hyper_reaches_injected_values():
    wrapped = from_optax(optax.inject_hyperparams(optax.sgd)(learning_rate=0.1))
    traces = []
    step = jax.jit(lambda *args: traces.append(1) or wrapped.step(*args))
    state = wrapped.init(PARAMS)
    for eta in (0.1, 0.5):
        state = wrapped.set_hyper(state, learning_rate=eta)
        state, new = step(state, PARAMS, GRADS)
    np.testing.assert_allclose(new["b"]["tau"], 1.0 - 0.5 * 2.0, atol=1e-6)
    assert len(traces) == 1
    assert float(wrapped.get_hyper(state)["learning_rate"]) == 0.5
    with pytest.raises(
        ValueError, match="unknown injected hyper-parameter 'learnin_rate'; did you mean 'learning_rate'"
    ):
        wrapped.set_hyper(state, learnin_rate=0.1)
    with pytest.raises(ValueError, match="only a transformation made by `optax.inject_hyperparams`"):
        from_optax(optax.sgd(0.1)).set_hyper(from_optax(optax.sgd(0.1)).init(PARAMS), eta=0.1)
    scheduled = from_optax(optax.inject_hyperparams(optax.sgd)(learning_rate=schedule))
    with pytest.raises(ValueError, match="`learning_rate` is a schedule"):
        scheduled.set_hyper(scheduled.init(PARAMS), learning_rate=0.1)


def test_stands_beside_our_own():
    chosen = PerParameter({"b.tau": from_optax(optax.sgd(0.5)), "*": Adam(0.1)})
    state, new = chosen.step(chosen.init(PARAMS), PARAMS, GRADS)
    np.testing.assert_allclose(new["b"]["tau"], 0.0, atol=1e-6)
    np.testing.assert_allclose(new["a"]["w"], PARAMS["a"]["w"] - 0.1, rtol=1e-5)
    assert {entry: set(values) for entry, values in chosen.get_hyper(state).items()} == {
        "b.tau": set(),
        "*": {"eta", "beta1", "beta2", "eps"},
    }
    with pytest.raises(ValueError, match="only a transformation made by"):
        chosen.set_hyper(state, eta=0.1)


def test_errors():
    with pytest.raises(TypeError, match=r"functions `init` and `update`.*ngcsnn\[optax\]"):
        from_optax(Adam())
    wrapped = from_optax(optax.sgd(0.1))
    with pytest.raises(ValueError, match=r"grads\['a'\]\['w'\] has shape \(3,\)"):
        wrapped.step(wrapped.init(PARAMS), PARAMS, {"a": {"w": jnp.ones(3)}, "b": {"tau": jnp.ones(())}})
