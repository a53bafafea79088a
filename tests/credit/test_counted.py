"""Spikes as regularisers count them: the numbers of s, the derivative of h at the spikes and 0 elsewhere."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from cell_nets import one

from ngcsnn.credit import Grid, Precise, Surrogate
from ngcsnn.credit.counted import counted

V = np.array([[1.02, 0.4, 0.99, 1.5]])


def test_straight_through_at_spikes_alone(x64: None) -> None:
    h = jnp.asarray(V - 1.0)
    value, slope = jax.jvp(lambda x: counted(x, x > 0), (h,), (jnp.array([[2.0, 3.0, 4.0, 5.0]]),))
    assert value.tolist() == [[1, 0, 0, 1]] and slope.tolist() == [[2, 0, 0, 5]]
    assert value.dtype == h.dtype


def crossing(rule: Any, cell: Any, v: Any) -> Any:
    v = jnp.asarray(v)
    return rule.cross(cell, cell.State(v, jnp.full_like(v, 3.0)), 0.5)


@pytest.mark.parametrize("rule", [Grid(), Precise()], ids=["grid", "precise"])
def test_counted_by_rules_that_know_times(rule: Any, x64: None) -> None:
    """A spike-count penalty lambda / 2 (c - nu)^2 moves v by lambda (c - nu) at each spike, and v_thr the other way."""
    _net, cell = one(n=4)
    strength, target = 0.7, 3.0
    assert np.array_equal(crossing(rule, cell, V).counted, crossing(rule, cell, V).s)

    def penalty(v: Any) -> Any:
        return jnp.sum(0.5 * strength * (crossing(rule, cell, v).counted - target) ** 2)

    jump = strength * (1.0 - target)
    np.testing.assert_allclose(jax.grad(penalty)(V), [[jump, 0.0, 0.0, jump]])
    np.testing.assert_array_equal(jax.grad(lambda v: crossing(rule, cell, v).s.sum())(V), np.zeros((1, 4)))


def test_counted_by_surrogates_is_the_spike_itself(x64: None) -> None:
    _net, cell = one(n=4)
    done = crossing(Surrogate(), cell, V)
    assert done.counted is done.s
    slope = jax.grad(lambda v: crossing(Surrogate(), cell, v).counted.sum())(V)
    np.testing.assert_allclose(slope, 1.0 / (1.0 + 10.0 * np.abs(V - 1.0)) ** 2)
