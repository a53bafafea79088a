"""DeepR: the number of connections stays, signs never flip, and connections go where they are needed."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import yaml

import ngcsnn as ng
from ngcsnn.compilers import SurrogateCompiler
from ngcsnn.components import DenseSynapse, HebbianRule, LICell, LIFCell, SpikeSource
from ngcsnn.optim import SGD, Adam, DeepR, PerParameter, describe, from_description

RNG = np.random.default_rng(0)


def sparse(shape: tuple[int, ...] = (8, 10), number: int = 20, seed: int = 0) -> Any:
    rng, out = np.random.default_rng(seed), np.zeros(int(np.prod(shape)), "f")
    out[rng.choice(out.size, number, replace=False)] = rng.normal(size=number)
    return out.reshape(shape)


@pytest.mark.parametrize("inner", [SGD(0.1), Adam(0.05)], ids=["sgd", "adam"])
@pytest.mark.parametrize("jitted", [False, True], ids=["eager", "jit"])
def test_the_number_stays_and_no_sign_flips(inner: Any, jitted: bool) -> None:
    optimiser = DeepR(optimiser=inner, l1=0.01, temperature=1e-3, seed=3)
    params: Any = {"a": jnp.asarray(sparse()), "b": jnp.asarray(sparse((3, 2, 5), 7))}
    state = optimiser.init(params)
    signs, step = state.signs, jax.jit(optimiser.step) if jitted else optimiser.step
    changed = 0
    for n in range(30 if jitted else 3):
        rng = np.random.default_rng(n)
        before = params
        grads = {k: jnp.asarray(rng.normal(size=p.shape), p.dtype) for k, p in params.items()}
        state, params = step(state, params, grads)
        for name, number in (("a", 20), ("b", 7)):
            w = np.asarray(params[name])
            assert np.count_nonzero(w) == number and np.all(w * np.asarray(signs[name]) >= 0)
            changed += np.sum((w != 0) != (np.asarray(before[name]) != 0))
    assert changed > 10 or not jitted
    for old, new in zip(jax.tree.leaves(signs), jax.tree.leaves(state.signs), strict=True):
        np.testing.assert_array_equal(old, new)


def test_connections_move_as_the_inner_optimiser_says() -> None:
    w = sparse()
    optimiser = DeepR(optimiser=SGD(0.01), l1=0.5)
    gradient = RNG.normal(size=w.shape).astype("f")
    _, new = optimiser.step(optimiser.init(w), jnp.asarray(w), jnp.asarray(gradient))
    moved = np.where(w != 0, w - 0.01 * (gradient + 0.5 * np.sign(w)), 0.0)
    stays = moved * np.sign(w) > 0
    np.testing.assert_allclose(np.asarray(new)[stays], moved[stays], rtol=1e-6)
    started = (np.asarray(new) != 0) & ~stays
    np.testing.assert_allclose(np.abs(np.asarray(new)[started]), 1e-6, rtol=1e-5)
    assert started.sum() == 20 - stays.sum()


def test_every_free_place_is_as_likely() -> None:
    w = jnp.asarray([0.5, -1e-9, 0.0, 0.0, 0.0])
    drawn = np.zeros(5)
    for seed in range(60):
        optimiser = DeepR(optimiser=SGD(1.0), seed=seed)
        step = optimiser.step(optimiser.init(w), w, jnp.asarray([0.0, -1.0, 0.0, 0.0, 0.0]))[1]
        drawn += np.asarray(step) != 0
    assert drawn[0] == 60 and np.all(np.abs(drawn[1:] - 15) < 13)


def test_noise_has_the_variance_of_its_temperature() -> None:
    w = jnp.concatenate([jnp.full(4000, 10.0), jnp.zeros(10)])
    optimiser = DeepR(optimiser=SGD(0.04), temperature=0.5)
    _, new = optimiser.step(optimiser.init(w), w, jnp.zeros_like(w))
    assert float(jnp.std(new[:4000])) == pytest.approx(np.sqrt(2 * 0.04 * 0.5), rel=0.05)


@pytest.mark.parametrize("signs", ["units", "excitatory", "inhibitory"])
def test_signs_of_units(signs: str) -> None:
    w = np.abs(sparse()) * (np.array([1, -1] * 4)[:, None] if signs == "units" else 1 if signs == "excitatory" else -1)
    w[2] = 0.0
    optimiser = DeepR(optimiser=SGD(0.5), signs=signs)
    state, params = optimiser.init(jnp.asarray(w)), jnp.asarray(w)
    number = np.count_nonzero(w)
    for n in range(10):
        grads = jnp.asarray(np.random.default_rng(n).normal(size=w.shape), "float32")
        state, params = optimiser.step(state, params, grads)
        new = np.asarray(params)
        of_units = [set(np.sign(row[row != 0])) for row in new]
        assert np.count_nonzero(new) == number and all(len(s) <= 1 for s in of_units)
        if signs != "units":
            assert set().union(*of_units) == {1 if signs == "excitatory" else -1}


def test_it_finds_the_connections_of_a_teacher() -> None:
    """Regression on a sparse linear teacher: rewired connections come to be the teacher's, fixed ones cannot."""
    teacher, x = np.zeros((30, 4)), np.linalg.qr(RNG.normal(size=(60, 30)))[0] * np.sqrt(60)  # inputs are independent
    for j in range(4):
        teacher[RNG.choice(30, 3, replace=False), j] = RNG.uniform(1.0, 2.0, 3)
    y = x @ teacher

    def grads(w: Any) -> Any:
        return jax.grad(lambda w: 0.5 * jnp.mean((x @ w - y) ** 2))(w)

    w = jnp.asarray(np.abs(sparse((30, 4), 16, 1)))
    optimiser = DeepR(optimiser=SGD(0.2), l1=0.02, signs="excitatory")

    def body(carry: Any, _: Any) -> Any:
        state, w = carry
        return optimiser.step(state, w, grads(w)), None

    (_, found), _ = jax.jit(lambda s, w: jax.lax.scan(body, (s, w), None, length=600))(optimiser.init(w), w)
    found = np.asarray(found)
    assert np.count_nonzero(found) == 16
    assert np.mean(found[teacher != 0] > 0.3) == 1.0 and np.all(found[teacher == 0] < 0.05)


