"""Stacking by hand equals `lax.scan`, and stores an array that stands twice in a step's output once."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from ngcsnn.kernels.stacked import once, scan_stacked, some_number

T = 6


def plain(carry, n):
    """Outputs of several types and shapes, one of them twice, and of no number at all."""
    total = carry["total"] * 0.5 + jnp.sin(n + 1.0)
    same = total**2
    out = {"a": same, "b": (same, total > 0.1), "count": n.astype(jnp.uint8), "empty": jnp.zeros((0, 2)), "none": None}
    return {"total": total, "last": n}, out


def step(carry, n, rows):
    assert rows == {}
    return *plain(carry, n), {}


def carry():
    return {"total": jnp.asarray([0.3, -2.0]), "last": jnp.zeros((), jnp.int32)}


@pytest.mark.parametrize("number", [0.5, np.nan, np.inf, 3], ids=["number", "nan", "inf", "integer"])
@pytest.mark.parametrize("reverse", [False, True], ids=["forth", "back"])
def test_equals_scan(reverse, number):
    got = jax.jit(lambda c: scan_stacked(step, c, T, jnp.asarray(number), reverse=reverse)[:2])(carry())
    want = jax.jit(lambda c: lax.scan(plain, c, jnp.arange(T), reverse=reverse))(carry())
    assert jax.tree.structure(got) == jax.tree.structure(want)
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)
    assert got[0]["last"] == (0 if reverse else T - 1)


def test_the_same_array_is_stored_once():
    def stacks(fn):
        program = jax.make_jaxpr(lambda c: scan_stacked(fn, c, T, 0.5))(carry())
        (loop,) = [e for e in program.jaxpr.eqns if e.primitive.name == "scan"]
        return sum(v.aval.shape == (T, 2) and v.aval.dtype == jnp.float32 for v in loop.outvars)

    def apart(carry, n, rows):
        carry, out, puts = step(carry, n, rows)
        return carry, {**out, "a": out["a"] + 1.0}, puts

    assert stacks(step) == 1 and stacks(apart) == 2


def test_stacks_begin_when_the_number_is_known():
    """No stack is a constant of the program, which a compiler may make, and copy, at any time."""
    program = jax.make_jaxpr(lambda c, number: scan_stacked(step, c, T, number))(carry(), 0.5)
    (loop,) = [e for e in program.jaxpr.eqns if e.primitive.name == "scan"]
    known = {program.jaxpr.invars[-1]}
    for equation in program.jaxpr.eqns[: program.jaxpr.eqns.index(loop)]:
        if known & {v for v in equation.invars if not hasattr(v, "val")}:
            known |= set(equation.outvars)
    filled = [v for v in loop.invars if v.aval.shape[:1] == (T,) and v.aval.size and v.aval.dtype != jnp.int32]
    assert len(filled) == 3 and set(filled) <= known


@pytest.mark.parametrize("reverse", [False, True], ids=["forth", "back"])
def test_buffers_give_a_row_and_take_one(reverse):
    """Step n reads and writes row n - 1, step 0 the last; the first is given its row; a new buffer fills up."""
    given, first = jnp.arange(10.0, 10.0 + T), jnp.asarray(-1.0)

    def one(carry, n, rows):
        return carry + 1, rows["old"], {"old": 100.0 * n, "new": n}

    carry, seen, held = jax.jit(
        lambda b: scan_stacked(one, 0, T, 0.5, reverse, {"old": b, "new": None}, {"old": first})
    )(given)
    want = np.roll(np.asarray(given), 1)  # row n - 1 for step n
    want[T - 1 if reverse else 0] = first
    assert carry == T
    np.testing.assert_array_equal(seen, want)
    np.testing.assert_array_equal(held["new"], np.roll(np.arange(T), -1))
    np.testing.assert_array_equal(held["old"], 100.0 * np.roll(np.arange(T), -1))


def test_a_buffer_that_is_read_and_written_is_not_copied():
    def run(b):
        def one(carry, n, rows):
            new = jnp.tanh(carry + rows["b"])
            return new * 0.5, (), {"b": new}

        return scan_stacked(one, jnp.zeros(b.shape[1:]), len(b), 0.5, buffers={"b": 2.0 * b}, rows={"b": b[0]})[2]["b"]

    program: Any = jax.jit(run).lower(jnp.ones((T, 3, 5))).compile().as_text()
    assert "while" in program and "f32[6,3,5]{2,1,0} copy(" not in program


def test_once_puts_together_what_it_took_apart():
    a, b = jnp.arange(3), jnp.ones(2)
    arrays, together = once({"x": a, "y": [b, a], "z": jnp.arange(3)})
    assert len(arrays) == 3, "equal is not the same"
    out = together([array + 1 for array in arrays])
    np.testing.assert_array_equal(out["x"], a + 1)
    np.testing.assert_array_equal(out["y"][0], b + 1)
    assert out["y"][1] is out["x"]


def test_some_number_is_the_first_of_a_float_array():
    tree = {"a": jnp.arange(3), "b": jnp.zeros((0, 2)), "c": jnp.full((2, 2), 4.5), "d": jnp.ones(2)}
    assert float(some_number(tree)) == 4.5
    assert float(some_number({"a": jnp.arange(3)})) == 0.0 and float(some_number({}, 2.0)) == 2.0
