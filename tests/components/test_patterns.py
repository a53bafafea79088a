"""Patterns of connections: pairs for sparse synapses, profiles for dense ones, and what each costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import AllButSelfSynapse, DenseSynapse, SparseSynapse, block_pairs, grid_pairs, ring_pairs


def matrix(arguments: dict[str, Any]) -> np.ndarray:
    with ng.Context("net"):
        w = SparseSynapse("w", **arguments, weights=1.0)
    return np.asarray(w.transmit(np.eye(w.sizes[0]), w.weights.get()))


def test_blocks():
    got = matrix(block_pairs((5, 4), 2))
    np.testing.assert_array_equal(got, np.kron(np.eye(2), np.ones((3, 2)))[:5])
    with ng.Context("net"):
        mask = DenseSynapse("w", shape=(5, 4), weights=1.0, mask=ng.init.Blocks(2)).mask.get()
    np.testing.assert_array_equal(got, mask)


@pytest.mark.parametrize("own", [False, True], ids=["others", "self too"])
def test_rings(own: bool):
    got = matrix(ring_pairs(7, 2, self_connections=own))
    want = sum(np.roll(np.eye(7), d, axis=1) for d in (-2, -1, 1, 2, *([0] if own else [])))
    np.testing.assert_array_equal(got, want)
    np.testing.assert_array_equal(matrix(ring_pairs(4, 9)), 1.0 - np.eye(4))


@pytest.mark.parametrize("wraps", [False, True], ids=["edges", "torus"])
def test_grids(wraps: bool):
    rows, columns, radius = 4, 5, 1.5
    got = matrix(grid_pairs((rows, columns), radius, wraps=wraps))
    at = np.stack(np.unravel_index(np.arange(20), (rows, columns)), 1)
    gap = np.abs(at[:, None] - at[None])
    gap = np.minimum(gap, [rows, columns] - gap) if wraps else gap
    want = (np.hypot(*np.moveaxis(gap, 2, 0)) <= radius) & ~np.eye(20, dtype=bool)
    np.testing.assert_array_equal(got, want)


def test_a_mexican_hat_excites_near_and_inhibits_far():
    with ng.Context("net"):
        w = DenseSynapse("w", shape=(100, 100), weights=ng.init.MexicanHat(2.0, 1.0, 0.03, 0.1))
    profile = np.asarray(w.weights.get())[0]
    d = np.minimum(np.arange(100), 100 - np.arange(100)) / 100
    want = 2.0 * np.exp(-(d**2) / (2 * 0.03**2)) - np.exp(-(d**2) / (2 * 0.1**2))
    np.testing.assert_allclose(profile[1:], want[1:], rtol=1e-4, atol=1e-6)
    assert profile[0] == 0 and profile[2] > 0 > profile[8]
    np.testing.assert_allclose(np.asarray(w.weights.get())[30], np.roll(profile, 30), rtol=1e-4, atol=1e-6)
    assert ng.Context.from_yaml(w.context.to_yaml()).to_yaml() == w.context.to_yaml()


def test_all_but_self_takes_one_number_for_each_unit():
    with ng.Context("net") as net:
        w = AllButSelfSynapse("w", n_units=1000, weights=-120.0)
        drawn = AllButSelfSynapse("drawn", n_units=1000, weights=ng.init.FanInNormal(2.0))
    assert w.weights.get().shape == (1000,)
    assert np.std(drawn.weights.get()) == pytest.approx(2.0 * 999**-0.5, rel=0.07)
    s = np.zeros((1, 1000), "f")
    s[0, 3] = 1.0
    w.inputs.set(s)
    net.advance.run()
    np.testing.assert_array_equal(w.outputs.get(), np.where(s == 1, 0.0, -120.0))
    with pytest.raises(ng.GraphError, match="shares its weights"):
        w.incoming(s[0] == 1)


def test_refused():
    with pytest.raises(ng.GraphError, match="5 blocks need as many units"):
        block_pairs((4, 8), 5)
    with pytest.raises(ng.GraphError, match="`radius` must be an integer >= 0"):
        ring_pairs(4, -1)
    with pytest.raises(ng.GraphError, match="`radius` must be finite"):
        grid_pairs((2, 2), float("nan"))
    with pytest.raises(ng.GraphError, match="0 < near < far"):
        ng.init.MexicanHat(near=0.2, far=0.1)
    with pytest.raises(ng.GraphError, match="Blocks fills a matrix of at least"), ng.Context("net"):
        DenseSynapse("w", shape=(2, 3), weights=ng.init.Blocks(3))
