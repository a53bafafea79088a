"""Delayed copies of a list of events against the same events shifted by hand, each through its own matrix."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from event_examples import BATCH, LISTS, N_STEPS, without_offsets
from test_delayed_events import DT, N_POST, RULES, by_hand, scaled

from ngcsnn.credit import Precise
from ngcsnn.kernels import Events, project_copies

SPACINGS = {"fractions": 0.8, "whole steps": 2 * DT, "longer than the trial": N_STEPS * DT, "half steps": DT / 2}


def compare(events: Events, spacing: float, rule: Any) -> None:
    n, copies = events.n_units, 4
    rng = np.random.default_rng(2)
    weights, cotangents = rng.normal(size=(copies, n, N_POST)), rng.normal(size=(2, N_STEPS, BATCH, N_POST))
    delays = np.arange(copies)[:, None] * spacing
    carries = rule.within_step and (events.offset is not None or spacing % DT > 0)

    def score(weights: Any) -> Any:
        m0, m1 = project_copies(events, weights, delays, DT, rule)
        total = jnp.sum(m0 * cotangents[0]) + (0.0 if m1 is None else jnp.sum(m1 * cotangents[1]))
        return total, (m0, m1)

    gradient, (m0, m1) = jax.jit(jax.grad(score, has_aux=True))(jnp.asarray(weights))
    if not carries:
        cotangents[1] = 0.0
    each = [
        by_hand(events, w, np.full((n, N_POST), d), rule, cotangents) for w, (d,) in zip(weights, delays, strict=True)
    ]
    np.testing.assert_allclose(m0, sum(e[0] for e in each), rtol=1e-12, atol=1e-12)
    assert (m1 is not None) == carries
    if m1 is not None:
        np.testing.assert_allclose(m1, sum(e[1] for e in each), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(gradient, np.stack([e[2] for e in each]), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", LISTS)
def test_values_and_gradients(name: str, x64: None) -> None:
    compare(scaled(LISTS[name]()), SPACINGS["fractions"], RULES["precise"])


@pytest.mark.parametrize("spacing", SPACINGS)
def test_every_spacing(spacing: str, x64: None) -> None:
    compare(scaled(LISTS["many units"]()), SPACINGS[spacing], RULES["precise"])


@pytest.mark.parametrize("rule", ["grid", "surrogate"])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_on_the_grid_delays_are_rounded(rule: str, spacing: str, x64: None) -> None:
    compare(without_offsets(LISTS["few units"]()), SPACINGS[spacing], RULES[rule])


@pytest.mark.parametrize("spacing", ["fractions", "whole steps"])
def test_events_without_offsets(spacing: str, x64: None) -> None:
    compare(without_offsets(LISTS["many units"]()), SPACINGS[spacing], RULES["precise"])


@pytest.mark.parametrize("spacing", [1.0, 0.7], ids=["whole steps", "fractions"])
def test_memory_does_not_grow_with_the_copies(spacing: float) -> None:
    n_steps, n_post, n_units, sizes = 200, 32, 50, []
    rng = np.random.default_rng(0)
    shape = (4, 100)
    lists = np.sort(rng.integers(0, n_steps, shape)), rng.integers(0, n_units, shape), -rng.random(shape)
    events = Events(
        jnp.asarray(lists[0], jnp.int32), jnp.asarray(lists[1], jnp.int32), jnp.asarray(lists[2], jnp.float32),
        n_units=n_units, n_steps=n_steps, one_each=False, most=4,
    )  # fmt: skip

    def score(weights: Any) -> Any:
        delays = np.arange(len(weights))[:, None] * spacing
        return sum(jnp.sum(m**2) for m in project_copies(events, weights, delays, 1.0, Precise()))

    for copies in (2, 20):
        compiled = jax.jit(jax.grad(score)).lower(jnp.ones((copies, n_units, n_post))).compile()
        analysis: Any = compiled.memory_analysis()
        sizes.append(analysis.temp_size_in_bytes)
    weights, stacked = 4 * 20 * n_units * n_post, 4 * n_steps * 4 * n_post
    assert (
        sizes[1] - sizes[0] < 2 * weights + stacked
    )  # 18 more copies of what arrives would be 18 times `stacked`, twice
