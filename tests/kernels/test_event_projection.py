"""Events through a matrix equal a dense product, forward and backward, on whichever way they go."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from event_examples import BATCH, LISTS, N_STEPS, by_hand, random_events, without_offsets

from ngcsnn.kernels import event_projection, project, ragged_sums

ALWAYS_DENSE, NEVER_DENSE = 1e9, 0.0
WAYS = [(event_projection, name) for name in ("_dense", "_dense_back", "_gathered", "_by_column", "_by_unit")]


def forth_and_back(events, weights, cotangents):
    """(m0, m1, weight gradient)."""
    moments, back = jax.vjp(lambda w: project(events, w), weights)
    return *moments, back(cotangents)[0]


@partial(jax.jit, static_argnames="constants")
def compiled(events, weights, cotangents, constants):
    """Once for all lists of one shape. constants: those of the module."""
    return forth_and_back(events, weights, cotangents)


def arguments(events, n_post=4):
    rng = np.random.default_rng(5)
    weights = jnp.asarray(rng.normal(size=(events.n_units, n_post)))
    d0, d1 = jnp.asarray(rng.normal(size=(2, N_STEPS, BATCH, n_post)))
    return events, weights, (d0, None if events.offset is None else d1)


def run(events, n_post=4):
    """(m0, m1, the weight gradient for random cotangents of both) through `project`, and by dense products."""
    given = arguments(events, n_post)
    got = compiled(*given, constants=(event_projection.GATHER, ragged_sums.CACHE))
    counts, offsets = by_hand(events)
    _, weights, (d0, d1) = given
    want = counts @ weights, offsets @ weights, np.einsum("tbi,tbj->ij", counts, d0)
    if d1 is None:
        return got, (want[0], None, want[2])
    return got, (*want[:2], want[2] + np.einsum("tbi,tbj->ij", offsets, d1))


def check(got, want, **tolerance):
    for ours, theirs in zip(got, want, strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            np.testing.assert_allclose(ours, theirs, **(tolerance or {"rtol": 1e-13, "atol": 1e-13}))


def ways(events, monkeypatch):
    """Which ways are gone, forward and back; nothing is computed."""
    gone = set()

    def spy(name, original):
        def called(*given):
            gone.add(name)
            return original(*given)

        return called

    with monkeypatch.context() as patch:
        for owner, name in WAYS:
            patch.setattr(owner, name, spy(name, getattr(owner, name)))
        jax.eval_shape(lambda *given: forth_and_back(*given), *arguments(events))  # traced anew
    return gone


@pytest.mark.parametrize("name", LISTS)
def test_equals_dense_products(name, x64):
    events = LISTS[name]()
    assert by_hand(events)[0].sum() > 5
    check(*run(events))
    check(*run(without_offsets(events)))


DENSE = {"_dense", "_dense_back"}
CHOSEN = {
    "few units": DENSE,
    "many units": {"_gathered", "_by_unit"} | DENSE,
    "one busy unit": {"_by_unit"} | DENSE,
    "one each": {"_by_column"} | DENSE,
}  # what is traced: where there is a choice by platform, both


@pytest.mark.parametrize("name", CHOSEN)
def test_shapes_choose_the_way(name, monkeypatch):
    """So the lists above go all of them."""
    assert ways(LISTS[name](), monkeypatch) == CHOSEN[name]


@pytest.mark.parametrize("factor", [ALWAYS_DENSE, NEVER_DENSE], ids=["dense", "lists"])
@pytest.mark.parametrize("name", ["few units", "one busy unit"])
def test_the_way_does_not_change_the_result(name, factor, monkeypatch, x64):
    monkeypatch.setattr(event_projection, "GATHER", factor)
    check(*run(LISTS[name]()))
    assert ways(LISTS[name](), monkeypatch) == (DENSE if factor else DENSE | {"_gathered", "_by_unit"})


@pytest.mark.parametrize("name", ["many units", "one each"])
def test_one_postsynaptic_unit(name, x64):
    check(*run(LISTS[name](), n_post=1))


def test_gathers_on_a_cpu_and_multiplies_elsewhere():
    """Seen in what is lowered: loops over gathered rows, or dense products."""
    given = arguments(LISTS["many units"]())

    def lowered(platform):
        return jax.jit(forth_and_back).trace(*given).lower(lowering_platforms=(platform,)).as_text()

    assert "while" in lowered("cpu") and "dot_general" not in lowered("cpu")
    assert lowered("cuda").count("dot_general") == 4


@pytest.mark.parametrize("cache", [1, 16 * 4 * 4], ids=["rows one at a time", "a last block filled up"])
def test_blocks_do_not_change_the_result(cache, monkeypatch, x64):
    monkeypatch.setattr(ragged_sums, "CACHE", cache)
    check(*run(LISTS["many units"]()))


def test_units_without_events_get_no_gradient(x64):
    events = random_events(n_units=200)
    d_weights = np.asarray(run(events)[0][2])
    silent = by_hand(events)[0].sum(axis=(0, 1)) == 0
    assert silent[0] and 0 < silent.sum() < 200
    assert not np.any(d_weights[silent]) and np.all(np.any(d_weights[~silent], axis=1))


@pytest.mark.parametrize("name", ["few units", "many units", "one each"])
def test_no_events_at_all(name, x64):
    events = LISTS[name]()
    nothing = replace(events, unit=jnp.full_like(events.unit, events.n_units))
    got, _ = run(nothing)
    assert not any(np.any(a) for a in got)


@pytest.mark.parametrize("n_units", [50, 2**30], ids=["packed", "argsort"])
def test_order_sorts_the_units(n_units):
    unit = jnp.asarray(np.random.default_rng(0).integers(0, 50, 70), jnp.int32)
    order = np.asarray(event_projection._order(unit, n_units))
    np.testing.assert_array_equal(np.sort(order), np.arange(70))
    np.testing.assert_array_equal(np.asarray(unit)[order], np.sort(unit))


@pytest.mark.parametrize("name", ["few units", "many units", "one each"])
def test_float32_stays_float32(name):
    events = LISTS[name]()
    got, want = run(events)
    assert all(a.dtype == np.float32 for a in got)
    check(got, want, rtol=1e-5, atol=1e-5)
