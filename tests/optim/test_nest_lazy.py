"""NEST's optimiser step by step: always active it is `nest_optimiser`; what was missed is made up for."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.optim import (
    NestOnline,
    describe,
    from_description,
    nest_lazy_init,
    nest_lazy_step,
    nest_optimiser,
)

GRADS = np.random.default_rng(0).normal(size=(14, 3, 2))
START = np.random.default_rng(1).normal(size=(3, 2))


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("type", ["adam", "gradient_descent"])
def test_always_active_it_is_the_optimiser(type, batch_size):
    told = {"eta": 0.1, "batch_size": batch_size, "Wmin": -0.8, "Wmax": 1.0}
    optimiser, w = nest_optimiser(type, **told), jnp.asarray(START)
    state, memory, lazy = optimiser.init(w), nest_lazy_init(w), w
    step = jax.jit(lambda *given: nest_lazy_step(*given, type=type, **told))
    for n, g in enumerate(GRADS):
        state, w = optimiser.step(state, w, g)
        memory, lazy = step(memory, lazy, g, True, n)
        np.testing.assert_allclose(lazy, w, rtol=1e-12, atol=1e-14)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("type", ["adam", "gradient_descent"])
def test_a_rest_is_made_up_for(type):
    """Weights [0] rest in steps 3 to 7; in step 8 they take its gradient first, then the steps without one."""
    told = {"eta": 0.1, "epsilon": 1e-3} if type == "adam" else {"eta": 0.1}
    memory, w = nest_lazy_init(jnp.asarray(START)), jnp.asarray(START)
    for n in range(9):
        active = jnp.asarray([[not 3 <= n <= 7], [True], [True]])
        before = w
        memory, w = nest_lazy_step(memory, w, GRADS[n], active, n, type=type, **told)
        assert np.array_equal(w[0], before[0]) == (3 <= n <= 7)
    order = [*GRADS[:3, 0], GRADS[8, 0], *(np.zeros((5, 2)) if type == "adam" else ())]
    optimiser, one = nest_optimiser(type, **told), jnp.asarray(START[0])
    state = optimiser.init(one)
    for g in order:
        state, one = optimiser.step(state, one, g)
    np.testing.assert_allclose(w[0], one, rtol=1e-12)


@pytest.mark.usefixtures("x64")
@pytest.mark.parametrize("type", ["adam", "gradient_descent"])
def test_what_is_due_takes_all_that_was_added_up(type):
    """Weights [0] are due in steps 2 and 6 alone."""
    told: dict[str, Any] = {"eta": 0.1, "epsilon": 1e-3} if type == "adam" else {"eta": 0.1}
    w = jnp.asarray(START)
    online = NestOnline(type=type, optimize_each_step=False, **told)
    assert nest_optimiser(type, optimize_each_step=False, **told) == online
    state = online.init({"w": w})
    for n in range(7):
        due = jnp.asarray([[n in (2, 6)], [True], [True]])
        state, new = online.step_where(state, {"w": w}, {"w": GRADS[n]}, {"w": jnp.asarray(True)}, {"w": due})
        assert np.array_equal(new["w"][0], w[0]) == (n not in (2, 6))
        w = new["w"]
    zeros = np.zeros(2) if type == "adam" else None
    parts = [GRADS[:3, 0].sum(0), zeros, zeros, GRADS[3:7, 0].sum(0), zeros, zeros, zeros]
    optimiser, one = nest_optimiser(type, **told), jnp.asarray(START[0])
    plain = optimiser.init(one)
    for g in parts:
        if g is not None:
            plain, one = optimiser.step(plain, one, g)
    np.testing.assert_allclose(w[0], one, rtol=1e-12)
    np.testing.assert_allclose(w[1:], START[1:] - 0.1 * GRADS[:7, 1:].sum(0), rtol=1e-12 if type != "adam" else 9.0)


@pytest.mark.usefixtures("x64")
def test_as_an_optimiser():
    online, plain = nest_optimiser("adam", eta=0.1, optimize_each_step=True), nest_optimiser("adam", eta=0.1)
    assert online == NestOnline(type="adam", eta=0.1) and online != plain
    assert from_description(describe(online, full=True)) == online == from_description(describe(online))
    trees = [{"a": jnp.asarray(START)}, {"a": jnp.asarray(START)}]
    states = [online.init(trees[0]), plain.init(trees[1])]
    for g in GRADS[:4]:
        for k, optimiser in enumerate((online, plain)):
            states[k], trees[k] = optimiser.step(states[k], trees[k], {"a": g})
    np.testing.assert_allclose(trees[0]["a"], trees[1]["a"], rtol=1e-12)
    with pytest.raises(ValueError, match="needs to know which synapses transmit"):
        by_spikes = nest_optimiser(optimize_each_step=False)
        by_spikes.step(by_spikes.init(trees[0]), trees[0], trees[0])


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"type": "adma"}, "unknown `type` of NEST's optimiser 'adma'; did you mean 'adam'"),
        ({"beta_1": 0.5}, "`beta_1` applies to type 'adam', not to 'gradient_descent'"),
        ({"type": "adam", "beta_2": 1.0}, r"`beta_2` must lie in \[0, 1\), got 1.0"),
        ({"eta": float("nan")}, "`eta` of NEST's optimiser must be a finite number, got nan"),
        ({"batch_size": 0}, "`batch_size` must be a whole number >= 1, got 0"),
        ({"Wmin": 1.0, "Wmax": 0.0}, "`Wmin` must not lie above `Wmax`"),
        ({"optimize_each_step": 1}, "`optimize_each_step` must be True or False, got 1"),
    ],
    ids=["type", "of Adam", "range", "number", "batch", "clamp", "flag"],
)
def test_what_it_refuses(given, text):
    with pytest.raises(ValueError, match=text):
        NestOnline(**given)


def test_errors():
    memory, w = nest_lazy_init(jnp.zeros(2)), jnp.zeros(2)
    with pytest.raises(ValueError, match="unknown `type` of NEST's optimiser 'adm'; did you mean 'adam'"):
        nest_lazy_step(memory, w, w, True, 0, type="adm")
    with pytest.raises(ValueError, match="unknown parameter of NEST's optimiser 'adam' 'beta1'; did you mean 'beta_1'"):
        nest_lazy_step(memory, w, w, True, 0, type="adam", beta1=0.5)
