"""Events through synapses with delays against sums worked out one event and one synapse at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from event_examples import BATCH, LISTS, N_STEPS, without_offsets

from ngcsnn.credit import Grid, Precise, Surrogate
from ngcsnn.kernels import Events, delayed_events, project_delayed

DT, N_POST = 0.5, 3
RULES: dict[str, Any] = {"precise": Precise(), "grid": Grid(), "surrogate": Surrogate()}


def scaled(events: Events) -> Events:
    """With offsets within a step of DT."""
    return events if events.offset is None else replace(events, offset=events.offset * DT)


def some_delays(n_units: int) -> np.ndarray:
    """Fractions; whole steps, none at all, and some that outlast the trial."""
    delays = np.random.default_rng(1).uniform(0.0, 3.0, (n_units, N_POST))
    delays[::3, 0], delays[1::3, 1], delays[2::3, 2], delays[1::4, 0] = 0.0, 2 * DT, 1.75, 1.5 + N_STEPS * DT
    return delays


def by_hand(events: Events, weights: Any, delays: Any, rule: Any, cotangents: Any) -> tuple[Any, ...]:
    """(m0, m1) and the gradients of sum(cotangents * both) in weights and delays."""
    m0, m1 = (np.zeros((N_STEPS, BATCH, N_POST)) for _ in range(2))
    d_weights, d_delays = (np.zeros(weights.shape) for _ in range(2))
    c0, c1 = cotangents
    step, unit = np.asarray(events.step), np.asarray(events.unit)
    offset = np.zeros(unit.shape) if events.offset is None else np.asarray(events.offset)
    for b, k in np.ndindex(*unit.shape):
        i, n = unit[b, k], step[b, k]
        for j in range(N_POST) if i < events.n_units else ():
            if rule.within_step:
                at = (n + 1) * DT + offset[b, k] + delays[i, j]
                row = int(np.ceil(at / DT - 1e-9)) - 1
                tau = at - (row + 1) * DT
            else:
                row, tau = n + round(delays[i, j] / DT), 0.0
            if row < N_STEPS:
                m0[row, b, j] += weights[i, j]
                m1[row, b, j] += weights[i, j] * tau
                d_weights[i, j] += c0[row, b, j] + tau * c1[row, b, j]
                d_delays[i, j] += weights[i, j] * c1[row, b, j]
    return m0, m1, d_weights, d_delays


@pytest.mark.parametrize("name", LISTS)
def test_values_and_gradients(name: str, x64: None) -> None:
    compare(scaled(LISTS[name]()), RULES["precise"])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", ["few units", "one each, some lost"])
def test_in_blocks_under_every_rule(name: str, rule: str, x64: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delayed_events, "AT_ONCE", 30)
    compare(scaled(LISTS[name]()), RULES[rule])


@pytest.mark.parametrize("rule", RULES)
def test_events_without_offsets_sit_on_the_grid(rule: str, x64: None) -> None:
    compare(without_offsets(LISTS["few units"]()), RULES[rule])


def compare(events: Events, rule: Any) -> None:
    rng = np.random.default_rng(4)
    weights, delays = rng.normal(size=(events.n_units, N_POST)), some_delays(events.n_units)
    cotangents = rng.normal(size=(2, N_STEPS, BATCH, N_POST))

    def score(weights: Any, delays: Any) -> Any:
        m0, m1 = project_delayed(events, weights, delays, DT, rule)
        assert (m1 is None) == (not rule.timed)
        total = jnp.sum(m0 * cotangents[0]) + (0.0 if m1 is None else jnp.sum(m1 * cotangents[1]))
        return total, (m0, m1)

    if not rule.timed:
        cotangents[1] = 0.0
    gradient = jax.jit(jax.grad(score, (0, 1), has_aux=True))
    (d_weights, d_delays), (m0, m1) = gradient(jnp.asarray(weights), jnp.asarray(delays))
    want = by_hand(events, weights, delays, rule, cotangents)
    got = m0, jnp.zeros_like(m0) if m1 is None else m1, d_weights, d_delays
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_round_off_of_float32_moves_no_event_to_another_step() -> None:
    """Delays of whole steps of 0.1 ms, none of which float32 can hold."""
    dt, n_steps = 0.1, 400
    steps = np.arange(0, 350, 7)
    lists = jnp.zeros((1, 1), jnp.int32), jnp.zeros((1, 1), jnp.int32), jnp.zeros((1, 1), jnp.float32)
    events = Events(*lists, n_units=1, n_steps=n_steps, one_each=False, most=1)
    delays = jnp.asarray(steps * dt, jnp.float32)[None]
    m0, m1 = project_delayed(events, jnp.ones((1, len(steps)), jnp.float32), delays, dt, Precise())
    np.testing.assert_array_equal(np.asarray(m0)[:, 0].argmax(axis=0), steps)
    assert float(jnp.abs(m1).max()) < 1e-4


def test_memory_does_not_grow_with_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is added up block by block is not kept for the way back."""
    n_steps, n_post, sizes = 200, 32, []
    rng = np.random.default_rng(0)
    step = jnp.asarray(np.sort(rng.integers(0, n_steps, (4, 256))), jnp.int32)
    events = Events(
        step, jnp.zeros_like(step), jnp.zeros(step.shape), n_units=4, n_steps=n_steps, one_each=False, most=9
    )

    def score(weights: Any, delays: Any) -> Any:
        return sum(jnp.sum(m**2) for m in project_delayed(events, weights, delays, 1.0, Precise()))

    given = jnp.ones((4, n_post)), jnp.full((4, n_post), 1.5)
    for at_once in (2**20, 2**10):  # all events at once; 32 blocks
        monkeypatch.setattr(delayed_events, "AT_ONCE", at_once)
        jax.clear_caches()
        analysis: Any = jax.jit(jax.grad(score, (0, 1))).lower(*given).compile().memory_analysis()
        sizes.append(analysis.temp_size_in_bytes)
    stacked = 4 * n_steps * 4 * n_post  # one array (T, batch, n_post)
    assert sizes[1] < sizes[0] + 8 * stacked
