"""SparseSynapse: which units it connects, what it keeps and how much, products with it and their gradients."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.components import LICell, SparseSynapse, SpikeSource
from ngcsnn.components.synapses import sparse_product as sp
from ngcsnn.io import load_weights

RNG = np.random.default_rng(0)


def synapse(seed: Any = 0, name: Any = "w", **arguments: Any) -> Any:
    given = {"shape": (4, 3), "weights": 0.5, **arguments}
    if not {"pre", "post", "probability"} & set(given):
        given["probability"] = 0.5
    with ng.Context("net", seed=seed) as net:
        w = SparseSynapse(name, **given)
    return net, w


# --- which units it connects ------------------------------------------------------------------------------------------
def test_drawn_pairs_are_many_distinct_and_those_of_seed_and_name():
    _, w = synapse(shape=(300, 200), probability=0.1)
    pre, post = w.connections()
    assert w.weights.shape == pre.shape == post.shape
    assert len(set(zip(pre.tolist(), post.tolist(), strict=True))) == len(pre)
    sd = np.sqrt(60000 * 0.1 * 0.9)
    assert abs(len(pre) - 6000) < 4 * sd
    for units, n in ((pre, 300), (post, 200)):
        degree = np.bincount(units, minlength=n)
        assert len(degree) == n and abs(degree - 6000 / n).max() < 5 * np.sqrt(6000 / n)
    same = synapse(shape=(300, 200), probability=0.1)[1].connections()
    assert np.array_equal(pre, same[0]) and np.array_equal(post, same[1])
    for other in ({"seed": 1}, {"name": "v"}):
        assert not np.array_equal(post, synapse(shape=(300, 200), probability=0.1, **other)[1].connections()[1])


def test_every_pair_with_probability_one_and_none_to_itself_where_not_wanted():
    pre, post = synapse(shape=(5, 5), probability=1.0)[1].connections()
    assert sorted(zip(pre, post, strict=True)) == list(np.ndindex(5, 5))
    pre, post = synapse(shape=(5, 5), probability=1.0, self_connections=False)[1].connections()
    assert sorted(zip(pre, post, strict=True)) == [(i, j) for i, j in np.ndindex(5, 5) if i != j]


def test_given_pairs_keep_their_order():
    _, w = synapse(pre=[3, 0, 3], post=np.array([2, 1, 0]), weights=[0.1, 0.2, 0.3])
    assert [x.tolist() for x in w.connections()] == [[3, 0, 3], [2, 1, 0]]
    w.inputs.set([[1.0, 0.0, 0.0, 2.0]])
    w.advance()
    np.testing.assert_allclose(w.outputs.get(), [[0.6, 0.2, 0.2]])
    assert repr(w).startswith(
        "SparseSynapse('w', shape=(4, 3), weights=[0.1, 0.2, 0.3], self_connections=True, pre=(3, 0, 3),"
    )


def test_initialisers_know_the_mean_number_of_inputs():
    _, w = synapse(shape=(400, 300), probability=0.1, weights=ng.init.FanInNormal(gain=2.0, mean=4.0))
    drawn = np.asarray(w.weights.get())
    n_in = round(len(drawn) / 300)
    assert drawn.mean() == pytest.approx(4.0 / n_in, abs=0.02)
    assert drawn.std() == pytest.approx(2.0 / np.sqrt(n_in), rel=0.03)
    plain = np.asarray(synapse(shape=(400, 300), probability=0.1, weights=ng.init.Normal(0.0, 1.0))[1].weights.get())
    assert plain.std() == pytest.approx(1.0, rel=0.03)


BAD = {
    "neither": ({"probability": None}, "give either `probability` or the indices `pre` and `post`"),
    "both": ({"probability": 0.5, "pre": [0], "post": [0]}, "give either `probability` or the indices"),
    "above one": ({"probability": 1.5}, "`probability` must be between 0 and 1, got 1.5"),
    "below zero": ({"probability": -0.1}, "`probability` must be between 0 and 1, got -0.1"),
    "none drawn": ({"probability": 0.0}, "`probability` 0.0 gave none of the 4 x 3 possible synapses with seed 0"),
    "no post": ({"pre": [0]}, "`post` is missing"),
    "no pre": ({"post": [0]}, "`pre` is missing"),
    "empty": ({"pre": [], "post": []}, "`pre` must be a list of integers from 0 to 3, one for each synapse; got none"),
    "lengths": ({"pre": [0, 1], "post": [0, 1, 2]}, "of one length, got 2 and 3 indices"),
    "pre too large": ({"pre": [0, 4], "post": [0, 1]}, "`pre` must be a list of integers from 0 to 3, got 4 at 1"),
    "post too large": ({"pre": [0, 3], "post": [0, 3]}, "`post` must be a list of integers from 0 to 2, got 3 at 1"),
    "negative": ({"pre": [-1], "post": [0]}, "`pre` must be a list of integers from 0 to 3, got -1 at 0"),
    "no integer": ({"pre": [0.5], "post": [0]}, "`pre` must be a list of integers from 0 to 3, got 0.5 at 0"),
    "twice": ({"pre": [1, 0, 1], "post": [2, 2, 2]}, "name a synapse twice: 1 -> 2 (at 0 and 2)"),
    "self, given": ({"pre": [0], "post": [1], "self_connections": False}, "`self_connections` applies to drawn"),
    "self, not square": ({"self_connections": False}, "applies to a population's synapses to itself, not to (4, 3)"),
    "weights": ({"pre": [0, 1], "post": [0, 1], "weights": np.ones((4, 3))}, "`weights` must have shape (2,)"),
    "shape": ({"shape": (4,)}, "`shape` must be two positive integers (n_pre, n_post), got (4,)"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments_are_refused(name):
    arguments, message = BAD[name]
    with pytest.raises(ng.GraphError, match=re.escape(message)) as error:
        synapse(**arguments)
    assert str(error.value).startswith("SparseSynapse 'w': ")


# --- what it keeps ----------------------------------------------------------------------------------------------------
ARGUMENTS = {"drawn": {"probability": 0.3}, "given": {"pre": [3, 0, 2, 1], "post": [2, 1, 0, 2]}}


def network(seed: Any = 0, **arguments: Any) -> ng.Context:
    with ng.Context("net", seed=seed) as net:
        source, out = SpikeSource("input", n_units=30), LICell("output", n_units=20)
        w = SparseSynapse("w", **{"shape": (30, 20), "weights": ng.init.Normal(), **arguments})
        source.s >> w.inputs
        w.outputs >> out.syn
    return net


@pytest.mark.parametrize("name", ARGUMENTS)
def test_it_is_saved_and_described_with_its_connections(name, tmp_path):
    net = network(**ARGUMENTS[name])
    w = net.find("w")
    w.weights.set(RNG.normal(size=w.weights.shape))  # as training leaves it
    net.save(tmp_path / "model")
    for again in (ng.Context.load(tmp_path / "model"), ng.Context.from_yaml(net.to_yaml())):
        assert again.to_yaml() == net.to_yaml()
        for key in net.state["w"]:
            if key != "weights":
                assert again.state["w"][key].dtype == net.state["w"][key].dtype
                np.testing.assert_array_equal(again.state["w"][key], net.state["w"][key], err_msg=key)
        for a, b in zip(again.find("w").connections(), w.connections(), strict=True):
            np.testing.assert_array_equal(a, b)
    loaded = ng.Context.load(tmp_path / "model").find("w")
    np.testing.assert_array_equal(loaded.weights.get(), w.weights.get())


def test_weights_of_another_wiring_come_with_it_or_are_refused(tmp_path):
    pairs = {"pre": [3, 0, 2, 1], "post": [2, 1, 0, 2]}
    net, other = network(**pairs), network(pre=[5, 6, 7, 8], post=[2, 1, 0, 2])
    net.save(tmp_path / "model")
    load_weights(other, tmp_path / "model")
    assert [x.tolist() for x in other.find("w").connections()] == list(pairs.values())
    with pytest.raises(ValueError, match="w.weights has shape"):
        load_weights(network(seed=1, probability=0.3), tmp_path / "model")


def test_indices_are_whole_fixed_and_not_trained():
    net = network(probability=0.3)
    w = net.find("w")
    indices = [c for c in w.compartments.values() if c.role == "param" and c.name != "weights"]
    assert len(indices) == 6 and all(c.get().dtype.kind in "iu" for c in indices)
    with pytest.raises(ng.GraphError, match="`pre` of 'w' is fixed when the component is made"):
        w.pre = (0,)
    x, y = {"input": RNG.random((4, 10, 30)) < 0.2}, {"output": np.arange(4)}
    compiled = EventPropCompiler(10, {"output": "sparse_categorical_crossentropy"}, batch_size=4).compile(net)
    assert compiled.names == {"w": ("weights",)}
    before = net.state["w"]
    first, _ = compiled.train(x, y, num_epochs=1, callbacks=[])
    last, _ = compiled.train(x, y, num_epochs=20, callbacks=[])
    assert last["loss"] < first["loss"]
    for c in indices:
        np.testing.assert_array_equal(before[c.name], net.state["w"][c.name])


# --- how much ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["drawn", "hubs"])
def test_memory_grows_with_the_number_of_synapses(kind):
    """Also where one unit receives from all, and one sends to all."""
    n = 1000
    if kind == "drawn":
        _, w = synapse(shape=(n, n), probability=0.005)
    else:
        line, zeros = np.arange(1, n), np.zeros(n - 1, int)
        _, w = synapse(shape=(n, n), pre=np.append(line, zeros), post=np.append(zeros, line))
    count = w.weights.shape[0]
    kept = sum(c.get().nbytes for c in w.compartments.values() if c.role == "param")
    assert count < 6000 and kept <= 4 * count + (6 + 6) * (3 * count + 3 * n) + 8 * n
    m = jnp.ones((16, n))
    tables = [w._table(name) for name in ("arriving", "leaving")]

    def loss(m, weights):
        return jnp.sum(sp.sparse_product(m, weights, *tables) ** 2)

    compiled = jax.jit(jax.grad(loss, (0, 1))).lower(m, w.weights.get()).compile()
    analysis: Any = compiled.memory_analysis()
    temporary = analysis.temp_size_in_bytes
    assert temporary < 60 * (3 * count + 2 * n) + 20 * m.nbytes < 4 * n * n


def test_tables_of_drawn_synapses_take_three_times_what_their_weights_do():
    """Both ends in two bytes, and the numbers of the synapses of one side; rows are filled up by 40 % or so."""
    _, w = synapse(shape=(2000, 2000), probability=0.01)
    kept = sum(c.get().nbytes for c in w.compartments.values() if c.role == "param")
    assert kept < 4.2 * w.weights.get().nbytes


@pytest.mark.parametrize("degrees", [[3, 3, 3, 3], [0, 1, 9, 0, 2], [1], [40] + 39 * [1]], ids=str)
def test_a_table_lists_each_synapse_of_each_unit_once(degrees):
    unit = RNG.permutation(np.repeat(np.arange(len(degrees)), degrees))
    other = RNG.integers(0, 50, len(unit))
    table = sp.make_table(unit, other, len(degrees))
    synapses, others, _ = table
    owner = np.broadcast_to(np.append(np.arange(len(degrees)), table.owners), synapses.shape)
    there = synapses < len(unit)
    assert sorted(synapses[there].tolist()) == list(range(len(unit)))
    np.testing.assert_array_equal(owner[there], unit[synapses[there]])
    np.testing.assert_array_equal(others[there], other[synapses[there]])
    assert np.all(synapses[~there] == len(unit)) and np.all(others[~there] == 0)
    assert synapses.size <= 3 * len(unit) + 2 * len(degrees) and np.all(np.diff(table.owners) >= 0)


# --- products ---------------------------------------------------------------------------------------------------------
def problem(rows: int, dtype: Any = np.float64) -> Any:
    n_pre, n_post = 20, 13
    pair = RNG.permutation(n_pre * n_post)[:70]
    pair = np.unique(np.append(pair, np.arange(n_pre) * n_post + 5))  # unit 5 receives from all
    pre, post = pair // n_post, pair % n_post
    tables = sp.make_table(post, pre, n_post), sp.make_table(pre, post, n_pre)
    m, weights, c = (RNG.normal(size=s).astype(dtype) for s in ((rows, n_pre), len(pair), (rows, n_post)))
    matrix = np.zeros((n_pre, n_post), dtype)
    matrix[pre, post] = weights
    return m, weights, c, tables, matrix, (pre, post)


@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
@pytest.mark.parametrize("rows", [1, sp.BLOCK, sp.BLOCK + 1, 3 * sp.BLOCK - 5])
def test_products_and_gradients_are_those_of_the_matrix(rows, dtype, x64):
    m, weights, c, tables, matrix, pairs = problem(rows, dtype)
    out, back = jax.vjp(lambda m, w: sp.sparse_product(m, w, *tables), m, weights)
    tolerance = 1e-4 if dtype == np.float32 else 1e-11
    assert tables[0].owners.size and out.dtype == dtype
    for got, want in zip((out, *back(c)), (m @ matrix, c @ matrix.T, (m.T @ c)[pairs]), strict=True):
        assert got.dtype == dtype
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


def test_what_other_devices_run_is_the_same(monkeypatch, x64):
    """Without blocks of rows."""
    m, weights, c, tables, matrix, pairs = problem(2 * sp.BLOCK)
    chosen = []

    def elsewhere(*operands, cpu, default):
        chosen.append(default)
        return default(*operands)

    monkeypatch.setattr(sp.lax, "platform_dependent", elsewhere)
    gathered, correlated = (getattr(f, "__wrapped__") for f in (sp.gathered, sp.correlated))  # noqa: B009
    m, weights, c = (jnp.asarray(a) for a in (m, weights, c))
    np.testing.assert_allclose(gathered(m, weights, tables[0]), m @ matrix, rtol=1e-11, atol=1e-11)
    np.testing.assert_allclose(correlated(m, c, weights, tables[0]), (m.T @ c)[pairs], rtol=1e-11, atol=1e-11)
    assert len(chosen) == 2


def test_products_can_be_mapped_over():
    m, weights, _, tables, matrix, _ = problem(6, np.float32)
    out = jax.vmap(lambda m: sp.sparse_product(m, weights, *tables))(m.reshape(2, 3, -1))
    np.testing.assert_allclose(out.reshape(6, -1), m @ matrix, rtol=1e-4, atol=1e-4)


def test_values_and_moments_share_a_block_while_they_fit():
    _, w = synapse()
    assert w.in_one_call(sp.BLOCK // 2) and not w.in_one_call(sp.BLOCK // 2 + 1)
