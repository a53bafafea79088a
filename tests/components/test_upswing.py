"""The slow variable of a runaway: inverse functions, their derivatives, and the steps taken in it."""

from __future__ import annotations

from collections import namedtuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import complex_step, one

from ngcsnn.components import AdExCell, IzhikevichCell, QIFCell
from ngcsnn.components.integrators import rk4
from ngcsnn.components.neurons.upswing import bowl, folded, looped_rk4, unfolded

Y = np.array([-300.0, -5.0, -1e-3, 1e-3, 0.4, 2.0, 30.0, 4e3])


def z_of(y, scale):
    """As `folded` documents it, in NumPy."""
    u = y / scale
    return np.where(np.real(y) > 0, scale * (u + 2 * u**2) / (1 + 2 * u + 2 * u**2), y)


def slope_of(y, scale):
    u = y / scale
    return np.where(np.real(y) > 0, (1 + 4 * u + 2 * u**2) / (1 + 2 * u + 2 * u**2) ** 2, 1.0)


@pytest.mark.parametrize("scale", [0.7, 20.0])
def test_folded_and_its_derivatives(x64, scale):
    scales = np.full(Y.shape, scale)
    (z, slope), jacobian = folded(Y, scales), jax.vmap(jax.jacfwd(folded, (0, 1)))(Y, scales)
    np.testing.assert_allclose(z, z_of(Y, scale), rtol=1e-10)
    np.testing.assert_allclose(slope, complex_step(z_of, 0, Y, scales), rtol=1e-9)
    for got, truth in zip(jacobian, (z_of, slope_of), strict=True):
        for k in (0, 1):
            np.testing.assert_allclose(got[k], complex_step(truth, k, Y, scales), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("scale", [0.7, 20.0])
def test_unfolded_is_the_inverse(x64, scale):
    scales = np.full(Y.shape, scale)
    np.testing.assert_allclose(unfolded(folded(Y, scales)[0], scales), Y, rtol=1e-9)

    def back(y, scale):
        return unfolded(folded(y, scale)[0], scale)

    by_y, by_scale = jax.vmap(jax.jacfwd(back, (0, 1)))(Y, scales)
    np.testing.assert_allclose(by_y, 1.0, rtol=1e-7)
    np.testing.assert_allclose(by_scale, 0.0, atol=1e-6 * np.abs(Y).max())


def test_bowl_goes_on_as_its_tangent():
    y = np.array([-7.0, -3.0, -2.0, 0.5])
    np.testing.assert_allclose(bowl(y, 3.0), [-3.0 * (-14.0 + 3.0), 9.0, 4.0, 0.25], rtol=1e-6)
    np.testing.assert_allclose(jax.vmap(jax.grad(bowl), (0, None))(y[[0, 2, 3]], 3.0), [-6.0, -4.0, 1.0])


def test_the_loop_over_stages_is_the_runge_kutta_step(x64):
    state = namedtuple("state", "a b")
    x, dt = state(jnp.array([0.7, 0.1]), jnp.array([-0.2, 0.5])), jnp.array([0.3, -0.2])

    def rate(x):
        return state(x.b - x.a**3, -2.0 * x.a + jnp.sin(x.b))

    for got, want in zip(looped_rk4(rate, x, dt), rk4(rate, x, dt), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-14)


START = {QIFCell: 0.8, IzhikevichCell: -52.0, AdExCell: -49.0}
DRIVE = {QIFCell: 2.0, IzhikevichCell: 10.0, AdExCell: 1000.0}
TO_PEAK = {QIFCell: 17.0, IzhikevichCell: 1.35, AdExCell: 2.3}  # ms


@pytest.mark.parametrize("cls", START)
def test_order_in_the_slow_variable(x64, cls):
    """From below the runaway to just before the peak, against very small steps: integrators keep their orders."""
    _net, cell = one(cls, dt=0.01)
    fields = cell.State._fields
    x = cell.State(*(jnp.full((1, 1), START[cls]) if f == "v" else cell.compartments[f].get() for f in fields))

    def run(name, n, t_end):
        object.__setattr__(cell, "integration", name)
        step = jax.jit(lambda x: jax.lax.fori_loop(0, n, lambda _, x: cell.flow(x, DRIVE[cls], t_end / n), x))
        return float(cell.threshold(step(x))[0, 0])

    t_end, steps = TO_PEAK[cls], np.array([40, 80, 160])
    want = run("rk4", 4000, t_end)
    assert -0.25 * abs(float(cell.threshold(x)[0, 0])) < want < 0.0
    for name, order in (("euler", 0.85), ("rk2", 1.8), ("rk4", 2.8)):
        errors = [abs(run(name, n, t_end) - want) for n in steps]
        assert -np.polyfit(np.log(steps), np.log(errors), 1)[0] > order, (name, errors)


@pytest.mark.parametrize("cls", START)
def test_what_a_grid_spike_resets_is_no_more_than_the_peak(cls):
    """v may stand far above the peak at the step's end; a surrogate derivative must not be multiplied by that."""
    cell = one(cls)[1]
    x = cell.State(*(jnp.full((1, 1), 1e6) for _ in cell.State._fields))
    before = cell.before_reset(x)
    assert float(before.v[0, 0]) == float(cell.v_peak.get()) and before[1] is x[1]
