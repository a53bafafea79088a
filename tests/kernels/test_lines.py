"""Delay lines in a time loop against a scan that carries all that was sent, differentiated by jax."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from ngcsnn.graph import Memo
from ngcsnn.kernels import Line, LoopBody, LoopInputs, Trajectory, time_loop
from ngcsnn.kernels.lines import leaves_of, read_lines, seen_rows

T, B, N = 11, 2, 3
RNG = np.random.default_rng(0)
ROWS = jnp.asarray(RNG.normal(size=(T + 1, B, N)))
LAGS = jnp.asarray([[0, 1, 4], [2, 2, 30]], jnp.int32)  # the last: longer than the trial
UNITS = jnp.asarray([[0, 1, 2], [2, 0, 0]], jnp.int32)
LINE = Line(LAGS, UNITS, ("y",))


@pytest.mark.parametrize("n", [0, 1, 3, T - 1])
def test_take_reads_what_was_seen_some_steps_ago(n):
    (got,) = LINE.take({"y": ROWS}, jnp.asarray(n))
    assert got.shape == (B, 2, 3)
    for b, i, j in np.ndindex(B, 2, 3):
        row = n - int(LAGS[i, j])
        assert got[b, i, j] == (ROWS[row, b, UNITS[i, j]] if row >= 0 else 0.0)


@pytest.mark.parametrize("n", [0, 2, T - 1])
def test_put_back_is_the_transpose_of_take(n):
    cotangent = jnp.asarray(RNG.normal(size=(B, 2, 3)))
    (want,) = jax.vjp(lambda rows: LINE.take({"y": rows}, n)[0], ROWS)[1](cotangent)
    start = jnp.asarray(RNG.normal(size=ROWS.shape))
    got = LINE.put_back({"y": start, "other": start}, n, (cotangent,))
    np.testing.assert_allclose(got["y"], start + want, rtol=1e-6, atol=1e-6)
    assert got["other"] is start


def test_lines_share_the_buffers_of_their_leaves():
    lines = {"a": Line(LAGS, UNITS, ("y", "m")), "b": Line(LAGS[:1], UNITS[:1], ("y",))}
    assert leaves_of(lines) == ["y", "m"]
    found = read_lines(lines, {"y": ROWS, "m": 2.0 * ROWS}, 5)
    np.testing.assert_array_equal(found["a"][1], 2.0 * found["a"][0])
    np.testing.assert_array_equal(found["b"][0], found["a"][0][:, :1])


@pytest.mark.parametrize("delay", [0, 1, 2])
def test_seen_rows_are_what_readers_see(delay):
    trajectory = Trajectory(ROWS[:T], jnp.asarray(RNG.normal(size=(delay, B, N))), delay)
    rows = seen_rows(trajectory)
    assert rows.shape == (T + 1, B, N)
    for n in range(T):
        np.testing.assert_array_equal(rows[n], trajectory.at(jnp.asarray(n)))


# --- in a loop --------------------------------------------------------------------------------------------------------
INSIDE, OUTSIDE, OWN = "y", "u", "now"
DELAYS = {  # of two synapses from what the loop itself puts out, and of one from outside
    "loop": Line(
        jnp.asarray(RNG.integers(0, T + 3, (N, N)), jnp.int32), jnp.arange(N)[:, None] + 0 * LAGS[:1], (INSIDE,)
    ),
    "pairs": Line(jnp.asarray([0, 3, 5, 1]), jnp.asarray([2, 2, 0, 1]), (INSIDE, OUTSIDE)),
    "input": Line(
        jnp.asarray(RNG.integers(0, 5, (2, N)), jnp.int32), jnp.arange(N)[None] + 0 * LAGS[:, :1], (OUTSIDE,)
    ),
    "now": Line(jnp.asarray([1, 4, 0]), jnp.arange(N), (OWN,)),
}


def transmit(weights, constants, feedback, x):
    return {"in": feedback[INSIDE] @ weights["w"] + constants["c"] * x[OUTSIDE]}


def step(params, constants, carry, feedback, arrivals, x, memo, lines):
    (loop,), pairs, (outside,), (now,) = (lines[k] for k in DELAYS)
    late = jnp.einsum("bij,ij->bj", loop, params["slow"]) + params["p"] * (pairs[0] * pairs[1]).sum(1, keepdims=True)
    late = late + jnp.einsum("bci,ci->bi", outside, params["far"]) + jnp.sin(now)
    v = jnp.tanh(0.8 * carry["v"] + arrivals["in"] + late)
    kept = memo.decide(lax.stop_gradient(v > 0.4))
    v = jnp.where(kept, 0.5 * v, v)
    return {"v": v}, {INSIDE: v**2, "v": v}, {"kept": jnp.sum(kept, dtype=jnp.int32)}


def inputs():
    def some(*shape, scale=0.4):
        return scale * jnp.asarray(RNG.normal(size=shape))

    return LoopInputs(
        weights={"w": some(N, N)},
        params={"slow": some(N, N), "p": jnp.asarray(0.3), "far": some(2, N)},
        carry={"v": some(B, N)},
        feedback={INSIDE: some(B, N)},
        xs={
            OUTSIDE: Trajectory(some(T, B, N), some(1, B, N), 1),
            OWN: Trajectory.written(some(T, B, N)),
        },
        lines=DELAYS,
    )


def plain(given, constants, every=None):
    """The same loop, all that was seen carried along; its past is cut off in multiples of `every` steps."""

    def one(state, n):
        carry, past = state
        if every is not None:
            cuts = (n % every == 0) & (n > 0)
            carry, past = jax.tree.map(lambda a: jnp.where(cuts, lax.stop_gradient(a), a), (carry, past))
        x = {k: t.at(n) for k, t in given.xs.items()}
        now = {**past, OWN: past[OWN].at[n].set(x[OWN])}
        lines = read_lines(given.lines, now, n)
        feedback = {INSIDE: past[INSIDE][n]}
        x = {**x, OUTSIDE: past[OUTSIDE][n]}
        arrivals = transmit(given.weights, constants, feedback, x)
        new, out, counts = step(given.params, constants, carry, feedback, arrivals, x, Memo(), lines)
        past = {
            INSIDE: past[INSIDE].at[n + 1].set(out[INSIDE]),
            OUTSIDE: past[OUTSIDE].at[n + 1].set(given.xs[OUTSIDE].array[n]),
            OWN: now[OWN],
        }
        return (new, past), (out, counts)

    first = {INSIDE: given.feedback[INSIDE], OUTSIDE: given.xs[OUTSIDE].start[0], OWN: jnp.zeros((B, N))}
    past = {k: jnp.zeros((T + 1, B, N)).at[0].set(v) for k, v in first.items()}
    return lax.scan(one, (given.carry, past), jnp.arange(T))[1]


def test_values_counts_and_every_gradient(x64):
    compare(None)


@pytest.mark.parametrize("every", [1, 3, 7])
def test_truncated(every, x64):
    """What is on its way over a line when the past is cut off brings no gradient, whenever it arrives."""
    compare(every)


def compare(every):
    given, constants = jax.tree.map(jnp.asarray, inputs()), {"c": jnp.asarray(0.7)}
    body = LoopBody(transmit, step, truncate=every)
    moving = {"weights": given.weights, "params": given.params, "carry": given.carry, "feedback": given.feedback}
    arrays = {k: (t.array, t.start) for k, t in given.xs.items()}

    def ours(moving, arrays, cut):
        xs = {k: Trajectory(arrays[k][0], arrays[k][1], t.delay) for k, t in given.xs.items()}
        xs[OUTSIDE] = xs[OUTSIDE].cut(cut)
        return time_loop(body, given._replace(**moving, xs=xs), constants, T)

    def theirs(moving, arrays, cut):
        xs = {k: Trajectory(arrays[k][0], arrays[k][1], t.delay) for k, t in given.xs.items()}
        return plain(given._replace(**moving, xs=xs), constants, cut)

    def score(run):
        def of(moving, arrays):
            outputs, counts = run(moving, arrays, every)
            return jnp.sum(outputs["v"] ** 3) + jnp.sum(jnp.sin(outputs[INSIDE])), (outputs, counts)

        return jax.jit(jax.grad(of, (0, 1), has_aux=True))

    got, (outputs, counts) = score(ours)(moving, arrays)
    want, (expected, more) = score(theirs)(moving, arrays)
    assert int(counts["kept"]) == int(jnp.sum(more["kept"])) > 0
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-12, atol=1e-12), outputs, expected)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12), got, want)
    assert float(jnp.abs(got[0]["params"]["far"]).max()) > 1e-3


def test_nothing_but_the_rows_is_kept_for_the_way_back(x64):
    """Not what arrives over the lines: memory does not grow with their number."""
    sizes = []
    for n_lines in (1, 40):
        given = inputs()
        lines = {
            **DELAYS,
            "loop": Line(jnp.ones((n_lines * N, N), jnp.int32), jnp.zeros((n_lines * N, N), int), (INSIDE,)),
        }
        given = given._replace(params={**given.params, "slow": jnp.ones((n_lines * N, N))}, lines=lines)

        def loss(params, given=given):
            return jnp.sum(time_loop(LoopBody(transmit, step), given._replace(params=params), {"c": 0.7}, T)[0]["v"])

        analysis: Any = jax.jit(jax.grad(loss)).lower(given.params).compile().memory_analysis()
        sizes.append(analysis.temp_size_in_bytes)
    once = 8 * B * 39 * N * N  # what the further lines bring in one step
    assert sizes[1] - sizes[0] < 6 * once < T * once
