"""Limits on gradients."""

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.optim.clipping import clip_by_global_norm, clip_by_value, global_norm

GRADS = {"a": jnp.array([3.0, 0.0]), "b": jnp.array([[4.0]])}


def test_norm_is_over_all_leaves():
    np.testing.assert_allclose(global_norm(GRADS), 5.0, rtol=1e-6)
    assert float(global_norm({})) == 0.0


def test_norm_clipping_scales_only_what_is_too_large():
    clipped = clip_by_global_norm(GRADS, 1.0)
    np.testing.assert_allclose(clipped["a"], [0.6, 0.0], rtol=1e-6)
    np.testing.assert_allclose(clipped["b"], [[0.8]], rtol=1e-6)
    jax.tree.map(np.testing.assert_array_equal, clip_by_global_norm(GRADS, 5.5), GRADS)
    zeros = jax.tree.map(jnp.zeros_like, GRADS)
    jax.tree.map(np.testing.assert_array_equal, clip_by_global_norm(zeros, 1.0), zeros)  # no 0 / 0


def test_value_clipping():
    np.testing.assert_array_equal(clip_by_value(jnp.array([-5.0, 0.5, 2.0]), 1.0), [-1.0, 0.5, 1.0])


def test_dtypes_stay():
    grads = [jnp.ones(2, jnp.bfloat16), jnp.ones(2)]
    for clipped in (clip_by_value(grads, 0.5), clip_by_global_norm(grads, 0.5)):
        assert [g.dtype for g in clipped] == [jnp.bfloat16, jnp.float32]
