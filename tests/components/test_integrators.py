"""Integrators: order of convergence, arrays of step lengths, and the function behind exponential forms."""

from __future__ import annotations

from collections import namedtuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import complex_step, one, order

from ngcsnn.components import LIFCell, QIFCell
from ngcsnn.components.integrators import INTEGRATORS, growth

X = namedtuple("X", "a b")
ORDERS = {"euler": 1, "rk2": 2, "midpoint": 2, "heun": 2, "ralston": 2, "rk4": 4, "exp_euler": 1, "exp_midpoint": 2}
NODES, WEIGHTS = (a[:, None] for a in np.polynomial.legendre.leggauss(30))


def rate(x):
    return X(x.b - x.a**3, -2.0 * x.a + jnp.sin(x.b))


def run(name, dt, start, t_end):
    def step(n, x):
        return INTEGRATORS[name](rate, x, dt)

    return np.stack(jax.jit(lambda x: jax.lax.fori_loop(0, round(t_end / float(abs(dt[0]))), step, x))(start))


@pytest.mark.parametrize("name", ORDERS)
def test_order_of_convergence(x64, name):
    start = X(jnp.array([0.7, 0.7]), jnp.array([-0.2, -0.2]))
    sign = np.array([1.0, -1.0])  # forwards and backwards in time
    truth = run("rk4", sign * 0.001, start, 0.5)
    steps = (0.05, 0.025, 0.0125)
    errors = np.array([np.linalg.norm(run(name, sign * h, start, 0.5) - truth, axis=0) for h in steps])
    for backwards in (0, 1):
        assert order(steps, errors[:, backwards]) == pytest.approx(ORDERS[name], abs=0.15)


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
    """On a cell whose velocity is not linear, so that no two methods agree."""
    results = {}
    for name in INTEGRATORS:
        net, cell = one(QIFCell, dt=2.0, integration=name)
        net.state = {"cell": {"v": [[0.3]], "i_syn": [[0.8]]}}
        want = INTEGRATORS[name](lambda x, cell=cell: cell.rate(x, 0.25), cell.read(), 2.0)
        net.advance.run({cell.j: [[0.25]]})
        results[name] = float(cell.v.get()[0, 0])
        assert results[name] == pytest.approx(float(want.v[0, 0]), abs=1e-14)
    assert results.pop("midpoint") == results["rk2"]
    assert len({round(v, 10) for v in results.values()}) == len(results)


def test_the_closed_form_is_one_of_the_options(x64):
    results = []
    for name in ("exact", "rk4"):
        net, cell = one(dt=2.0, integration=name)
        net.state = {"cell": {"v": [[0.3]], "i_syn": [[0.8]]}}
        net.advance.run({cell.j: [[0.25]]})
        results.append(float(cell.v.get()[0, 0]))
    assert results[0] != results[1] and results[0] == pytest.approx(results[1], abs=5e-5)


@pytest.mark.parametrize("dtype, rtol", [("float64", 1e-13), ("float32", 5e-7)])
def test_growth_and_its_derivatives(x64, dtype, rtol):
    rates = [0.0, 1e-9, -1e-4, 0.15, -0.3, 0.249, 0.251, 3.0, -8.0]
    q, r = (jnp.asarray(a.ravel(), dtype) for a in np.meshgrid([0.0, 1e-7, 0.01, 0.7, 2.0, -1.5], rates))

    def truth(q, r):
        return np.sum(WEIGHTS / 2 * q * np.exp(r * q * (1 + NODES) / 2), axis=0)

    got, slopes = jax.jit(jax.vmap(jax.value_and_grad(growth, (0, 1))))(q, r)
    exact = np.asarray(q, float), np.asarray(r, float)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, truth(*exact), rtol, atol=rtol)
    for argument in (0, 1):
        np.testing.assert_allclose(slopes[argument], complex_step(truth, argument, *exact), 5 * rtol, atol=5 * rtol)


def test_growth_stays_finite_beyond_the_float_range():
    q, r = jnp.float32(10.0), jnp.float32(40.0)
    for value in (growth(q, r), *jax.grad(growth, (0, 1))(q, r)):
        assert np.isfinite(value) and value.dtype == np.float32


def test_flow_equals_small_runge_kutta_steps(x64):
    _net, cell = one(LIFCell, n=4, receptors={"a": [3.0, 5.0, 20.0, 20.0000001], "b": 8.0}, tau_m=20.0, v_rest=-0.1)
    x = cell.State(*(jnp.asarray(np.random.default_rng(0).normal(size=(1, 4))) for _ in range(3)))
    fine = x
    for _ in range(100):
        fine = INTEGRATORS["rk4"](lambda y: cell.rate(y, 0.3), fine, 0.02)
    np.testing.assert_allclose(cell.exact_flow(x, 0.3, 2.0), fine, rtol=1e-10)
    back = cell.exact_flow(cell.exact_flow(x, 0.3, 2.0), 0.3, jnp.full((1, 4), -2.0))
    np.testing.assert_allclose(back, x, rtol=1e-12)


def test_every_name_is_a_method_of_its_own_except_midpoint(x64):
    start, dt = X(jnp.float64(0.7), jnp.float64(-0.2)), 0.4
    ends = {name: tuple(float(v) for v in step(rate, start, dt)) for name, step in INTEGRATORS.items()}
    assert ends.pop("midpoint") == ends["rk2"]
    assert len(set(ends.values())) == len(ends)


@pytest.mark.parametrize("name", ["rk2", "heun", "ralston"])
def test_second_order_rules_on_a_line_are_their_taylor_polynomial(x64, name):
    """On dx/dt = -x all of them give 1 - h + h^2 / 2; on dx/dt = t^2 they differ as their nodes do."""
    h = 0.3
    got = INTEGRATORS[name](lambda x: X(-x.a, 1.0 + 0.0 * x.b), X(jnp.float64(1.0), jnp.float64(0.0)), h)
    assert float(got.a) == pytest.approx(1 - h + h * h / 2, abs=1e-14)
    area = INTEGRATORS[name](lambda x: X(x.b**2, 1.0 + 0.0 * x.b), X(jnp.float64(0.0), jnp.float64(0.0)), h)
    nodes = {"rk2": (0.5, 1.0), "heun": (1.0, 0.5), "ralston": (2 / 3, 0.75)}
    at, weight = nodes[name]
    assert float(area.a) == pytest.approx(h * weight * (at * h) ** 2, abs=1e-14)
