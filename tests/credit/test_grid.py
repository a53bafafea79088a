"""The grid rule: no offset in value, a time shift in the tangent."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from cell_nets import one

from ngcsnn.credit import Grid
from ngcsnn.credit.grid import time_shift


def test_time_shift_is_zero_with_the_tangent_of_a_crossing(x64):
    h, slope = jnp.array([0.3, 2.0]), jnp.array([0.5, 4.0])
    assert np.all(np.asarray(time_shift(h, slope)) == 0)
    np.testing.assert_allclose(jax.vmap(jax.grad(time_shift))(h, slope), -1.0 / slope)
    np.testing.assert_allclose(jax.vmap(jax.grad(time_shift, 1))(h, slope), 0.0)


def test_crossing_resets_at_the_step_s_end_and_moves_tangents(x64):
    """dx+ = (R' F- - F+) dt_spike: for LIF, dv = -F+(v_reset) dt with dt = -dv / F-(v)."""
    _net, cell = one(n=2, v_reset=-0.2)
    current = jnp.array([[3.0, 0.1]])

    def after(v):
        crossing = Grid().cross(cell, cell.State(v, current), 0.5)
        return crossing.x.v.sum(), crossing

    v = jnp.array([[1.02, 0.4]])
    slope, crossing = jax.grad(after, has_aux=True)(v)
    assert np.asarray(crossing.s).tolist() == [[1.0, 0.0]] and np.all(np.asarray(crossing.moment) == 0)
    assert np.asarray(crossing.x.v).tolist() == [[-0.2, 0.4]] and int(crossing.guarded) == 0
    before, behind = (3.5 - 1.02) / 20, (3.5 + 0.2) / 20
    np.testing.assert_allclose(slope, [[behind / before, 1.0]])


def slopes_after(**arguments):
    """d v / d v over a spike of two cells under a current of 0.5 + 3."""
    _net, cell = one(n=2, v_reset=-0.2, **arguments)
    x = cell.State(jnp.array([[1.02, 1.02]]), jnp.array([[3.0, 3.0]]))
    return jax.grad(lambda v: Grid().cross(cell, x._replace(v=v), 0.5).x.v.sum())(x.v)[0]


def test_a_refractory_cell_holds_its_tangent_and_one_without_moves_it(x64):
    free = (3.5 + 0.2) / (3.5 - 1.02)
    np.testing.assert_allclose(slopes_after(), [free, free])
    np.testing.assert_allclose(slopes_after(refract_time=[2.0, 0.0]), [0.0, free])


def test_a_relative_reset_moves_by_both_velocities(x64):
    """The reset goes to 1.02 - 1.2 = -0.18; dv+ = dv + (F- - F+) dt_spike = F+ / F- dv."""
    np.testing.assert_allclose(slopes_after(relative_reset=True), np.full(2, (3.5 + 0.18) / (3.5 - 1.02)))


def test_the_guard_floors_the_slope_and_is_counted(x64):
    _net, cell = one(n=3)
    x = cell.State(jnp.array([[1.1, 1.1, 1.1]]), jnp.array([[1.1, 0.5, 9.0]]))
    shift = jax.jacobian(lambda v: Grid(floor=1e-2).cross(cell, x._replace(v=v), 0.0).moment[0])(x.v)[:, 0]
    assert int(Grid(floor=1e-2).cross(cell, x, 0.0).guarded) == 2
    np.testing.assert_allclose(np.diag(shift), [-100.0, -100.0, -20.0 / 7.9])
