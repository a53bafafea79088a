"""Walking matched trees."""

from collections import OrderedDict

import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.optim.trees import check_matched, compute_dtype, map_matched, zeros_for


def test_maps_leaf_by_leaf_into_several_trees():
    theta = {"b": jnp.ones(2), "a": [jnp.zeros(3)]}
    total, difference = map_matched(lambda p, q: (p + q, p - q), 2, theta, other=theta)
    np.testing.assert_array_equal(total["b"], [2.0, 2.0])
    np.testing.assert_array_equal(difference["a"][0], np.zeros(3))


def test_lists_and_tuples_match_and_the_first_tree_gives_the_form():
    (total,) = map_matched(lambda p, q: (p + q,), 1, [jnp.ones(1), jnp.ones(1)], other=(jnp.ones(1), jnp.ones(1)))
    assert isinstance(total, list)


def test_leaves_are_paired_by_name_not_by_order():
    theta = OrderedDict(b=jnp.zeros(1), a=jnp.ones(1))
    (total,) = map_matched(lambda p, q: (p + q,), 1, theta, other=OrderedDict(a=jnp.ones(1), b=jnp.zeros(1)))
    assert (float(total["a"][0]), float(total["b"][0])) == (2.0, 0.0)


def test_an_empty_tree_gives_empty_trees():
    assert map_matched(lambda p: (p, p), 2, {}) == ({}, {})


def test_none_is_a_missing_leaf():
    with pytest.raises(ValueError, match=r"`u` has no leaf for theta\['a'\] with shape \(2,\)"):
        check_matched({"a": jnp.ones(2)}, u={"a": None})


def test_a_renamed_leaf_shows_both_names():
    with pytest.raises(ValueError, match=r"no leaf for p\['weights'\].*Leaves only in `u`: u\['weight'\]"):
        check_matched({"weights": jnp.ones(2)}, name="p", u={"weight": jnp.ones(2)})


def test_a_single_array_is_named_by_the_tree():
    with pytest.raises(ValueError, match=r"^u has shape \(3,\), but theta has shape \(2,\)"):
        check_matched(jnp.ones(2), u=jnp.ones(3))


def test_zeros_are_at_least_float32():
    zeros = zeros_for([jnp.ones(2, jnp.bfloat16), 1.0])
    assert [z.dtype for z in zeros] == [jnp.float32, jnp.float32]
    assert not zeros[1].weak_type
    assert compute_dtype(jnp.ones(1, jnp.float16)) == jnp.float32
