"""Nesterov's method against hand-written numpy and ngc-learn's recording."""

import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.optim import nag as nag_module
from ngcsnn.optim.nag import NAG, nag_init, nag_step, step_update


def reference(theta, updates, eta=0.01, mu=0.9):
    phi_old = None
    for u in updates:
        phi = theta - eta * u
        theta = phi if phi_old is None else phi + mu * (phi - phi_old)
        phi_old = phi
    return theta


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("hyper", [{}, {"eta": 0.2, "mu": 0.5}])
def test_twenty_steps_in_float64(run, hyper):
    theta = [jnp.asarray(t) for t in run.theta]
    state = nag_init(theta)
    for u in run.updates:
        state, theta = nag_step(state, theta, u, **hyper)
    assert state.time_step.dtype == jnp.int32
    for got, want in zip(theta, run.after(lambda t, u: reference(t, u, **hyper)), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-14)


def test_ngclearn_recording(follow_ngclearn):
    follow_ngclearn("nag", nag_init, nag_step)


def test_the_first_step_has_no_momentum():
    theta = jnp.array([1.0, -1.0])
    state, first = nag_step(nag_init(theta), theta, jnp.array([1.0, 2.0]), eta=0.1, mu=0.9)
    np.testing.assert_allclose(first, [0.9, -1.2], rtol=1e-6)
    np.testing.assert_allclose(state.phi, first, rtol=1e-6)
    _, second = nag_step(state, first, jnp.array([0.0, 0.0]), eta=0.1, mu=0.9)
    np.testing.assert_allclose(second, first, rtol=1e-6)  # phi did not move
    _, third = nag_step(state, first, jnp.array([1.0, 0.0]), eta=0.1, mu=0.9)
    np.testing.assert_allclose(third, [0.9 - 0.1 - 0.09, -1.2], rtol=1e-6)


def test_step_update_takes_the_documented_order():
    new, phi = step_update(jnp.array(1.0), 2.0, 0.5, 0.1, 0.9, 2)
    np.testing.assert_allclose(phi, 0.8, rtol=1e-6)
    np.testing.assert_allclose(new, 0.8 + 0.9 * 0.3, rtol=1e-6)


def test_a_new_eta_does_not_compile_again(monkeypatch):
    traces = []
    monkeypatch.setattr(nag_module, "step_update", lambda *args: traces.append(1) or step_update(*args))
    theta = jnp.ones(141)  # a shape of its own: nothing is compiled yet
    state = nag_init(theta)
    for eta in (0.1, 0.01, 0.5):
        state, theta = nag_step(state, theta, theta, eta=eta, mu=1 - eta)
    assert len(traces) == 1


def test_errors_name_the_leaf():
    with pytest.raises(ValueError, match=r"`updates` has the leaf updates\['b'\], which `theta` has not"):
        nag_step(nag_init({"a": jnp.ones(2)}), {"a": jnp.ones(2)}, {"a": jnp.ones(2), "b": jnp.ones(2)})
    with pytest.raises(ValueError, match="NAG: `mu` must be >= 0 and < 1, got 1.0"):
        NAG(mu=1.0)


@pytest.mark.usefixtures("x64")
def test_object_equals_reference(run):
    nag = NAG(0.1, 0.7)
    theta = [jnp.asarray(t) for t in run.theta]
    state = nag.init(theta)
    for u in run.updates:
        state, theta = nag.step(state, theta, u)
    for got, want in zip(theta, run.after(lambda t, u: reference(t, u, 0.1, 0.7)), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-14)
