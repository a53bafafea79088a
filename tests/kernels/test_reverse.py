"""The way back through a time loop against jax's differentiation of the same loop, written as one scan."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from ngcsnn.graph import Memo
from ngcsnn.kernels import LoopBody, LoopInputs, Trajectory, time_loop

T, B, N = 9, 2, 3
DELAYS = {"now": 0, "before": 1, "long before": 2}


@dataclass(frozen=True)
class Case:
    """xs: names of the inputs, each with a delay. sent: those that the synapses of the loop transmit. weights: whether
    there are such synapses. fed_back: whether their input comes from the step before as well."""

    xs: tuple[str, ...] = ("before",)
    sent: tuple[str, ...] = ("before",)
    weights: bool = True
    fed_back: bool = True

    def transmit(self, weights, constants, feedback, x):
        assert set(x) == set(self.sent)
        if not weights:
            return {}
        total = constants["c"] * jnp.ones((1, N))
        for key in self.sent:
            total = total + x[key]
        if self.fed_back:
            total = total + feedback["y"] * (1 + feedback["odd"])
        return {"in": total @ weights["w"], "too": jnp.sin(total) * weights["g"]}

    def step(self, params, constants, carry, feedback, arrivals, x, memo):
        stray = 7.0 if memo.replaying else 0.0  # what the step computes again is not to be trusted
        v = params["a"] * carry["v"] + sum(arrivals.values(), jnp.zeros(())) + sum(x[k] for k in self.xs if k != "kind")
        v = memo.keep(jnp.tanh(v) + 0.1 * feedback["y"] + stray)
        up = memo.decide(lax.stop_gradient(v - stray > 0.2) != memo.replaying)
        v = jnp.where(up, 0.5 * v**2, v) * (1 + carry["n"] % 2) * (1 + x["kind"])
        n = carry["n"] + up
        outputs = {"y": v**2 + params["b"], "v": v, "twice": 2.0 * v, "odd": n % 2, "n": n}
        return {"v": v, "n": n}, outputs, {"up": jnp.sum(up, dtype=jnp.int32)}


def inputs(case):
    rng = np.random.default_rng(0)

    def normal(*shape):
        return jnp.asarray(rng.normal(size=shape) * 0.6)

    given = {k: Trajectory(normal(T, B, N), normal(DELAYS[k], B, N), DELAYS[k]) for k in case.xs}
    given["kind"] = Trajectory.written(jnp.asarray(rng.integers(0, 2, (T, B, 1))))
    return LoopInputs(
        weights={"w": normal(N, N), "g": normal(N)} if case.weights else {},
        params={"a": jnp.asarray(0.8), "b": normal(N)},
        carry={"v": normal(B, N), "n": jnp.zeros((B, N), int)},
        feedback={"y": normal(B, N), "odd": jnp.ones((B, N), int)},
        xs=given,
    )


def plain(case, given, truncate):
    """The loop as one scan; every `truncate` steps the state loses its derivative."""

    def one(state, n):
        if truncate is not None:
            cut = (n % truncate == 0) & (n > 0)
            floats = jnp.inexact
            state = jax.tree.map(
                lambda a: jnp.where(cut, lax.stop_gradient(a), a) if jnp.issubdtype(a.dtype, floats) else a, state
            )
        carry, feedback = state
        x = {k: t.seen()[n] for k, t in given.xs.items()}
        arrivals = case.transmit(given.weights, CONSTANTS, feedback, {k: x[k] for k in case.sent})
        carry, out, counts = case.step(given.params, CONSTANTS, carry, feedback, arrivals, x, Memo())
        return (carry, {k: out[k] for k in feedback}), (out, counts)

    outputs, counts = lax.scan(one, (given.carry, given.feedback), jnp.arange(T))[1]
    return outputs, jax.tree.map(jnp.sum, counts)


CONSTANTS = {"c": np.asarray(0.3)}
CASES = {
    "one step old": Case(),
    "of the same step": Case(("now",), ("now",)),
    "two steps old": Case(("long before",), ("long before",)),
    "mixed": Case(tuple(DELAYS), ("before", "now")),
    "mixed, of which one is sent": Case(tuple(DELAYS), ("before",)),
    "mixed, none sent": Case(tuple(DELAYS), ()),
    "no synapse": Case(tuple(DELAYS), (), weights=False),
    "nothing fed back to synapses": Case(("before", "now"), ("now",), fed_back=False),
    "nothing from outside": Case((), ()),
}


def score(outputs):
    """Of some outputs: "v" and the integers have no cotangent."""
    return jnp.sum(jnp.sin(outputs["y"]) * jnp.arange(1.0, T + 1)[:, None, None]) + jnp.sum(outputs["twice"][2] ** 3)


def gradient(fn):
    """Compiled in haste: each runs once."""
    quick = {"xla_backend_optimization_level": 0}
    return jax.jit(jax.value_and_grad(fn, has_aux=True, allow_int=True), compiler_options=quick)


def check(case, truncate=None):
    given = inputs(case)
    body = LoopBody(case.transmit, case.step, frozenset(case.sent), truncate)

    def ours(g):
        outputs, counts = time_loop(body, g, CONSTANTS, T)
        return score(outputs), (outputs, counts)

    def theirs(g):
        outputs, counts = plain(case, g, truncate)
        return score(outputs), (outputs, counts)

    (_, values), got = gradient(ours)(given)
    (_, expected), want = gradient(theirs)(given)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12), values, expected)
    assert 0 < values[1]["up"] < T * B * N
    assert jax.tree.structure(got) == jax.tree.structure(want)
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        if a.dtype != jax.dtypes.float0:
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
            assert np.any(a) or a.size == 0
    return got


@pytest.mark.parametrize("name", CASES)
def test_values_counts_and_every_gradient(name, x64):
    check(CASES[name])


@pytest.mark.parametrize(("name", "every"), [("one step old", 1), ("mixed", 4), ("one step old", T)])
def test_truncated(name, every, x64):
    """State is cut, the weights that it came through are not; a cut as long as the loop cuts nothing."""
    check(CASES[name], every)


def test_nothing_is_computed_for_what_has_no_derivative(x64):
    """Inputs that are data get no cotangent: fewer stacks are in the program."""
    case = CASES["mixed"]
    given = inputs(case)
    body = LoopBody(case.transmit, case.step, frozenset(case.sent))

    def loss(differentiated, rest):
        return score(time_loop(body, rest._replace(**differentiated), CONSTANTS, T)[0])

    def program(**differentiated):
        return jax.make_jaxpr(jax.grad(loss, allow_int=True))(differentiated, given)

    def stacks(made):
        """How many arrays (T, B, N) are carried by the loops."""
        loops = [e for e in made.jaxpr.eqns if e.primitive.name == "scan"]
        return sum(v.aval.shape == (T, B, N) for e in loops for v in e.outvars)

    assert 0 < stacks(program(params=given.params)) < stacks(program(params=given.params, xs=given.xs))
