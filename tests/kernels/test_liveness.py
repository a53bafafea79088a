"""Which inputs a program needs."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from ngcsnn.kernels.liveness import needed


def test_says_what_results_depend_on():
    def fn(given, c):
        unused = jnp.sin(given["a"]) * c  # computed, and thrown away
        del unused
        return jnp.where(given["b"] > 0, given["b"], 0.0), given["d"][0], 3.0

    a = jnp.ones(2)
    assert needed(fn, {"a": a, "b": a, "d": [a, a]}, a) == ({"a": False, "b": True, "d": [True, False]}, False)


def test_takes_shapes_and_sees_through_derivatives():
    """The derivative of a linear map needs no value of its input."""
    shape = jax.ShapeDtypeStruct((3,), jnp.float32)

    def back(kind):
        return lambda x, d: jax.vjp(lambda v: 2.0 * v if kind == "linear" else v**2, x)[1](d)[0]

    assert needed(back("linear"), shape, shape) == (False, True)
    assert needed(back("square"), shape, shape) == (True, True)
