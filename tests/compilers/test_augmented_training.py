"""Augmentation inside the compiled epoch: drawn from the seed, fresh in every batch, never in evaluation."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from networks import layered
from small import LOSS, STEPS, events, labels

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler, EventPropCompiler, PlasticityCompiler
from ngcsnn.compilers.batches import NOBODY
from ngcsnn.compilers.fed_events import FedEvents, augmented, learned_from
from ngcsnn.components import DenseSynapse, HebbianRule, LIFCell, SpikeSource
from ngcsnn.data import PoissonCode, augment
from ngcsnn.optim import SGD

X = events()
HOW: dict[str, Any] = {"channel_shift": 2, "time_dilation": (0.7, 1.2), "dropout": 0.2}


def compiled(cls: Any = EventPropCompiler, seed: int = 7, **options: Any) -> Any:
    still = SGD(eta=1e-30)  # what changes from epoch to epoch is not the network
    given = {"spike_timing": "grid"} if cls is EventPropCompiler else {}
    net = layered(n=6)
    net.spike_timing = "grid"
    return cls(STEPS, LOSS, batch_size=4, seed=seed, optimiser=still, **given, **options).compile(net)


def losses(network: Any, data: Any, **options: Any) -> list[float]:
    _, recorded = network.train({"input": data}, labels(), num_epochs=2, callbacks=[], **options)
    return [record["loss"] for record in recorded["history"] if record["split"] == "train"]


@pytest.fixture(scope="module")
def network() -> Any:
    return compiled()


def test_every_epoch_sees_other_trials_and_every_seed_others(network: Any) -> None:
    first, second = losses(network, augment(X, **HOW))
    plain = losses(network, X)
    assert plain[0] == pytest.approx(plain[1], rel=1e-6)
    assert len({round(v, 6) for v in (first, second, plain[0])}) == 3
    assert losses(network, augment(X, **HOW)) == [first, second]
    network.seed, seed = 8, network.seed
    assert losses(network, augment(X, **HOW)) != [first, second]
    network.seed = seed
    # one program for augmented data, one for those as they are; none for another epoch or seed
    assert network.traces["train"] == 2


def test_evaluation_and_validation_see_trials_as_they_are(network: Any) -> None:
    with_, without = ({"input": augment(X, **HOW)}, {"input": X})
    assert network.evaluate(with_, labels())["loss"] == network.evaluate(without, labels())["loss"]
    options = {"validation_inputs": with_, "validation_targets": labels()}
    _, recorded = network.train(with_, labels(), num_epochs=2, callbacks=[], **options)
    seen = [r["loss"] for r in recorded["history"] if r["split"] == "validation"]
    assert seen == [pytest.approx(network.evaluate(without, labels())["loss"])] * 2


def test_poisson_trains_are_drawn_anew_where_asked(network: Any) -> None:
    values = np.random.default_rng(0).uniform(0.3, 1.0, (len(X), 5))
    first, second = losses(network, PoissonCode(values, max_rate=300.0, fresh=True))
    assert abs(first - second) > 1e-5
    frozen = losses(network, PoissonCode(values, max_rate=300.0))
    assert frozen[0] == pytest.approx(frozen[1], rel=1e-6)


def test_eprop_online_sees_other_trials_too() -> None:
    network = compiled(EPropCompiler, mode="online")
    first, second = losses(network, augment(X, **HOW))
    assert abs(first - second) > 1e-4


def fed(data: Any) -> dict[str, Any]:
    return {"a": FedEvents(data.to_device(STEPS, 1.0), n_units=5, most=4, later=0)}


def test_two_inputs_have_changes_of_their_own() -> None:
    one = augment(X, dropout=0.5)
    data = {**fed(one), "b": fed(one)["a"], "c": fed(X)["a"]}
    shown = augmented(data, jax.random.key(0))
    batch = np.array([0, NOBODY, 3])
    a, b, c = (shown[k].take(batch, STEPS, True) for k in "abc")
    assert not np.array_equal(a.unit, b.unit)
    assert np.all(a.unit[1] >= 5)
    np.testing.assert_array_equal(c.unit, data["c"].take(batch, STEPS, True).unit)
    assert augmented(data, None) is data


def test_held_out_samples_lend_nothing() -> None:
    data = fed(augment(X, labels(), blend=(0.5, 0.5)))
    left = learned_from(data, np.array([1, 4]))["a"].trials
    assert set(np.asarray(left.members[:2])) == {1, 4}
    assert left.classes[:, 1].tolist() == [0, 2, 0] * 3 + [0]


def rules(seed: int = 7) -> Any:
    with ng.Context("net", dt=1.0, spike_timing="grid", seed=seed) as net:
        source, cell = SpikeSource("input", n_units=X.n_units), LIFCell("cell", n_units=3, tau_m=10.0)
        w = DenseSynapse("w", shape=(X.n_units, 3), weights=5.0)
        rule = HebbianRule("rule", synapse=w, rate=0.05, decay=0.002)
        source.s >> w.inputs
        w.outputs >> cell.syn
        source.s >> rule.pre
        cell.s >> rule.post
        rule.dweights >> w.dweights
    return PlasticityCompiler(STEPS, batch_size=4).compile(net)


def moved(network: Any, data: Any, **options: Any) -> np.ndarray:
    network.context.find("w.weights").set(np.full((X.n_units, 3), 5.0, np.float32))
    network.train({"input": data}, callbacks=[], **options)
    return np.asarray(network.context.find("w.weights").get())


@pytest.mark.slow
def test_local_rules_learn_from_other_trials_too() -> None:
    network, data = rules(), augment(X, **HOW)
    first = moved(network, data)
    assert np.array_equal(moved(network, data), first) and np.array_equal(moved(rules(), data), first)
    assert not np.array_equal(moved(network, X), first), "what is learned is changed"
    assert not np.array_equal(moved(network, data, start_epoch=1), first), "otherwise in another epoch"
    network.seed = 8
    assert not np.array_equal(moved(network, data), first), "and under another seed"
