"""NEST's optimiser step by step: always active it is `nest_optimiser`; what was missed is made up for."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from ngcsnn.optim import nest_lazy_init, nest_lazy_step, nest_optimiser

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


def test_errors():
    memory, w = nest_lazy_init(jnp.zeros(2)), jnp.zeros(2)
    with pytest.raises(ValueError, match="unknown `type` of NEST's optimiser 'adm'; did you mean 'adam'"):
        nest_lazy_step(memory, w, w, True, 0, type="adm")
    with pytest.raises(ValueError, match="unknown parameter of NEST's optimiser 'adam' 'beta1'; did you mean 'beta_1'"):
        nest_lazy_step(memory, w, w, True, 0, type="adam", beta1=0.5)
