"""The time of a crossing, from what is known at the step's end."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import finite_difference, order

from ngcsnn.credit.guard import FLOOR
from ngcsnn.credit.offset import crossing_offset

FAR = -1e3


def derivatives(h: Any, t: Any) -> Any:
    """(h, h', h'') of a function of time, as arrays of one element."""
    first = jax.grad(h)
    return tuple(jnp.atleast_1d(f(t)) for f in (h, first, jax.grad(first)))


def offset(h: Any, slope: Any, bend: Any, earliest: float = FAR, floor: float = FLOOR) -> tuple[float, int]:
    h, slope, bend = (jnp.atleast_1d(jnp.asarray(a, jnp.result_type(float))) for a in (h, slope, bend))
    tau, guarded = crossing_offset(h, slope, bend, h > 0, floor, earliest)
    return float(tau[0]), int(guarded.sum())


def rising(t):  # a membrane on its way up; zero at t = 0, h'' < 0
    return 1.2 * (1 - jnp.exp(-t / 20.0)) + 0.8 * (jnp.exp(-t / 20.0) - jnp.exp(-t / 5.0))


def runaway(t):  # h'' > 0
    return jnp.exp(0.4 * t) - 1.0 + 0.1 * jnp.sin(t)


@pytest.mark.parametrize("h", [rising, runaway])
@pytest.mark.parametrize("share", [0.35, 1.6])
def test_third_order_also_when_detected_a_step_late(x64, h, share):
    steps = (0.4, 0.2, 0.1, 0.05)
    errors = [abs(offset(*derivatives(h, share * dt))[0] + share * dt) for dt in steps]
    assert 2.7 < order(steps, errors) < 3.3
    assert offset(*derivatives(h, share * 0.4))[1] == 0


def test_parabola_past_its_peak(x64):
    """h = 0.02 t - 0.05 t^2 at t = 0.3: it crossed at 0, peaked at 0.2 and falls."""
    h, slope, bend = 0.02 * 0.3 - 0.05 * 0.09, 0.02 - 0.1 * 0.3, -0.1
    assert slope < 0 < h
    tau, guarded = offset(h, slope, bend)
    assert tau == pytest.approx(-0.3, abs=1e-12) and guarded == 0
    barely = 0.02 * 0.3999 - 0.05 * 0.3999**2, 0.02 - 0.1 * 0.3999, -0.1  # h = 2e-6: nothing left to divide by
    assert offset(*barely)[0] == pytest.approx(-0.3999, abs=1e-9)


def test_runaway_of_a_quadratic_cell_is_exact(x64):
    """v' = v^2 from v = 10 has v = 1 / (0.1 - t); threshold 30. The parabola through the step's end has no root."""
    for end in (0.07, 0.09, 0.099):
        tau, guarded = offset(*derivatives(lambda t: 1.0 / (0.1 - t) - 30.0, end))
        assert tau == pytest.approx((0.1 - 1 / 30.0) - end, rel=1e-9) and guarded == 0
    h, slope, bend = derivatives(lambda t: 1.0 / (0.1 - t) - 30.0, 0.099)
    assert slope[0] ** 2 < 2 * h[0] * bend[0]


CROSSINGS = [(0.01, 0.05, -0.05), (0.02, -0.01, -0.05), (0.03, 0.2, 0.0), (0.01, 0.0, -0.1), (1e-5, 0.05, -0.01)]


@pytest.mark.parametrize("state", CROSSINGS)
def test_gradient_is_that_of_the_value(x64, state):
    def tau(x):
        return crossing_offset(x[0], x[1], x[2], x[0] > 0, FLOOR, -50.0)[0]

    np.testing.assert_allclose(jax.grad(tau)(jnp.array(state)), finite_difference(tau, state, 1e-8), rtol=1e-5)


def test_gradient_of_a_convex_crossing_is_second_order(x64):
    """In h exact, in h' and h'' to the order of the form itself."""
    steps, errors = (0.4, 0.2, 0.1), []
    for dt in steps:
        state = np.array([0.05 * dt * 10, 0.5, 0.3])

        def tau(x):
            return crossing_offset(x[0], x[1], x[2], x[0] > 0, FLOOR, -50.0)[0]

        got, want = jax.grad(tau)(jnp.asarray(state)), finite_difference(tau, state, 1e-7)
        assert got[0] == pytest.approx(want[0], rel=1e-6)
        errors.append(abs(got[1] - want[1]) / abs(want[1]))
    assert errors[-1] < 0.01 and order(steps, errors) > 1.8


GRAZING = {
    "slope below the floor": (1e-8, 1e-5, -1e-5, FAR),
    "falling and convex: no crossing behind": (0.1, -0.2, 0.1, -2.0),
    "flat": (1e-9, 0.0, 0.0, FAR),
    "too long ago": (0.5, 0.01, -0.001, -2.0),
}


@pytest.mark.parametrize("name", GRAZING)
def test_the_guard_acts_is_counted_and_bounds_the_gradient(x64, name):
    *state, earliest = GRAZING[name]
    tau, guarded = offset(*state, earliest=earliest)
    assert guarded == 1 and earliest <= tau <= 0
    f = jax.grad(lambda h, s, b: crossing_offset(h, s, b, h > 0, FLOOR, earliest)[0], (0, 1, 2))
    slopes = np.array(f(*map(jnp.float64, state)))
    assert np.all(np.isfinite(slopes)) and np.abs(slopes[0]) <= (1 + 1e-9) / FLOOR
    if tau == earliest:
        assert np.all(slopes == 0)


def test_units_that_do_not_spike_have_no_offset_and_no_gradient(x64):
    h, slope, bend = jnp.array([-0.1, -3.0, 0.0]), jnp.array([0.0, -1.0, 0.5]), jnp.array([-1.0, 1.0, 0.0])
    f = partial(crossing_offset, spiked=h > 0, floor=FLOOR, earliest=-2.0)
    tau, guarded = f(h, slope, bend)
    assert np.all(np.asarray(tau) == 0) and not guarded.any()
    for g in jax.grad(lambda *x: jnp.sum(f(*x)[0]), (0, 1, 2))(h, slope, bend):
        assert np.all(np.asarray(g) == 0)


def test_guards_are_counted_per_unit():
    h = jnp.array([1e-8, 0.1, 1e-8], jnp.float32)
    _, guarded = crossing_offset(h, jnp.full(3, 1e-5), jnp.full(3, -1e-5), jnp.array([True, True, False]), FLOOR, FAR)
    assert guarded.tolist() == [True, False, False]
