"""Trajectories: what a delayed reader sees, without a shifted copy."""

import jax
import jax.numpy as jnp
import numpy as np

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
