"""The grouped product is the product, and so are its derivatives of every kind."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.components.synapses.tall_product import NARROW, tall_product

RNG = np.random.default_rng(0)


def operands(rows, n_pre, n_post):
    return jnp.asarray(RNG.normal(size=(rows, n_pre))), jnp.asarray(RNG.normal(size=(n_pre, n_post)))


def grouped(m, w):
    return "reshape" in str(jax.make_jaxpr(tall_product)(m, w))


@pytest.mark.parametrize(
    ("rows", "n_pre", "n_post", "groups"),
    [(640, 8, 4, True), (700, 9, 3, True), (509, 8, 4, False), (64, 8, 4, False), (640, 8, 8, False),
     (1024, 4 * NARROW, NARROW + 1, False)],
)  # fmt: skip
def test_equals_the_plain_product(rows, n_pre, n_post, groups, x64):
    m, w = operands(rows, n_pre, n_post)
    assert grouped(m, w) == groups
    d = jnp.asarray(RNG.normal(size=(rows, n_post)))
    (got, back), (want, plain) = jax.vjp(tall_product, m, w), jax.vjp(jnp.matmul, m, w)
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)
    for a, b in zip(back(d), plain(d), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10)


def test_forward_derivatives_and_batches(x64):
    m, w = operands(640, 8, 4)
    assert grouped(m, w)
    np.testing.assert_allclose(jax.jvp(tall_product, (m, w), (m, w))[1], 2 * m @ w, atol=1e-12)
    many = jax.vmap(tall_product, (None, 0))(m, jnp.stack([w, 2 * w]))
    np.testing.assert_allclose(many[1], 2 * m @ w, atol=1e-12)
