"""The time loop's own reverse pass against jax's differentiation of the same scan."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ngcsnn.graph import Memo
from ngcsnn.kernels import LoopBody, LoopInputs, Trajectory, time_loop

T, B, N = 12, 2, 3


def transmit(weights, constants, feedback, x):
    return {"in": feedback["y"] @ weights["w"] + constants["c"] * x["u"]}


def step(params, constants, carry, feedback, arrivals, x, memo):
    kept = memo.decide(lax.stop_gradient(carry["v"] > 0.3))
    v = jnp.tanh(params["a"] * carry["v"] + arrivals["in"] + 0.1 * feedback["y"])
    v = jnp.where(kept, 0.5 * v, v) * (1 + carry["n"] % 2)
    new = {"v": v, "n": carry["n"] + kept}  # a state of integers rides along
    return new, {"y": v**2, "v": v, "n": new["n"]}, {"kept": jnp.sum(kept, dtype=jnp.int32)}


def inputs():
    rng = np.random.default_rng(0)
    xs = {"u": Trajectory(jnp.asarray(rng.normal(size=(T, B, N))), jnp.asarray(rng.normal(size=(1, B, N))), 1)}
    return LoopInputs(
        weights={"w": jnp.asarray(rng.normal(size=(N, N)) * 0.5)},
        params={"a": jnp.asarray(0.8)},
        carry={"v": jnp.asarray(rng.normal(size=(B, N))), "n": jnp.zeros((B, N), jnp.int32)},
        feedback={"y": jnp.asarray(rng.normal(size=(B, N)))},
        xs=xs,
    )


def plain(given, constants):
    def one(state, n):
        carry, feedback = state
        x = {k: t.at(n) for k, t in given.xs.items()}
        arrivals = transmit(given.weights, constants, feedback, x)
        new, out, counts = step(given.params, constants, carry, feedback, arrivals, x, Memo())
        return (new, {"y": out["y"]}), (out, counts)

    return lax.scan(one, (given.carry, given.feedback), jnp.arange(T))[1]


def test_values_counts_and_every_gradient(x64):
    given, constants = jax.tree.map(jnp.asarray, inputs()), {"c": jnp.asarray(0.7)}
    body = LoopBody(transmit, step)
    outputs, counts = time_loop(body, given, constants, T)
    want, want_counts = plain(given, constants)
    jax.tree.map(np.testing.assert_allclose, outputs, want)
    assert int(counts["kept"]) == int(jnp.sum(want_counts["kept"])) > 0

    def score(run):
        return lambda g: jnp.sum(run(g)[0]["v"] ** 3) + jnp.sum(jnp.sin(run(g)[0]["y"]))

    got = jax.jit(jax.grad(score(lambda g: time_loop(body, g, constants, T)), allow_int=True))(given)
    expected = jax.jit(jax.grad(score(lambda g: plain(g, constants)), allow_int=True))(given)
    got.carry.pop("n"), expected.carry.pop("n")
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12), got, expected)


def test_the_reverse_pass_reuses_the_decisions_of_the_forward_pass():
    """Replayed decisions are what the step gets, whatever it would decide itself."""
    memo = Memo([jnp.asarray([True])])
    assert bool(memo.decide(jnp.asarray([False]))[0]) is True
