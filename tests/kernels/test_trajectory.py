"""Trajectories: what a delayed reader sees, without a shifted copy."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.kernels import Trajectory, map_rows

ARRAY = jnp.arange(12.0).reshape(6, 2, 1)


def test_a_reader_one_step_later_sees_the_first_value_first():
    late = Trajectory.written(ARRAY).delayed(jnp.full((2, 1), -1.0))
    seen = np.stack([late.at(n) for n in range(6)])
    np.testing.assert_array_equal(seen, late.seen())
    np.testing.assert_array_equal(seen[0], -1.0)
    np.testing.assert_array_equal(seen[1:], ARRAY[:-1])


def test_delays_add_up_in_order():
    twice = Trajectory.written(ARRAY).delayed(jnp.full((2, 1), -1.0)).delayed(jnp.full((2, 1), -2.0))
    np.testing.assert_array_equal(twice.seen()[:2, 0, 0], [-2.0, -1.0])
    np.testing.assert_array_equal(twice.seen()[2:], ARRAY[:-2])


def test_cotangent_is_the_transpose_of_seen():
    late = Trajectory.written(ARRAY).delayed(jnp.zeros((2, 1))).delayed(jnp.zeros((2, 1)))
    weights = jnp.asarray(np.random.default_rng(0).normal(size=ARRAY.shape))
    want = jax.grad(lambda t: jnp.sum(t.seen() * weights))(late)
    got = late.cotangent(weights)
    np.testing.assert_allclose(got.array, want.array)
    np.testing.assert_allclose(got.start, want.start)


def test_rows_of_different_delays_are_brought_together():
    a, b = Trajectory.written(ARRAY), Trajectory.written(ARRAY).delayed(jnp.zeros((2, 1)))
    out = map_rows(lambda x: {"sum": x["a"] + x["b"]}, {"a": a, "b": b})["sum"]
    np.testing.assert_array_equal(out.seen(), a.seen() + b.seen())


def test_rows_of_one_delay_keep_it():
    late = Trajectory.written(ARRAY).delayed(jnp.full((2, 1), 3.0))
    out = map_rows(lambda x: {"double": 2 * x["a"]}, {"a": late})["double"]
    assert out.delay == 1
    np.testing.assert_array_equal(out.seen(), 2 * late.seen())


def test_a_cut_changes_no_value():
    late = Trajectory.written(ARRAY).delayed(jnp.full((2, 1), -1.0))
    assert late.cut(None) is late
    np.testing.assert_array_equal(late.cut(2).seen(), late.seen())
    assert late.cut(2).delay == 1


@pytest.mark.parametrize("every", [1, 4, 6])
def test_a_cut_stops_the_derivative_of_what_crosses_it(every):
    """Of what is seen in each multiple of `every` steps but the first step; at every delay on its own."""

    def seen(array, first, second):
        once = Trajectory.written(array).delayed(first).cut(every)
        return once.seen(), once.delayed(second).cut(every).seen()

    ones = jnp.ones((6, 2, 1))
    given = ARRAY, jnp.zeros((2, 1)), jnp.zeros((2, 1))
    crosses = np.array([n > 0 and n % every == 0 for n in range(7)])
    array, first, _ = jax.vjp(seen, *given)[1]((ones, 0 * ones))
    np.testing.assert_array_equal(array[:, 0, 0], [*(~crosses[1:6]), 0])
    np.testing.assert_array_equal(first, 1.0)
    array, first, second = jax.vjp(seen, *given)[1]((0 * ones, ones))
    np.testing.assert_array_equal(array[:, 0, 0], [*(~crosses[1:5] & ~crosses[2:6]), 0, 0])
    np.testing.assert_array_equal(first, float(not crosses[1]))
    np.testing.assert_array_equal(second, 1.0)