def test_a_compiler_trains_with_it_and_a_rule_learns_with_it() -> None:
    with ng.Context("net", seed=1) as net:
        source, hidden, out = SpikeSource("input", n_units=6), LIFCell("hidden", n_units=8), LICell("out", n_units=2)
        w = DenseSynapse("w", shape=(6, 8), weights=ng.init.SparseNormal(0.25, 0.8, 0.5))
        readout = DenseSynapse("readout", shape=(8, 2), weights=ng.init.Normal(0.0, 0.5))
        source.s >> w.inputs
        w.outputs >> hidden.syn
        hidden.s >> readout.inputs
        readout.outputs >> out.syn
    optimiser = PerParameter({"w.weights": DeepR(optimiser=Adam(0.02), l1=1e-3), "*": Adam(0.01)})
    compiler = SurrogateCompiler(
        12, {out: "sparse_categorical_crossentropy"}, {out: "avg_var"}, optimiser=optimiser, batch_size=4
    )
    start = np.asarray(w.weights.get())
    spikes = (np.random.default_rng(0).random((8, 12, 6)) < 0.4).astype("f")
    compiler.compile(net).train({source: spikes}, {out: np.arange(8) % 2}, num_epochs=8, callbacks=[])
    end = np.asarray(w.weights.get())
    assert np.count_nonzero(end) == np.count_nonzero(start) == 12 and np.any((end != 0) != (start != 0))
    both = (start != 0) & (end != 0)
    assert np.all(start[both] * end[both] > 0)

    given = DeepR(optimiser=SGD(0.5), signs="inhibitory")
    with ng.Context("local", seed=1) as local:
        w = DenseSynapse("w", shape=(6, 8), weights=ng.init.SparseNormal(0.25, -0.8, 0.01), optim=given)
        rule = HebbianRule("rule", synapse=w)
        rule.dweights >> w.dweights
    rows = RNG.normal(size=(20, 1, 6)), RNG.normal(size=(20, 1, 8))
    seen = local.process("learn") >> local.advance >> local.evolve
    found = seen.scan({"rule.pre": rows[0], "rule.post": rows[1]}, watch=[w.weights])["w.weights"]
    assert np.all(np.count_nonzero(found, axis=(1, 2)) == 12) and np.all(np.asarray(found) <= 0)
    assert np.any((np.asarray(found[0]) != 0) != (np.asarray(found[-1]) != 0))
    again = ng.Context.from_yaml(local.to_yaml())
    assert again.to_yaml() == local.to_yaml() and "deep_r" in local.to_yaml()


def test_plain_data() -> None:
    optimiser = DeepR(optimiser=Adam(eta=0.005), l1=1e-4, temperature=0.1, signs="units", seed=4)
    for full in (False, True):
        assert from_description(yaml.safe_load(yaml.safe_dump(describe(optimiser, full)))) == optimiser
    assert describe(DeepR()) == {"deep_r": {"optimiser": {"sgd": {}}}}
    assert from_description({"deep_r": {"optimiser": "adam"}}) == DeepR(optimiser=Adam())
    schedule = DeepR(optimiser=SGD(lambda step: 0.1 / (1 + step)))
    state = schedule.set_step(schedule.init(jnp.asarray(sparse())), 9)
    assert int(state.inner.step) == 9


def test_refused() -> None:
    cases: list[tuple[dict[str, Any], str]] = [
        ({"l1": -1.0}, "`l1` must be"),
        ({"start": 0.0}, "`start` must be"),
        ({"signs": "unit"}, "did you mean 'units'"),
        ({"seed": -1}, "`seed` must be"),
        ({"optimiser": SGD}, "`optimiser` must be an optimiser"),
        ({"optimiser": SGD(batch_size=2)}, "`batch_size` of its optimiser must be 1"),
        ({"optimiser": PerParameter({"*": SGD()}), "temperature": 0.1}, "`temperature` needs an optimiser with `eta`"),
    ]
    for arguments, text in cases:
        with pytest.raises((ValueError, TypeError), match=text):
            DeepR(**arguments)
    starts: list[tuple[Any, str, str]] = [
        (np.ones((2, 2)), "connections", "`w` has no weight of 0"),
        (np.zeros((2, 2)), "connections", "`w` has no weight but 0"),
        (np.array([0.0, -1.0]), "excitatory", r"`w` starts with the weight -1 at \[1\], against `signs`"),
    ]
    for w, signs, text in starts:
        with pytest.raises(ValueError, match=text):
            DeepR(signs=signs).init({"w": jnp.asarray(w)})
    with pytest.raises(ng.GraphError, match="SparseNormal needs 0 < density"):
        ng.init.SparseNormal(density=0.0)
