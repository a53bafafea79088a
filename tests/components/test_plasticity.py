"""Rules move weights: any synapse, any optimiser, within bounds; every argument of learning does something."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import optax
import pytest

import ngcsnn as ng
from ngcsnn.components import (
    AvgPool2DSynapse,
    Conv2DSynapse,
    Conv2DTransposeSynapse,
    DelayLineSynapse,
    DenseSynapse,
    HebbianRule,
    OneToOneSynapse,
    RateCell,
    SparseSynapse,
)
from ngcsnn.graph import GraphError, UnknownNameError, WireError

BATCH = 3
NORMAL = ng.init.Normal(0.5, 0.2)
SYNAPSES: dict[str, tuple[type, dict[str, Any]]] = {
    "dense": (DenseSynapse, {"shape": (4, 3)}),
    "masked": (DenseSynapse, {"shape": (4, 3), "mask": np.eye(4, 3)}),
    "sparse": (SparseSynapse, {"shape": (4, 3), "pre": [0, 1, 3, 3], "post": [2, 0, 1, 2]}),
    "one to one": (OneToOneSynapse, {"n_units": 4}),
    "convolution": (Conv2DSynapse, {"in_shape": (4, 3, 2), "filters": 2, "kernel_size": 2}),
    "transposed": (Conv2DTransposeSynapse, {"in_shape": (2, 2, 1), "filters": 2, "kernel_size": 2}),
}


def network(kind: str = "dense", rate: float = 0.1, **arguments: Any) -> ng.Context:
    cls, own = SYNAPSES[kind]
    with ng.Context("net", dt=1.0, seed=2) as net:
        w = cls("w", **{"weights": NORMAL, **own, **arguments})
        rule = HebbianRule("rule", synapse=w, rate=rate)
        rule.dweights >> w.dweights
    net.reset(batch_size=BATCH)
    return net


def sides(net: ng.Context, seed: int = 0, steps: int | None = None) -> dict[str, np.ndarray]:
    rng, lead = np.random.default_rng(seed), (() if steps is None else (steps,))
    sizes = net.components["w"].sizes  # type: ignore[attr-defined]
    return {
        f"rule.{k}": rng.normal(size=(*lead, BATCH, n)).astype("f") for k, n in zip(("pre", "post"), sizes, strict=True)
    }


def weights(net: ng.Context) -> np.ndarray:
    return np.asarray(net.components["w"].weights.get())  # type: ignore[attr-defined]


def learn(net: ng.Context, fed: dict[str, np.ndarray], **options: Any) -> None:
    for rule_input, value in fed.items():
        net.find(rule_input).set(value)
    net.evolve.run(**options)


@pytest.mark.parametrize("kind", list(SYNAPSES))
def test_a_rule_fits_every_synapse(kind: str) -> None:
    """The change is the derivative of sum(post transmit(pre, w)) by w, for any linear transmission."""
    net = network(kind)
    w: Any = net.components["w"]
    fed, before = sides(net), weights(net)
    learn(net, fed)
    moved = (weights(net) - before) / 0.1 * BATCH
    other = np.random.default_rng(1).normal(size=before.shape).astype("f")
    other *= np.asarray(w.mask.get()) if "mask" in w.compartments else 1.0
    along = float(np.sum(fed["rule.post"] * w.transmit(fed["rule.pre"], other)))
    assert np.sum(moved * other) == pytest.approx(along, rel=1e-3) and abs(along) > 1e-2
    if kind in ("dense", "masked"):
        pairs = fed["rule.pre"].T @ fed["rule.post"]
        np.testing.assert_allclose(moved, pairs * (np.eye(4, 3) if kind == "masked" else 1.0), rtol=1e-4, atol=1e-5)
    if kind == "sparse":
        pairs = (fed["rule.pre"].T @ fed["rule.post"])[[0, 1, 3, 3], [2, 0, 1, 2]]
        np.testing.assert_allclose(moved, pairs, rtol=1e-4)
    back = w.back(fed["rule.post"])
    sent = w.transmit(fed["rule.pre"], w.effective_weights())
    np.testing.assert_allclose(np.sum(back * fed["rule.pre"]), np.sum(sent * fed["rule.post"]), rtol=1e-4)


@pytest.mark.parametrize(
    "optim",
    ["sgd", {"adam": {"eta": 0.01}}, ng.optim.NAG(eta=0.1), optax.adam(0.01)],
    ids=["sgd", "adam", "nag", "optax"],
)
def test_any_optimiser_applies_the_change(optim: Any) -> None:
    net, own = network(optim=optim), ng.optim.from_description(optim)
    value, memory = weights(net), None
    for n in range(4):
        fed = sides(net, seed=n)
        gradient = -0.1 * fed["rule.pre"].T @ fed["rule.post"] / BATCH
        memory = own.init({"w": value}) if memory is None else memory
        memory, new = own.step(memory, {"w": value}, {"w": gradient})
        value = np.asarray(new["w"])
        learn(net, fed, compiled=bool(n % 2))
        np.testing.assert_allclose(weights(net), value, rtol=1e-5, atol=1e-6)


def test_changes_of_k_steps_and_of_a_trial_are_added_up() -> None:
    nets = {u: network(update=u) for u in (None, 3, "trial")}
    start = weights(nets[None])
    for n in range(5):
        for net in nets.values():
            learn(net, sides(net, seed=n), compiled=bool(n % 2))
        held = {u: weights(net) for u, net in nets.items()}
        np.testing.assert_array_equal(held["trial"], start)
        if n == 2:
            np.testing.assert_allclose(held[3], held[None], rtol=1e-5, atol=1e-6)
            third = held[3]
    np.testing.assert_array_equal(held[3], third)
    nets["trial"].components["w"].settle()  # type: ignore[attr-defined]
    np.testing.assert_allclose(weights(nets["trial"]), held[None], rtol=1e-5, atol=1e-6)
    nets["trial"].components["w"].settle()  # type: ignore[attr-defined]
    np.testing.assert_allclose(weights(nets["trial"]), held[None], rtol=1e-5, atol=1e-6)
    learn(nets["trial"], sides(nets["trial"]))
    nets["trial"].reset()
    nets["trial"].components["w"].settle()  # type: ignore[attr-defined]
    np.testing.assert_allclose(weights(nets["trial"]), held[None], rtol=1e-5, atol=1e-6)


def test_a_scan_learns_in_every_step_and_compiles_once() -> None:
    net, eager = network(optim="adam", update=2), network(optim="adam", update=2)
    rows = sides(net, steps=6)
    process = net.process("learn") >> net.advance >> net.evolve
    seen = process.scan(rows, watch=["w.weights", "rule.dweights"])
    assert process.traces == 1
    for n in range(6):
        learn(eager, {k: v[n] for k, v in rows.items()}, compiled=False)
        np.testing.assert_allclose(seen["w.weights"][n], weights(eager), rtol=1e-5, atol=1e-6)
        now = rows["rule.pre"][n].T @ rows["rule.post"][n]
        np.testing.assert_allclose(seen["rule.dweights"][n], 0.1 * now / BATCH, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["dense", "sparse", "one to one"])
def test_bounds_and_signs_hold(kind: str) -> None:
    net = network(kind, rate=50.0, w_min=-0.3, w_max=0.7)
    learn(net, sides(net))
    assert weights(net).min() == np.float32(-0.3) and weights(net).max() == np.float32(0.7)
    one = network(kind, rate=50.0, signs="inhibitory", weights=-0.5, w_min=-0.6)
    learn(one, sides(one))
    assert weights(one).min() == np.float32(-0.6) and weights(one).max() == 0.0
    signs = np.array([1, -1, 1, -1])
    mixed = network(kind, rate=50.0, signs=tuple(signs.tolist()), weights=0.0, w_max=1.0)
    learn(mixed, sides(mixed))
    per_weight = {"dense": signs[:, None], "sparse": signs[[0, 1, 3, 3]], "one to one": signs}[kind]
    free = network(kind, rate=50.0, weights=0.0)
    learn(free, sides(free))
    np.testing.assert_array_equal(
        weights(mixed), np.where(weights(free) * per_weight > 0, np.minimum(weights(free), 1), 0)
    )


def test_gradients_keep_to_signs_too() -> None:
    with ng.Context("net", dt=1.0, seed=0) as net:
        source, out = ng.components.SpikeSource("input", n_units=4), ng.components.LICell("output", n_units=3)
        w = DenseSynapse("w", shape=(4, 3), weights=0.0, signs=(1, -1, 1, -1))
        source.s >> w.inputs
        w.outputs >> out.syn
    compiler = ng.compilers.SurrogateCompiler(
        10,
        {"output": "sparse_categorical_crossentropy"},
        {"output": "avg_var"},
        optimiser=ng.optim.SGD(eta=50.0),
        batch_size=6,
    )
    spikes = (np.random.default_rng(0).random((6, 10, 4)) < 0.5).astype("f")
    compiler.compile(net).train({"input": spikes}, {"output": np.arange(6) % 3}, callbacks=[])
    signed = weights(net) * np.array([[1], [-1], [1], [-1]])
    assert np.all(signed >= 0) and np.any(signed > 0) and np.any(signed == 0)


@pytest.mark.parametrize("kind", ["dense", "masked", "sparse", "one to one"])
def test_normalise_scales_what_reaches_a_unit(kind: str) -> None:
    net = network(kind, total=2.0)
    before = weights(net)
    net.components["w"].normalise()  # type: ignore[attr-defined]
    w: Any = net.components["w"]
    sums = np.asarray(w.transmit(np.ones((1, 4), "f"), np.abs(weights(net))))
    np.testing.assert_allclose(sums, 2.0, rtol=1e-5)
    assert np.all(np.sign(before) == np.sign(weights(net)))


def test_rules_add_up_and_modulators_multiply() -> None:
    with ng.Context("net", dt=1.0) as net:
        w = DenseSynapse("w", shape=(2, 2), weights=0.0)
        reward = RateCell("reward", n_units=1, instant=True)
        first, second = (
            HebbianRule(n, synapse="w", rate=r, reduce=k) for n, r, k in (("a", 1.0, "mean"), ("b", 3.0, "sum"))
        )
        reward.z >> first.modulator
        first.dweights - 0.5 * second.dweights >> w.dweights
    net.reset(batch_size=2)
    pre, post, r = np.eye(2, dtype="f"), np.array([[1.0, 2.0], [3.0, 4.0]], "f"), np.array([[0.5], [-1.0]], "f")
    for rule in (first, second):
        rule.pre.set(pre)
        rule.post.set(post)
    reward.z.set(r)
    net.evolve.run()
    np.testing.assert_allclose(weights(net), 0.5 * post * r - 0.5 * 3.0 * post, rtol=1e-6)


def test_without_a_wire_nothing_is_learned() -> None:
    with ng.Context("net", dt=1.0) as net:
        w = DenseSynapse("w", shape=(2, 3), weights=0.5, optim="adam")
    assert not w.learns and not net.evolve.methods and not [c for c in w.compartments if "memory" in c]
    with pytest.raises(GraphError, match="learns nothing: wire rule.dweights >> w.dweights"):
        w.evolve()
    with pytest.raises(WireError, match="w.dweights has no wire"):
        w.dweights.get()


def test_memory_is_saved_and_taken_back(tmp_path: Path) -> None:
    net = network(optim="adam", update=2)
    for n in range(3):
        learn(net, sides(net, seed=n))
    net.save(tmp_path / "model")
    loaded = ng.Context.load(tmp_path / "model")
    assert loaded.to_yaml() == net.to_yaml()
    for one in (net, loaded):
        learn(one, sides(net, seed=9))
    np.testing.assert_array_equal(weights(net), weights(loaded))
    with ng.Context("net", dt=1.0) as other:
        w = DenseSynapse("w", shape=(2, 2), weights=0.0, optim="adam")
    names = set(w.compartments)
    with pytest.raises(RuntimeError), other:
        rule = HebbianRule("rule", synapse=w)
        rule.dweights >> w.dweights
        assert set(w.compartments) > names
        raise RuntimeError
    assert set(w.compartments) == names == set(w.compartments) and not w.learns
    with other:
        HebbianRule("rule", synapse=w).dweights >> w.dweights
    assert w.learns


@pytest.mark.parametrize(
    ("kind", "arguments", "text"),
    [
        ("dense", {"optim": "adm"}, "`optim`: .*did you mean 'adam'"),
        ("dense", {"optim": 3}, "`optim`: an optimiser must be"),
        ("dense", {"update": "epoch"}, "`update` must be steps >= 1 or 'trial'"),
        ("dense", {"update": 0}, "`update` must be"),
        ("dense", {"signs": (1, -1)}, "`signs` must be one for each of 4 units, got 2"),
        ("dense", {"signs": (1, 0, 1, 1)}, "`signs` must be"),
        ("dense", {"signs": "excitatory", "weights": -1.0}, "`weights` lie outside"),
        ("dense", {"total": -1.0}, "`total` must be > 0"),
        ("convolution", {"signs": (1, -1) * 12}, "shares its weights"),
    ],
)  # fmt: skip
def test_refused(kind: str, arguments: dict[str, Any], text: str) -> None:
    with pytest.raises((GraphError, ValueError, TypeError), match=text):
        network(kind, **arguments)


def test_refused_later() -> None:
    net = network(optim=optax.sgd(0.1))
    with pytest.raises(GraphError, match="cannot be written as YAML"):
        net.to_yaml()
    w: Any = net.components["w"]
    with pytest.raises(GraphError, match="`normalise` needs `total`"):
        w.normalise()
    with pytest.raises(GraphError, match="`settle` belongs to `update` 'trial', not None"):
        w.settle()
    with pytest.raises(WireError, match="w.dweights already has the wire"), net:
        HebbianRule("more", synapse="w").dweights >> w.dweights
    with pytest.raises(GraphError, match="w.dweights is driven"):
        w.dweights.set(0.0)
    with pytest.raises(GraphError, match="rule.dweights has no array"):
        net.components["rule"].dweights.set(0.0)  # type: ignore[attr-defined]
    with pytest.raises(GraphError, match="has no array of its own: it is wired or worked out"):
        net.evolve.run({"rule.dweights": np.zeros((4, 3))})
    with pytest.raises(UnknownNameError, match="no component 'v' was made before; valid: rule, w"), net:
        HebbianRule("other", synapse="v")
    with ng.Context("pool", dt=1.0):
        pool = AvgPool2DSynapse("pool", in_shape=(2, 2, 1), pool_size=2)
        with pytest.raises(GraphError, match="`synapse` 'pool' has no weights to learn"):
            HebbianRule("rule", synapse=pool)
        with pytest.raises(GraphError, match="`optim` without weights says nothing"):
            AvgPool2DSynapse("other", in_shape=(2, 2, 1), pool_size=2, optim="adam")
        line = DelayLineSynapse("line", shape=(4, 3), copies=2, spacing=1.0, weights=0.1)
        rule = HebbianRule("rule", synapse=line)
        with pytest.raises(GraphError, match="'line' cannot learn by local rules: .* use a DenseSynapse"):
            rule.dweights.get()
