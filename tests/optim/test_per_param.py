"""Another optimiser for each parameter."""

import pickle

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.optim import SGD, Adam, Optimiser, PerParameter
from ngcsnn.optim.schedules import Exponential

PARAMS = {
    "hidden": {"tau_m": jnp.full((3,), 20.0, jnp.float32)},
    "hid_out": {"weights": jnp.ones((3, 2)), "biases": jnp.zeros(2)},
    "in_hid": {"weights": jnp.ones((4, 3))},
}
GRADS = jax.tree.map(lambda p: 0.1 * p + 0.2, PARAMS)
NAMES = ["hid_out.biases", "hid_out.weights", "hidden.tau_m", "in_hid.weights"]


def test_each_parameter_gets_its_own():
    adam, fast = Adam(0.01), SGD(1.0, clamp=(1.0, None))
    chosen = PerParameter({"*": adam, "hidden.tau_m": fast, "*.biases": None})
    assert isinstance(chosen, Optimiser)
    step = jax.jit(chosen.step)
    state, params = chosen.init(PARAMS), PARAMS
    for _ in range(3):
        state, params = step(state, params, GRADS)
    assert jax.tree.structure(params) == jax.tree.structure(PARAMS)
    np.testing.assert_array_equal(params["hid_out"]["biases"], PARAMS["hid_out"]["biases"])
    np.testing.assert_allclose(params["hidden"]["tau_m"], 20.0 - 3 * 2.2, rtol=1e-6)
    alone_state, alone = adam.init(PARAMS["in_hid"]), PARAMS["in_hid"]
    for _ in range(3):
        alone_state, alone = adam.step(alone_state, alone, GRADS["in_hid"])
    np.testing.assert_allclose(params["in_hid"]["weights"], alone["weights"], rtol=1e-6)


def test_exact_names_then_patterns_in_order_then_the_star():
    chosen = PerParameter({"*": SGD(), "h*.*": SGD(0.1), "*.weights": SGD(0.2), "hid_out.weights": SGD(0.3)})
    expected = ["h*.*", "hid_out.weights", "h*.*", "*.weights"]
    assert chosen.assign(NAMES) == dict(zip(NAMES, expected, strict=True))


def test_a_star_may_be_left_without_work():
    chosen = PerParameter({**dict.fromkeys(NAMES, SGD()), "*": Adam()})
    assert set(chosen.init(PARAMS)) == set(NAMES)


def test_norm_is_over_the_group():
    params = {"a": {"w": jnp.zeros(1)}, "b": {"w": jnp.zeros(1)}, "c": {"w": jnp.zeros(1)}}
    grads = {"a": {"w": jnp.array([3.0])}, "b": {"w": jnp.array([4.0])}, "c": {"w": jnp.array([7.0])}}
    chosen = PerParameter({"c.w": SGD(1.0), "*": SGD(1.0, clip_norm=1.0)})
    _, new = chosen.step(chosen.init(params), params, grads)
    np.testing.assert_allclose([new[k]["w"][0] for k in "abc"], [-0.6, -0.8, -7.0], rtol=1e-6)


def test_set_step_and_set_hyper_reach_the_entries():
    chosen = PerParameter({"hidden.tau_m": SGD(Exponential(1.0, 0.5)), "*": Adam(0.1)})
    state = chosen.set_step(chosen.init(PARAMS), 3)
    assert float(chosen.get_hyper(state)["hidden.tau_m"]["eta"]) == pytest.approx(0.125)
    state = chosen.set_hyper(state, "*", eta=0.7)
    assert float(chosen.get_hyper(state)["*"]["eta"]) == pytest.approx(0.7)
    with pytest.raises(ValueError, match="`eta` is a schedule"):
        chosen.set_hyper(state, eta=0.7)
    with pytest.raises(ValueError, match="unknown entry of PerParameter 'hidden.tau'; did you mean 'hidden.tau_m'"):
        chosen.set_hyper(state, "hidden.tau", eta=0.7)
    everywhere = PerParameter({"hidden.tau_m": SGD(), "*": Adam()})
    values = everywhere.get_hyper(everywhere.set_hyper(everywhere.init(PARAMS), eta=0.25))
    assert {float(v["eta"]) for v in values.values()} == {0.25}


def test_compiles_once_when_eta_changes():
    chosen = PerParameter({"hidden.*": SGD(batch_size=2), "*": Adam()})
    traces = []
    step = jax.jit(lambda *args: traces.append(1) or chosen.step(*args))
    state, params = chosen.init(PARAMS), PARAMS
    for eta in (0.1, 0.2, 0.3):
        state, params = step(chosen.set_hyper(state, eta=eta), params, GRADS)
    assert len(traces) == 1


def test_a_name_that_matches_nothing():
    with pytest.raises(ValueError, match="'hidden.tau_mem' matches no parameter; did you mean 'hidden.tau_m'"):
        PerParameter({"hidden.tau_mem": SGD(), "*": Adam()}).init(PARAMS)
    with pytest.raises(ValueError, match=r"'\*\.weight' matches no parameter"):
        PerParameter({"*.weight": SGD(), "*": Adam()}).init(PARAMS)


def test_a_pattern_behind_a_wider_one():
    with pytest.raises(ValueError, match="that 'hidden.tau[*]' matches are all taken.*narrower pattern first"):
        PerParameter({"hid*": SGD(), "hidden.tau*": SGD(), "*": Adam()}).init(PARAMS)


def test_a_parameter_that_nothing_matches():
    with pytest.raises(ValueError, match="no entry matches the parameter 'hid_out.biases'"):
        PerParameter({"*.weights": SGD(), "hidden.tau_m": SGD()}).init(PARAMS)


def test_wrong_kinds():
    with pytest.raises(TypeError, match="'[*]' must be given an optimiser or None, got 'adam'"):
        PerParameter({"*": "adam"})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="must be given an optimiser or None"):
        PerParameter({"*": Adam})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="must be a mapping of names to optimisers"):
        PerParameter({})
    with pytest.raises(TypeError, match="names must be text"):
        PerParameter({1: Adam()})  # type: ignore[dict-item]


def test_gradients_of_another_shape():
    chosen = PerParameter({"*": Adam()})
    wrong = {**GRADS, "hidden": {"tau_m": jnp.ones(4)}}
    with pytest.raises(ValueError, match=r"grads\['hidden'\]\['tau_m'\] has shape \(4,\)"):
        chosen.step(chosen.init(PARAMS), PARAMS, wrong)


def test_names_that_clash():
    with pytest.raises(ValueError, match="same name"):
        PerParameter({"*": Adam()}).init({"a.b": {"c": jnp.ones(1)}, "a": {"b.c": jnp.ones(1)}})


def test_a_copy_is_equal():
    chosen = PerParameter({"*": Adam(0.1), "a.b": None})
    copy = pickle.loads(pickle.dumps(chosen))
    assert copy == chosen
    assert hash(copy) == hash(chosen)
