"""Associative memories: storage rules with their capacities, and modern ones of exponential capacity."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import (
    AssociativeMemoryRule,
    DenseSynapse,
    HopfieldRule,
    RateCell,
    SparseSynapse,
    TransposedSynapse,
)

pytestmark = pytest.mark.usefixtures("x64")


def patterns(number: int, n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice([-1.0, 1.0], (number, n))


def stored(x: np.ndarray, times: int = 1, batch: int = 1, own: dict[str, Any] | None = None, **arguments: Any) -> Any:
    """The synapse after the patterns x were shown."""
    n = x.shape[1]
    with ng.Context("net") as net:
        w = DenseSynapse("w", shape=(n, n), weights=0.0) if own is None else SparseSynapse("w", **own, weights=0.0)
        rule = HopfieldRule("rule", synapse=w, **arguments)
        rule.dweights >> w.dweights
    net.reset(batch_size=batch)
    rows = np.tile(x.reshape(-1, batch, n), (times, 1, 1))
    (net.process("learn") >> net.evolve).scan({"rule.pre": rows, "rule.post": rows})
    return w


def overlap(w: np.ndarray, x: np.ndarray, flips: float = 0.0) -> float:
    """How much of each pattern is left, on the mean, where the network settles from it (one unit after another)."""
    rng = np.random.default_rng(9)
    y = np.where(rng.random(x.shape) < flips, -x, x)
    for _ in range(12):
        before = y.copy()
        for i in rng.permutation(x.shape[1]):
            y[:, i] = np.where(y @ w[:, i] >= 0, 1.0, -1.0)
        if np.array_equal(before, y):
            break
    return float(np.mean(y * x))


def test_outer_products_by_hand():
    x = patterns(3, 6)
    want = x.T @ x / 6 * (1 - np.eye(6))
    np.testing.assert_allclose(stored(x).weights.get(), want, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(stored(x, batch=3, reduce="sum").weights.get(), want, rtol=1e-12, atol=1e-12)


def test_storkeys_rule_by_hand():
    x, n = patterns(4, 7), 7
    w = np.zeros((n, n))
    for p in x:
        h = np.array([[sum(w[i, k] * p[k] for k in range(n) if k not in (i, j)) for j in range(n)] for i in range(n)])
        w = w + (np.outer(p, p) - p[:, None] * h.T - h * p[None]) / n * (1 - np.eye(n))
    np.testing.assert_allclose(stored(x, storage="storkey").weights.get(), w, rtol=1e-10, atol=1e-12)


def test_the_capacity_is_that_of_the_theory():
    """0.138 n (Amit, Gutfreund & Sompolinsky): patterns hold below it and are lost above it."""
    n = 300
    held = {load: overlap(np.asarray(stored(patterns(round(load * n), n)).weights.get()), patterns(round(load * n), n))
            for load in (0.08, 0.11, 0.22)}  # fmt: skip
    assert held[0.08] > 0.995 and held[0.11] > 0.95 and held[0.22] < 0.6
    few = patterns(20, n)
    assert overlap(np.asarray(stored(few).weights.get()), few, flips=0.2) > 0.995, "corrects errors"


def test_other_rules_store_more():
    n = 120
    x = patterns(round(0.3 * n), n)
    by = {kind: np.asarray(stored(x, storage=kind).weights.get()) for kind in ("hebbian", "storkey")}
    by["projection"] = np.asarray(stored(x, times=30, storage="projection").weights.get())
    held = {kind: overlap(w, x) for kind, w in by.items()}
    assert held["hebbian"] < 0.75 and held["storkey"] > 0.9 and held["projection"] > 0.999
    np.testing.assert_allclose(np.sign(x @ by["projection"]), x)


def test_a_diluted_network_stores_in_what_it_has():
    own = {"shape": (5, 5), "pre": [0, 0, 2, 3, 4], "post": [1, 0, 3, 2, 4]}
    x = patterns(2, 5)
    got = stored(x, own=own).weights.get()
    want = (x.T @ x / 5)[own["pre"], own["post"]] * (np.array(own["pre"]) != own["post"])
    np.testing.assert_allclose(got, want, rtol=1e-12)


# --- modern Hopfield networks -----------------------------------------------------------------------------------------
def memory(n: int, slots: int, batch: int, beta: float) -> tuple[ng.Context, dict[str, Any]]:
    with ng.Context("net") as net:
        cell = RateCell("pattern", n_units=n, instant=True)
        w = DenseSynapse("w", shape=(n, slots), weights=0.0)
        match = RateCell("match", n_units=slots, instant=True, nonlinearity="softmax")
        back = TransposedSynapse("back", synapse=w)
        rule = AssociativeMemoryRule("rule", synapse=w)
        cell.r >> w.inputs
        beta * w.outputs >> match.j
        match.r >> back.inputs
        w.weights >> back.tied
        rule.dweights >> w.dweights
    net.reset(batch_size=batch)
    parts: dict[str, Any] = {**net.components}
    recall = net.process("recall")
    for name in ("w", "match", "back"):
        recall >> parts[name].advance
    return net, parts


def test_it_holds_exponentially_many_patterns_and_finds_them_in_one_step():
    n, number = 32, 200  # the classical network holds 4
    x = patterns(number, n)
    net, parts = memory(n, number, 40, beta=1.0)
    learn = net.process("learn") >> parts["rule"].advance >> net.evolve
    learn.scan({"rule.pre": x.reshape(5, 40, n)})
    np.testing.assert_array_equal(np.asarray(parts["w"].weights.get()).T, x)
    found = []
    for rows in x.reshape(5, 40, n):
        noisy = rows.copy()
        noisy[:, :4] *= -1  # an eighth of the units is wrong
        parts["pattern"].r.set(noisy)
        net.processes["recall"].run()
        found.append(np.sign(parts["back"].outputs.get()))
    assert np.mean(np.all(np.concatenate(found) == x, 1)) > 0.97


def test_the_energy_falls():
    """E = -ln(sum_k exp(beta x w_k)) / beta + |x|^2 / 2, Ramsauer et al. 2021, never rises."""
    rng, beta = np.random.default_rng(1), 2.0
    w = rng.normal(size=(6, 9))
    net, parts = memory(6, 9, 1, beta)
    parts["w"].weights.set(w)
    x, energies = rng.normal(size=(1, 6)) * 2, []
    for _ in range(12):
        energies.append(float(-np.log(np.exp(beta * x @ w).sum()) / beta + 0.5 * np.sum(x**2)))
        parts["pattern"].r.set(x)
        net.processes["recall"].run()
        x = np.asarray(parts["back"].outputs.get())
    assert np.all(np.diff(energies) < 1e-12) and energies[0] - energies[-1] > 1.0


def test_the_oldest_memory_gives_way_and_the_modulator_chooses():
    net, parts = memory(3, 4, 3, 1.0)
    learn = net.process("learn") >> parts["rule"].advance >> net.evolve
    x = np.arange(18.0).reshape(2, 3, 3) + 1
    learn.scan({"rule.pre": x, "rule.modulator": np.array([[1, 0, 1], [1, 1, 1]])[..., None]})
    want = np.stack([x[1, 2], x[0, 2], x[1, 0], x[1, 1]], 1)
    np.testing.assert_array_equal(parts["w"].weights.get(), want)
    net.reset(batch_size=5)
    with pytest.raises(ng.GraphError, match="5 samples do not fit into 4 units"):
        learn.run({"rule.pre": np.ones((5, 3))})


def test_refused():
    with ng.Context("net"):
        w = DenseSynapse("w", shape=(3, 4), weights=0.0)
        with pytest.raises(ng.GraphError, match="leads from 3 to 4 units"):
            HopfieldRule("rule", synapse=w)
        with pytest.raises(ng.GraphError, match="`reduce` does not apply"):
            AssociativeMemoryRule("rule", synapse=w, reduce="sum")
