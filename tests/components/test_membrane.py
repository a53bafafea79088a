"""The closed form of the leaky membrane: equal and nearly equal time constants, its gradients, and both number types."""

from __future__ import annotations

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.components.neurons.membrane import charge, leaky_rise

NODES, WEIGHTS = ((1 + x) / 2 if i == 0 else x / 2 for i, x in enumerate(np.polynomial.legendre.leggauss(40)))
TAU_M = np.array([20.0, 20.0, 20.0, 20.0, 20.0, 5.0, 0.5, 20.0, 30.0])
TAU_R = np.array([5.0, 20.0, 20.0 + 1e-9, 20.001, 19.0, 20.0, 0.5, 2.0, 1.4])


def truth(dt, tau_m, tau_r):
    """(1 / tau_m) times the integral of exp(-(dt - u) / tau_m) exp(-u / tau_r) over u in (0, dt)."""
    u = NODES[:, None] * dt
    return jnp.sum(WEIGHTS[:, None] * dt * jnp.exp(-(dt - u) / tau_m - u / tau_r), axis=0) / tau_m


@pytest.mark.parametrize("dtype, rtol", [("float64", 2e-13), ("float32", 1e-6)])
@pytest.mark.parametrize("dt", [1e-6, 1.0, -0.5])
def test_charge_and_its_gradients(x64, dtype, rtol, dt):
    exact = [jnp.asarray(jnp.asarray(a, dtype), float) for a in (np.full(len(TAU_M), dt), TAU_M, TAU_R)]
    given = [a.astype(dtype) for a in exact]
    np.testing.assert_allclose(charge(*given), truth(*exact), rtol)
    for argument in range(3):
        want, got = (jax.jit(jax.grad(lambda *a, f=f: jnp.sum(f(*a)), argument)) for f in (truth, charge))
        want, got = want(*exact), got(*given)
        assert got.dtype == dtype and np.all(np.isfinite(got))
        np.testing.assert_allclose(got, want, 30 * rtol, atol=30 * rtol * float(jnp.abs(want).max()))


def test_charge_of_very_unequal_constants_is_finite():
    taus = jnp.array([[0.05, 50.0], [50.0, 0.05], [0.05, 0.05]], jnp.float32)
    value, slopes = jax.jit(jax.vmap(jax.value_and_grad(charge, (0, 1, 2)), (None, 0, 0)))(20.0, *taus.T)
    assert np.all(np.isfinite(value)) and np.all(np.isfinite(slopes)) and value.dtype == jnp.float32


def leaky(tau_m, tau_r):
    return SimpleNamespace(
        ports=("syn",),
        tau_m=SimpleNamespace(get=lambda: tau_m),
        v_rest=SimpleNamespace(get=lambda: 0.1),
        tau_of=lambda p: tau_r,
    )


@pytest.mark.parametrize("dtype, rtol", [("float64", 1e-12), ("float32", 2e-6)])
def test_rise_to_known_currents_equals_the_flow_from_the_start(x64, dtype, rtol):
    """A cell that restarts at 0 and rises for q ms, the current being known at the end only."""
    q, i, v = jnp.linspace(0.0, 2.0, 9), 0.8, -0.3

    def want(q, tau_m, tau_r, i):
        free = 0.35 + (v - 0.35) * jnp.exp(-q / tau_m)
        return free + truth(q, tau_m, tau_r) * i

    def got(q, tau_m, tau_r, i):
        end = SimpleNamespace(i_syn=i * jnp.exp(-q / tau_r))
        return leaky_rise(leaky(tau_m, tau_r), jnp.asarray(v, dtype), end, 0.25, q)

    exact = [jnp.asarray(a, float) for a in (q, TAU_M, TAU_R, np.full(len(q), i))]
    given = [a.astype(dtype) for a in exact]
    np.testing.assert_allclose(got(*given), want(*exact), rtol, atol=rtol)
    for argument in range(4):
        a, b = (jax.jit(jax.grad(lambda *x, f=f: jnp.sum(f(*x)), argument)) for f in (got, want))
        np.testing.assert_allclose(a(*given), b(*exact), 10 * rtol, atol=10 * rtol)
