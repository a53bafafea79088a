"""Gradient descent against hand-written numpy, optax, ngc-learn's and NEST's recordings."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.optim import sgd as sgd_module
from ngcsnn.optim.sgd import SGD, sgd_init, sgd_step, step_update


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize(("hyper", "eta"), [({}, 0.001), ({"eta": 0.3}, 0.3)])
def test_twenty_steps_in_float64(run, hyper, eta):
    theta = {"a": jnp.asarray(run.theta[0]), "rest": [jnp.asarray(t) for t in run.theta[1:]]}
    state = sgd_init(theta)
    for u in run.updates:
        state, theta = sgd_step(state, theta, {"a": u[0], "rest": u[1:]}, **hyper)
    assert int(state.time_step) == 20
    expected = run.after(lambda t, updates: t - eta * np.sum(updates, axis=0))
    for got, want in zip(jax.tree.leaves(theta), expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-14)


def test_ngclearn_recording(follow_ngclearn):
    follow_ngclearn("sgd", sgd_init, sgd_step)


def test_equals_optax(run):
    optax = pytest.importorskip("optax")
    theta = [jnp.asarray(t, jnp.float32) for t in run.theta]
    u = [jnp.asarray(x, jnp.float32) for x in run.updates[0]]
    moves, _ = optax.sgd(0.1).update(u, optax.sgd(0.1).init(theta))
    for a, b in zip(sgd_step(sgd_init(theta), theta, u, 0.1)[1], optax.apply_updates(theta, moves), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_single_array_and_order_of_arguments():
    _, new = sgd_step(sgd_init(jnp.ones(2)), jnp.ones(2), jnp.array([1.0, -2.0]), 0.5)
    np.testing.assert_array_equal(new, [0.5, 2.0])
    np.testing.assert_array_equal(step_update(jnp.array([3.0]), jnp.array([2.0]), 0.25), [2.5])


def test_a_new_eta_does_not_compile_again(monkeypatch):
    traces = []
    monkeypatch.setattr(sgd_module, "step_update", lambda *args: traces.append(1) or step_update(*args))
    theta = jnp.ones(139)  # a shape of its own: nothing is compiled yet
    state = sgd_init(theta)
    for eta in (0.1, 0.01, 0.5):
        state, theta = sgd_step(state, theta, theta, eta=eta)
    assert len(traces) == 1


def test_errors():
    with pytest.raises(ValueError, match=r"updates\[1\] has shape \(2,\).*theta\[1\] has shape \(3,\)"):
        sgd_step(sgd_init([jnp.ones(1), jnp.ones(3)]), [jnp.ones(1), jnp.ones(3)], [jnp.ones(1), jnp.ones(2)])
    with pytest.raises(TypeError, match="int32"):
        sgd_init([jnp.arange(3, dtype=jnp.int32)])


@pytest.mark.usefixtures("x64")
def test_nest_recording(nest_optimiser):
    data = nest_optimiser("opt_gd_b3")
    sgd = SGD(eta=1e-4, batch_size=3, clamp=(-100.0, 100.0))
    theta = {w: jnp.asarray(data[f"{w}0"]) for w in ("w_in", "w_rec", "w_out")}
    state = sgd.init(theta)
    for n in range(7):
        state, theta = sgd.step(state, theta, {w: data[f"g{w[1:]}"][n] for w in theta})
        for w, got in theta.items():
            np.testing.assert_allclose(got, data[w][n], rtol=0, atol=1e-15)
    assert int(state.step) == 2
