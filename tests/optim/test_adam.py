"""Adam against hand-written numpy, optax, ngc-learn's and NEST's recordings."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.optim import adam as adam_module
from ngcsnn.optim.adam import Adam, adam_init, adam_step, bias_correction, step_update


def reference(theta: Any, updates: list, eta: float = 0.001, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for t, u in enumerate(updates, start=1):
        m = b1 * m + (1 - b1) * u
        v = b2 * v + (1 - b2) * u**2
        theta = theta - eta * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
    return theta


def nest_reference(theta: Any, updates: list, eta: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-7):
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    for t, u in enumerate(updates, start=1):
        alpha = eta * np.sqrt(1 - b2**t) / (1 - b1**t)
        m = b1 * m + (1 - b1) * u
        v = b2 * v + (1 - b2) * u**2
        theta = theta - alpha * m / (np.sqrt(v) + eps)
    return theta


class Pair(NamedTuple):
    w: Any
    rest: Any


TREES = {
    "list": lambda a: list(a),
    "dict": lambda a: {"in": {"w": a[0], "b": a[1]}, "out": {"w": a[2]}},
    "named tuple": lambda a: Pair(a[0], [a[1], a[2]]),
}


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(
    ("tree", "hyper"),
    [("list", {}), ("dict", {"eta": 0.05, "beta1": 0.8, "beta2": 0.99, "eps": 1e-3}), ("named tuple", {"eta": 0.5})],
)
def test_twenty_steps_in_float64(run, tree, hyper):
    make = TREES[tree]
    theta = make([jnp.asarray(t) for t in run.theta])
    state = adam_init(theta)
    for u in run.updates:
        state, theta = adam_step(state, theta, make(u), **hyper)
    named = {"eta": "eta", "beta1": "b1", "beta2": "b2", "eps": "eps"}
    expected = make(run.after(lambda t, u: reference(t, u, **{named[k]: v for k, v in hyper.items()})))
    assert jax.tree.structure(theta) == jax.tree.structure(expected)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14), theta, expected)


def test_float32_follows_float64(run):
    theta = [jnp.asarray(t, jnp.float32) for t in run.theta]
    state = adam_init(theta)
    for u in run.updates:
        state, theta = adam_step(state, theta, u, eta=0.05)
    for got, expected in zip(theta, run.after(lambda t, u: reference(t, u, eta=0.05)), strict=True):
        assert got.dtype == jnp.float32
        np.testing.assert_allclose(got, expected, rtol=3e-6, atol=3e-6)


def test_ngclearn_recording(follow_ngclearn):
    follow_ngclearn("adam", adam_init, adam_step)


def test_equals_optax(run):
    optax = pytest.importorskip("optax")
    theta = other = [jnp.asarray(t, jnp.float32) for t in run.theta]
    transform = optax.adam(0.02, b1=0.85, b2=0.98, eps=1e-5)
    state, other_state = adam_init(theta), transform.init(other)
    for u in run.updates:
        u = [jnp.asarray(x, jnp.float32) for x in u]
        state, theta = adam_step(state, theta, u, 0.02, 0.85, 0.98, 1e-5)
        moves, other_state = transform.update(u, other_state)
        other = optax.apply_updates(other, moves)
    for a, b in zip(theta, other, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_a_single_array_stays_one_array():
    theta = jnp.array([1.0, 2.0])
    state, new = adam_step(adam_init(theta), theta, jnp.array([0.5, -0.5]))
    assert isinstance(new, jax.Array)
    assert state.g1.shape == (2,)
    np.testing.assert_allclose(new, [0.999, 2.001], rtol=1e-6)  # the first step has length eta, against the gradient


def test_step_update_takes_the_documented_order():
    new, g1, g2 = step_update(jnp.array(1.0), 2.0, 0.5, 0.25, 0.1, 0.9, 0.99, 3, 1e-6)
    np.testing.assert_allclose(g1, 0.9 * 0.5 + 0.1 * 2.0, rtol=1e-6)
    np.testing.assert_allclose(g2, 0.99 * 0.25 + 0.01 * 4.0, rtol=1e-6)
    m, v = 0.65 / (1 - 0.9**3), 0.2875 / (1 - 0.99**3)
    np.testing.assert_allclose(new, 1.0 - 0.1 * m / (np.sqrt(v) + 1e-6), rtol=1e-6)


def test_bias_correction_keeps_float32_digits():
    beta = jnp.float32(0.999)
    for t in (1, 2, 10, 1000, 10_000):
        exact = 1.0 - float(beta) ** t
        assert abs(float(bias_correction(beta, t)) / exact - 1) < 1e-6
    assert float(bias_correction(jnp.float32(0.0), 1)) == 1.0


def test_the_step_count_is_exact():
    theta = jnp.ones(2)
    state = adam_init(theta)._replace(time_step=jnp.int32(2**24))
    state, theta = adam_step(state, theta, theta)
    assert state.time_step.dtype == jnp.int32
    assert int(state.time_step) == 2**24 + 1  # float32 cannot count past 2^24
    assert bool(jnp.all(jnp.isfinite(theta)))


def test_a_new_hyper_parameter_does_not_compile_again(monkeypatch):
    traces = []

    def counted(*args):
        traces.append(1)
        return step_update(*args)

    monkeypatch.setattr(adam_module, "step_update", counted)
    theta = jnp.ones(137)  # a shape of its own: nothing is compiled yet
    state = adam_init(theta)
    for eta in (0.1, 0.01, 0.5):
        state, theta = adam_step(state, theta, theta, eta=eta, beta1=0.9 - eta / 10)
    assert len(traces) == 1


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("dtype", ["bfloat16", "float32", "float64"])
def test_dtypes_stay(dtype):
    theta = {"w": jnp.ones(3, dtype)}
    state = adam_init(theta)
    assert state.g2["w"].dtype == jnp.promote_types(dtype, jnp.float32)
    new_state, new = adam_step(state, theta, {"w": jnp.ones(3)}, jnp.float64(0.1))
    before, after = ([(x.dtype, x.shape) for x in jax.tree.leaves(t)] for t in ((state, theta), (new_state, new)))
    assert before == after
    assert not any(x.weak_type for x in jax.tree.leaves((new_state, new)))


def test_no_weak_types_from_python_numbers():
    state, new = adam_step(adam_init([1.0]), [1.0], [1.0])
    assert not any(x.weak_type for x in jax.tree.leaves((state, new)))


def test_errors_name_the_leaf():
    theta = {"in_hid": {"weights": jnp.ones((2, 3)), "biases": jnp.ones(3)}}
    state = adam_init(theta)
    with pytest.raises(ValueError, match=r"updates\['in_hid'\]\['weights'\] has shape \(3, 2\).*\(2, 3\)"):
        adam_step(state, theta, {"in_hid": {"weights": jnp.ones((3, 2)), "biases": jnp.ones(3)}})
    with pytest.raises(ValueError, match=r"`updates` has no leaf for theta\['in_hid'\]\['biases'\]"):
        adam_step(state, theta, {"in_hid": {"weights": jnp.ones((2, 3))}})
    with pytest.raises(ValueError, match=r"g1\['in_hid'\]\['biases'\] has shape \(3,\)"):
        wider = {"in_hid": {"weights": jnp.ones((2, 3)), "biases": jnp.ones(4)}}
        adam_step(state, wider, wider)
    with pytest.raises(TypeError, match=r"theta\['n'\] has dtype int32"):
        adam_init({"n": jnp.arange(3, dtype=jnp.int32)})


@pytest.mark.usefixtures("x64")
def test_object_equals_functions(run):
    theta = [jnp.asarray(t) for t in run.theta]
    adam = Adam(0.03, 0.8, 0.95, 1e-4)
    state, new = adam.init(theta), theta
    memory = adam_init(theta)
    for u in run.updates:
        state, new = adam.step(state, new, u)
        memory, theta = adam_step(memory, theta, u, 0.03, 0.8, 0.95, 1e-4)
    jax.tree.map(np.testing.assert_array_equal, (state.memory, new), (memory, theta))


@pytest.mark.usefixtures("x64")
def test_nest_variant_by_hand(run):
    # A large eps tells the forms apart, and a batch of two intervals counts once.
    adam = Adam(eta=0.01, eps=0.1, variant="nest", batch_size=2)
    theta = [jnp.asarray(t) for t in run.theta]
    state = adam.init(theta)
    for u in run.updates:
        state, theta = adam.step(state, theta, u)

    def expected(start, updates):
        means = [(a + b) / 2 for a, b in zip(updates[::2], updates[1::2], strict=True)]
        return nest_reference(start, means, eta=0.01, eps=0.1)

    standard = run.after(lambda t, u: reference(t, u, eta=0.01, eps=0.1))
    for got, want, other in zip(theta, run.after(expected), standard, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-14)
        assert np.max(np.abs(got - other)) > 1e-3


@pytest.mark.usefixtures("x64")
def test_nest_recording(nest_optimiser):
    data = nest_optimiser("opt_adam_b1_clip")
    told = json.loads((Path(__file__).parent / "data" / "opt_adam_b1_clip.json").read_text())["opt"]
    adam = Adam(
        told["eta"], told["beta_1"], told["beta_2"], told["epsilon"], "nest", clamp=(told["Wmin"], told["Wmax"])
    )
    theta = {w: jnp.asarray(data[f"{w}0"]) for w in ("w_in", "w_rec", "w_out")}
    state = adam.init(theta)
    held = 0
    for n in range(7):
        state, theta = adam.step(state, theta, {w: data[f"g{w[1:]}"][n] for w in theta})
        for w, got in theta.items():
            np.testing.assert_allclose(got, data[w][n], rtol=0, atol=1e-13)
            held += int(np.sum(np.abs(got) == told["Wmax"]))
    assert held > 20  # the clamp took part


def test_unknown_variant():
    with pytest.raises(ValueError, match="unknown `variant` of Adam 'nst'; did you mean 'nest'"):
        Adam(variant="nst")
