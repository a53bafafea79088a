"""Integrators: order of convergence, arrays of step lengths, and the function behind exponential forms."""

from __future__ import annotations

from collections import namedtuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import one, order

from ngcsnn.components import LIFCell
from ngcsnn.components.integrators import INTEGRATORS, growth

X = namedtuple("X", "a b")
ORDERS = {"euler": 1, "rk2": 2, "rk4": 4, "exp_euler": 1}
NODES, WEIGHTS = ((1 + x) / 2 if i == 0 else x / 2 for i, x in enumerate(np.polynomial.legendre.leggauss(30)))


def rate(x):
    return X(x.b - x.a**3, -2.0 * x.a + jnp.sin(x.b))


def run(name, dt, start, t_end):
    x = start
    for _ in range(round(abs(t_end / dt))):
        x = INTEGRATORS[name](rate, x, dt)
    return np.stack([np.asarray(v) for v in x])


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("name", ORDERS)
def test_order_of_convergence(x64, name, sign):
    start = X(jnp.float64(0.7), jnp.float64(-0.2))
    truth = run("rk4", sign * 0.001, start, 0.5)
    steps = (0.05, 0.025, 0.0125)
    errors = [np.linalg.norm(run(name, sign * h, start, 0.5) - truth) for h in steps]
    assert order(steps, errors) == pytest.approx(ORDERS[name], abs=0.15)


@pytest.mark.parametrize("name", ORDERS)
def test_each_cell_can_have_its_own_step(x64, name):
    start, dt = X(jnp.array([0.7, 0.1, 0.3]), jnp.array([-0.2, 0.5, 0.0])), jnp.array([0.1, -0.2, 0.0])
    together = INTEGRATORS[name](rate, start, dt)
    for i in range(3):
        alone = INTEGRATORS[name](rate, X(start.a[i], start.b[i]), float(dt[i]))
        np.testing.assert_allclose([together.a[i], together.b[i]], alone, rtol=1e-14)


def test_exponential_euler_is_exact_on_linear_decay(x64):
    start = X(jnp.float64(0.7), jnp.float64(-0.2))
    for dt in (3.0, -3.0, 1e-9):
        got = INTEGRATORS["exp_euler"](lambda x: X(0.5 - 0.4 * x.a, 2.0 + 0.0 * x.b), start, dt)
        np.testing.assert_allclose(got, [1.25 + (0.7 - 1.25) * np.exp(-0.4 * dt), -0.2 + 2.0 * dt], rtol=1e-14)


def test_the_option_is_the_integrator_that_runs(x64):
    results = {}
    for name in ("exact", *INTEGRATORS):
        net, cell = one(dt=2.0, integration=name)
        net.state = {"cell": {"v": [[0.3]], "i_syn": [[0.8]]}}
        if name != "exact":
            want = INTEGRATORS[name](lambda x, cell=cell: cell.rate(x, 0.25), cell.read(), 2.0)
        else:
            want = INTEGRATORS["rk4"](lambda x, cell=cell: cell.rate(x, 0.25), cell.read(), 2.0)
        net.advance.run({cell.j: [[0.25]]})
        results[name] = float(cell.v.get()[0, 0])
        assert results[name] == pytest.approx(float(want.v[0, 0]), abs=5e-5 if name == "exact" else 1e-14)
    assert len({round(v, 10) for v in results.values()}) == len(results)


@pytest.mark.parametrize("dtype, value_rtol, slope_rtol", [("float64", 1e-13, 1e-13), ("float32", 4e-7, 3e-6)])
def test_growth_and_its_derivatives(x64, dtype, value_rtol, slope_rtol):
    q, r = np.meshgrid([0.0, 1e-7, 0.01, 0.7, 2.0, -1.5], [0.0, 1e-9, -1e-4, 0.15, -0.3, 0.249, 0.251, 3.0, -8.0])

    def truth(q, r):
        return jnp.sum(WEIGHTS[:, None, None] * q * jnp.exp(r * q * NODES[:, None, None]), axis=0)

    for argument, rtol in ((None, value_rtol), (0, slope_rtol), (1, slope_rtol)):
        f, g = truth, growth
        if argument is not None:
            f, g = (jax.jit(jax.grad(lambda q, r, h=h: jnp.sum(h(q, r)), argument)) for h in (truth, growth))
        given = jnp.asarray(q, dtype), jnp.asarray(r, dtype)
        got = g(*given)
        assert got.dtype == dtype
        np.testing.assert_allclose(got, f(*(a.astype(float) for a in given)), rtol, atol=rtol)


def test_growth_stays_finite_beyond_the_float_range():
    q, r = jnp.float32(10.0), jnp.float32(40.0)
    for value in (growth(q, r), *jax.grad(growth, (0, 1))(q, r)):
        assert np.isfinite(value) and value.dtype == np.float32


def test_flow_equals_small_runge_kutta_steps(x64):
    net, cell = one(LIFCell, n=4, receptors={"a": [3.0, 5.0, 20.0, 20.0000001], "b": 8.0}, tau_m=20.0, v_rest=-0.1)
    x = cell.State(*(jnp.asarray(np.random.default_rng(0).normal(size=(1, 4))) for _ in range(3)))
    fine = x
    for _ in range(100):
        fine = INTEGRATORS["rk4"](lambda y: cell.rate(y, 0.3), fine, 0.02)
    np.testing.assert_allclose(cell.exact_flow(x, 0.3, 2.0), fine, rtol=1e-10)
    back = cell.exact_flow(cell.exact_flow(x, 0.3, 2.0), 0.3, jnp.full((1, 4), -2.0))
    np.testing.assert_allclose(back, x, rtol=1e-12)
