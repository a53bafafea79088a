"""The adaptive step: accuracy where explicit rules fail, its own part lengths for every unit, derivatives."""

from __future__ import annotations

from collections import namedtuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import finite_difference

from ngcsnn.components.integrators import INTEGRATORS, rk4
from ngcsnn.components.stiff import adaptive

X = namedtuple("X", "a b")


def van_der_pol(mu):
    """A stiff oscillator: slow manifolds joined by jumps."""
    return lambda x: X(x.b, mu * (1.0 - x.a**2) * x.b - x.a)


def fine(rate, x, dt, parts):
    return jax.lax.fori_loop(0, parts, lambda _, y: rk4(rate, y, dt / parts), x)


def test_a_stiff_oscillator_is_followed_through_its_jump(x64):
    rate, start = van_der_pol(10.0), X(jnp.array([2.0, -1.5]), jnp.array([0.0, 0.0]))
    truth, x = fine(rate, start, 15.0, 30_000), start
    assert np.sign(truth.a[0]) != np.sign(start.a[0])
    step = jax.jit(lambda y: adaptive(rate, y, 0.25))
    for _ in range(60):
        x = step(x)
    np.testing.assert_allclose(x.a, truth.a, rtol=2e-3)
    crude = fine(rate, start, 15.0, 60)
    assert not np.all(np.abs(np.asarray(crude.a)) < 10)  # rk4 with these steps blows up


def test_decay_much_faster_than_the_step_is_damped(x64):
    got = adaptive(lambda x: X(-1e4 * (x.a - 0.5), -0.1 * x.b), X(jnp.float64(2.0), jnp.float64(1.0)), 1.0)
    assert float(got.a) == pytest.approx(0.5, abs=1e-6)
    assert float(got.b) == pytest.approx(np.exp(-0.1), rel=2e-5)


@pytest.mark.parametrize("dtype, rtol", [("float64", 2e-4), ("float32", 1.5e-3)])
def test_error_is_near_the_tolerance_in_both_float_types(x64, dtype, rtol):
    rate = van_der_pol(2.0)
    start = X(*(jnp.asarray(v, dtype) for v in ([1.0, 0.3], [0.5, -0.1])))
    got = adaptive(rate, start, 1.0)
    assert got.a.dtype == dtype
    truth = fine(rate, X(*(jnp.asarray(v, "float64") for v in start)), 1.0, 2000)
    np.testing.assert_allclose(got, truth, rtol=rtol, atol=rtol)


def test_units_do_not_disturb_each_other(x64):
    rate = van_der_pol(30.0)
    quiet, jump = X(jnp.array([1.9]), jnp.array([-0.03])), X(jnp.array([1.0]), jnp.array([-20.0]))
    both = adaptive(rate, X(*(jnp.concatenate(p) for p in zip(quiet, jump, strict=True))), 2.0)
    for i, one in enumerate((quiet, jump)):
        np.testing.assert_allclose([v[i] for v in both], [v[0] for v in adaptive(rate, one, 2.0)], rtol=1e-12)


def test_derivatives_are_those_of_the_step(x64):
    rate, w = van_der_pol(5.0), np.array([0.7, -1.3])

    def f(y):
        end = adaptive(rate, X(*jnp.asarray(y).T), 0.5)
        return jnp.sum(w * jnp.stack([end.a[0], end.b[1]]))

    y = np.array([[1.2, 0.4], [-0.8, 0.9]])
    exact = finite_difference(
        lambda y: jnp.sum(w * jnp.stack([v[i] for i, v in enumerate(fine(rate, X(*y.T), 0.5, 500))])), y
    )
    np.testing.assert_allclose(jax.jit(jax.grad(f))(y), exact, rtol=1e-3, atol=1e-4)
    forward = jax.jacfwd(f)(y)
    np.testing.assert_allclose(forward, jax.grad(f)(y), rtol=1e-9, atol=1e-12)


def test_it_is_one_of_the_integrators():
    assert INTEGRATORS["adaptive"] is adaptive
