"""The closed form of the leaky membrane: equal and nearly equal time constants, gradients, both number types."""

from __future__ import annotations

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import complex_step

from ngcsnn.components.neurons.membrane import charge, half_second_moment, leaky_rise

NODES, WEIGHTS = (a[:, None] for a in np.polynomial.legendre.leggauss(40))
TAU_M = np.array([20.0, 20.0, 20.0, 20.0, 20.0, 5.0, 0.5, 20.0, 30.0])
TAU_R = np.array([5.0, 20.0, 20.0 + 1e-9, 20.001, 19.0, 20.0, 0.5, 2.0, 1.4])


def truth(dt, tau_m, tau_r):
    """(1 / tau_m) times the integral of exp(-(dt - u) / tau_m) exp(-u / tau_r) over u in (0, dt)."""
    u = (1 + NODES) / 2 * dt
    return np.sum(WEIGHTS / 2 * dt * np.exp(-(dt - u) / tau_m - u / tau_r), axis=0) / tau_m


def compare(f, want, values, dtype, rtol):
    """Values and all derivatives of the elementwise `f` against the NumPy function `want`."""
    given = [jnp.asarray(v, dtype) for v in values]
    exact = [np.asarray(v, float) for v in given]
    every = tuple(range(len(given)))
    got, slopes = jax.jit(jax.vmap(jax.value_and_grad(f, every)))(*given)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, want(*exact), rtol, atol=rtol)
    for argument in every:
        slope = complex_step(want, argument, *exact)
        np.testing.assert_allclose(slopes[argument], slope, 30 * rtol, atol=30 * rtol * np.abs(slope).max())


@pytest.mark.parametrize("dtype, rtol", [("float64", 2e-13), ("float32", 1e-6)])
@pytest.mark.parametrize("dt", [1e-6, 1.0, -0.5])
def test_charge_and_its_gradients(x64, dtype, rtol, dt):
    compare(charge, truth, [np.full(len(TAU_M), dt), TAU_M, TAU_R], dtype, rtol)


def test_charge_of_very_unequal_constants_is_finite():
    taus = jnp.array([[0.05, 50.0], [50.0, 0.05], [0.05, 0.05]], jnp.float32)
    value, slopes = jax.jit(jax.vmap(jax.value_and_grad(charge, (0, 1, 2)), (None, 0, 0)))(20.0, *taus.T)
    assert np.all(np.isfinite(value)) and np.all(np.isfinite(slopes)) and value.dtype == jnp.float32


def leaky(tau_m, tau_r):
    return SimpleNamespace(
        ports=("syn",),
        tau_m=SimpleNamespace(get=lambda: tau_m),
        v_rest=SimpleNamespace(get=lambda: 0.1),
        tau_of=lambda port: tau_r,
    )


@pytest.mark.parametrize("dtype, rtol", [("float64", 1e-13), ("float32", 1e-6)])
def test_rise_to_known_currents_equals_the_flow_from_the_start(x64, dtype, rtol):
    """A cell that restarts at -0.3 and rises for q ms, the current being known at the end only."""

    def want(q, tau_m, tau_r, end):
        return 0.35 + (-0.3 - 0.35) * np.exp(-q / tau_m) + truth(q, tau_m, tau_r) * end * np.exp(q / tau_r)

    def got(q, tau_m, tau_r, end):
        return leaky_rise(leaky(tau_m, tau_r), jnp.asarray(-0.3, dtype), SimpleNamespace(i_syn=end), 0.25, q)

    compare(got, want, [np.linspace(0.0, 2.0, 9), TAU_M, TAU_R, np.full(9, 0.8)], dtype, rtol)


def test_half_second_moment(x64):
    """Exact for one event and for events of one offset; never worse than nothing; its gradient is its own."""
    sizes, offsets = np.array([0.7, -1.3, 2.0]), np.array([-0.2, -0.9, 0.0])
    each = half_second_moment(sizes, sizes * offsets, 1.0)
    np.testing.assert_allclose(each, sizes * offsets**2 / 2)
    np.testing.assert_allclose(half_second_moment(3.0, 3.0 * -0.4, 1.0), 3.0 * 0.08)
    assert half_second_moment(0.0, 0.0, 1.0) == 0.0 == half_second_moment(0.0, 0.3, 1.0)
    rng = np.random.default_rng(0)
    for _ in range(50):
        w, tau = rng.normal(size=4), -rng.random(4)
        got = float(half_second_moment(w.sum(), w @ tau, 1.0))
        assert abs(got - w @ tau**2 / 2) <= np.abs(w).sum() / 2
        slope = jax.grad(half_second_moment, (0, 1))(w.sum(), w @ tau, 1.0)
        for k in (0, 1):
            up, down = np.array([w.sum(), w @ tau]) + np.outer([1, -1], 1e-6 * np.eye(2)[k])
            numeric = (half_second_moment(up[0], up[1], 1.0) - half_second_moment(down[0], down[1], 1.0)) / 2e-6
            np.testing.assert_allclose(slope[k], numeric, rtol=1e-5, atol=1e-8)
