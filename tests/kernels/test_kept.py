"""Where a loop keeps what its way back needs."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from ngcsnn.kernels import LoopBody, LoopInputs, Trajectory, loop, time_loop
from ngcsnn.kernels.kept import BUFFER, OUTPUT, UNUSED, Kept, KeptRows, Layout, matched

T, B, N = 7, 2, 3


def test_outputs_are_not_stored_twice_and_what_is_not_needed_not_at_all():
    a, b, c = jnp.ones(2), jnp.zeros(3), jnp.arange(2)
    kept = Kept({"a": a, "b": b}, (c, b))
    layout = Layout.of(kept, {"out": a, "other": jnp.ones(2)})
    assert layout.places == ((OUTPUT, "out"), (BUFFER, 0), (BUFFER, 1), (BUFFER, 0))
    less = layout.only(Kept({"a": True, "b": True}, (False, True)), kept)
    assert less.places[2] == (UNUSED, ((2,), c.dtype)) and less.numbers == [0]
    rows = KeptRows({0: jnp.arange(6.0).reshape(2, 3)}, less)  # of two steps, that of step 0 last
    carry, memo = less.read(0, {"out": jnp.stack([a, 2 * a])}, lambda number: rows.row(number, 0))
    np.testing.assert_array_equal(carry["a"], a)
    np.testing.assert_array_equal(carry["b"], [3.0, 4.0, 5.0])
    assert memo[0].tolist() == [0, 0] and memo[1] is not None


def test_each_buffer_takes_one_kind_of_row():
    rows = {"x": jnp.ones(3), "y": jnp.ones(3), "z": jnp.ones(4), "n": jnp.ones(3, int)}
    buffers = {1: jnp.ones((5, 3)), 2: jnp.ones((5, 4)), 3: jnp.ones((5, 2))}
    assert matched(rows, buffers) == {"x": 1, "z": 2}


def step(square):
    def run(params, constants, carry, feedback, arrivals, x, memo):
        v = jnp.tanh(memo.keep(0.5 * carry["v"] + (x["u"] ** 2 if square else x["u"])))
        return {"v": v**2}, {"y": params["a"] * v}, {}

    return run


def given(delay):
    rng = np.random.default_rng(0)
    u = Trajectory(jnp.asarray(rng.normal(size=(T, B, N))), jnp.ones((delay, B, N)), delay)
    return LoopInputs({}, {"a": jnp.asarray(2.0)}, {"v": jnp.ones((B, N))}, {}, {"u": u})


def spent(square, delay, monkeypatch):
    """Which inputs make room for what is kept, and the loop's gradient."""
    found = []
    plan = loop._Forward.what_to_keep
    monkeypatch.setattr(loop._Forward, "what_to_keep", lambda self, names: found.append(plan(self, names)) or found[-1])
    body = LoopBody(lambda *_: {}, step(square), frozenset())
    g = given(delay)
    jax.jit(jax.grad(lambda g: jnp.sum(time_loop(body, g, {}, T)[0]["y"] ** 2)))(g)
    return found[0][1]


def test_an_input_makes_room_where_its_value_is_not_needed_again(monkeypatch):
    """Its place is that of the step before, so it must be one step old; the square of an input needs it."""
    assert list(spent(False, 1, monkeypatch).values()) == ["u"]
    assert spent(True, 1, monkeypatch) == {} and spent(False, 0, monkeypatch) == {}


def test_inputs_that_others_read_too_are_left_as_they_are(x64):
    g = given(1)
    body = LoopBody(lambda *_: {}, step(False), frozenset())

    def loss(u):
        xs = {"u": Trajectory(u, g.xs["u"].start, 1)}
        return jnp.sum(time_loop(body, g._replace(xs=xs), {}, T)[0]["y"] ** 2) + jnp.sum(u**3)

    def plain(u):
        v, total = g.carry["v"], 0.0
        for n in range(T):
            w = jnp.tanh(0.5 * v + (u[n - 1] if n else g.xs["u"].start[0]))
            v, total = w**2, total + jnp.sum((2.0 * w) ** 2)
        return total + jnp.sum(u**3)

    u = g.xs["u"].array
    got, want = jax.jit(jax.value_and_grad(loss))(u), jax.value_and_grad(plain)(u)
    np.testing.assert_allclose(got[0], want[0], rtol=1e-12)
    np.testing.assert_allclose(got[1], want[1], rtol=1e-10, atol=1e-12)
