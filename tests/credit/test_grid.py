"""The grid rule: no offset in value, a time shift in the tangent."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import one
from recurrent import N_HID, N_IN, T_END, network

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.credit import Grid
from ngcsnn.credit.grid import time_shift
from ngcsnn.data import EventData

TAU_M, TAU_S = 20.0, 5.0
START: Any = Grid(at="start")


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
    assert np.asarray(crossing.x.v).tolist() == [[-0.2, 0.4]] and int(crossing.guarded.sum()) == 0
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
    assert int(Grid(floor=1e-2).cross(cell, x, 0.0).guarded.sum()) == 2
    np.testing.assert_allclose(np.diag(shift), [-100.0, -100.0, -20.0 / 7.9])


# --- linearised at the step's start ------------------------------------------------------------------------------
def at_start(dt=1.0):
    """(i before its decay, slopes before and behind the spike) for v = 1.02, i = 3, j = 0.5 and a reset to -0.2."""
    i = 3.0 * np.exp(dt / TAU_S)
    return i, (0.5 + i - 1.02) / TAU_M, (0.5 + i + 0.2) / TAU_M


def test_at_the_start_tangents_flow_through_the_step(x64):
    """By hand: v0 = (v - c i0) / a at the start, dv0+ = F+ / F- dv0, dv = a dv0+ + c di0; i0 = i / b."""
    _net, cell = one(n=2, v_reset=-0.2)
    v, i = jnp.array([[1.02, 0.4]]), jnp.array([[3.0, 0.1]])
    done = START.cross(cell, cell.State(v, i), 0.5)
    same = Grid().cross(cell, cell.State(v, i), 0.5)
    for got, want in zip(jax.tree.leaves(done), jax.tree.leaves(same), strict=True):
        np.testing.assert_array_equal(got, want)  # values are those of the other form
    _, before, behind = at_start()
    a, b = np.exp(-1.0 / TAU_M), np.exp(-1.0 / TAU_S)
    c = TAU_S / (TAU_M - TAU_S) * (a - b)
    by_v, by_i = jax.grad(lambda *x: START.cross(cell, cell.State(*x), 0.5).x.v.sum(), (0, 1))(v, i)
    np.testing.assert_allclose(by_v, [[behind / before, 1.0]])
    np.testing.assert_allclose(by_i, [[c / b * (1.0 - behind / before), 0.0]], rtol=1e-9, atol=1e-12)
    by_v, by_i = jax.grad(lambda *x: START.cross(cell, cell.State(*x), 0.5).moment.sum(), (0, 1))(v, i)
    np.testing.assert_allclose(by_v, [[-1.0 / a / before, 0.0]])
    np.testing.assert_allclose(by_i, [[c / (a * b) / before, 0.0]])
    counted = jax.grad(lambda *x: START.cross(cell, cell.State(*x), 0.5).counted.sum(), (0, 1))(v, i)
    np.testing.assert_allclose(counted[0], [[1.0 / a, 0.0]])


def test_at_the_start_arrivals_of_the_step_do_not_move_its_spike(x64):
    """What an arrival puts on i and, through the flow, on v cancels in h at the start."""
    _net, cell = one()

    def moment(w):
        x = cell.flow(cell.State(jnp.array([[0.9]]), jnp.array([[3.0]]) + w), 0.5, 1.0)
        return START.cross(cell, x, 0.5).moment.sum(), Grid().cross(cell, x, 0.5).moment.sum()

    start, end = jax.jacobian(moment)(1.0)
    assert abs(start) < 1e-12 and end < -0.1


def test_at_the_start_a_refractory_cell_holds_its_tangent(x64):
    _net, cell = one(n=2, v_reset=-0.2, refract_time=[2.0, 0.0])
    x = cell.State(jnp.array([[1.02, 1.02]]), jnp.array([[3.0, 3.0]]))
    slopes = jax.grad(lambda v: START.cross(cell, x._replace(v=v), 0.5).x.v.sum())(x.v)[0]
    _, before, behind = at_start()
    np.testing.assert_allclose(slopes, [0.0, behind / before], atol=1e-12)


def test_at_the_start_the_guard_counts_and_silent_cells_need_no_way_back(x64):
    _net, cell = one(n=3, tau_syn=0.05)
    x = cell.State(jnp.array([[1.1, 0.2, 1e300]]), jnp.array([[-9.0, -1e300, 0.0]]))

    def total(v, i):
        done = Grid(floor=1e-2, at="start").cross(cell, cell.State(v, i), 0.0)
        return done.moment[0, :2].sum() + done.x.v[0, :2].sum(), done.guarded.sum()

    (by_v, by_i), guarded = jax.grad(total, (0, 1), has_aux=True)(*x)
    assert int(guarded) == 2 and np.all(np.isfinite(by_v)) and np.all(np.isfinite(by_i[0, :2]))


@pytest.mark.slow
def test_at_the_start_gradients_converge_to_the_precise_ones(x64):
    """By the generic flows; the closed forms have the tests above."""
    rng = np.random.default_rng(1)
    times = np.sort(rng.uniform(0.0, 20.0, 2 * N_IN))
    data = EventData.from_lists([(times, rng.permutation(2 * N_IN) % N_IN)], N_IN, T_END)
    trained = ["w_in.weights", "w_rec.weights", "hid.tau_m", "hid.v_thr"]

    def gradient(dt, rule):
        net = network(dt, "grid", refract_time=[1.3, 0.2, 0.0, 2.0], v_reset=-0.2, integration="rk4")
        compiler = EventPropCompiler(
            round(T_END / dt), {"out": "mean_square_error"}, batch_size=1, spike_timing=rule, trainable=trained
        )
        compiled = compiler.compile(net)
        if rule == "precise":
            assert compiled.simulate({"inp": data}, record=["hid.s"])["hid.s"].sum() > N_HID
        grads = compiled.loss_and_grads({"inp": data}, np.array([[0.5, -0.5]]))[1]
        return np.concatenate([np.ravel(x) for part in grads.values() for x in part.values()])

    want = gradient(0.0125, "precise")
    coarse, fine = (np.linalg.norm(gradient(dt, START) - want) / np.linalg.norm(want) for dt in (0.2, 0.0125))
    assert fine < 0.015 and fine < 0.3 * coarse


def test_another_place_is_refused():
    with pytest.raises(ng.GraphError, match="`at` of Grid must be one of end, start, got 'strat'.*start"):
        Grid(at="strat")  # pyright: ignore[reportArgumentType]
