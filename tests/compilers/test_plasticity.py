"""Epochs of local learning as one program, against the same trials run by processes one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers import InferenceCompiler, PlasticityCompiler, SurrogateCompiler
from ngcsnn.components import DenseSynapse, HebbianRule, LIFCell, SpikeSource
from ngcsnn.data import EventData, PoissonCode
from ngcsnn.graph import GraphError, UnknownNameError

STEPS, N_IN, N = 30, 20, 6


def network(timing: str = "grid", seed: int = 0, **arguments: Any) -> ng.Context:
    with ng.Context("net", dt=1.0, seed=seed, spike_timing=timing) as net:
        source, cell = SpikeSource("input", n_units=N_IN), LIFCell("cell", n_units=N, tau_m=10.0)
        w = DenseSynapse("w", shape=(N_IN, N), weights=ng.init.Uniform(0.2, 0.6), total=4.0, w_min=0.0, **arguments)
        rule = HebbianRule("rule", synapse=w, rate=0.05, decay=0.002)
        source.s >> w.inputs
        w.outputs >> cell.syn
        source.s >> rule.pre
        cell.s >> rule.post
        rule.dweights >> w.dweights
        net.process("end", ticks=False) >> w.normalise
    return net


def events(n: int = 7, rate: float = 0.1) -> EventData:
    spikes = np.random.default_rng(0).random((n, STEPS, N_IN)) < rate
    return EventData.from_dense(spikes, dt=1.0)


def weights(net: ng.Context) -> np.ndarray:
    return np.asarray(net.components["w"].weights.get())  # type: ignore[attr-defined]


def by_hand(net: ng.Context, data: EventData, batch: int, end: bool = True) -> dict[str, Any]:
    """Trials one after the other; the last is filled up with silence."""
    dense = data.to_dense(STEPS, 1.0, "f")
    dense = np.concatenate([dense, np.zeros((-len(dense) % batch, *dense.shape[1:]), "f")])
    learn = net.process("by_hand") >> net.advance >> net.evolve
    spikes = np.zeros(N)
    for start in range(0, len(dense), batch):
        net.reset(batch_size=batch)
        rows = dense[start : start + batch].swapaxes(0, 1)
        spikes += learn.scan({"input.inputs": rows}, watch="cell.s")["cell.s"].sum((0, 1))
        if end:
            net.processes["end"].run()
    return {"spikes": spikes}


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("timing", ["grid", "precise"])
def test_an_epoch_is_its_trials_one_by_one(timing: str, batch: int) -> None:
    hand, net, data = network(timing), network(timing), events()
    want = by_hand(hand, data, batch)
    compiled = PlasticityCompiler(STEPS, batch_size=batch, at_end="end").compile(net)
    metrics, recorded = compiled.train({"input": data}, shuffle=False, callbacks=[])
    np.testing.assert_allclose(weights(net), weights(hand), rtol=1e-5, atol=1e-6)
    assert (
        metrics["cell.rate_hz"] == pytest.approx(want["spikes"].sum() / N / 7 / STEPS * 1000)
        and want["spikes"].sum() > 50
    )
    assert metrics["cell.silent"] == np.sum(want["spikes"] == 0) and metrics["presentations"] == 1.0
    assert len(recorded["history"]) == 1 and np.abs(weights(net) - weights(network(timing))).max() > 0.05


def test_epochs_shuffle_compile_once_and_go_on() -> None:
    first, second = network(), network()
    one = PlasticityCompiler(STEPS, at_end="end").compile(first)
    one.train({"input": events()}, num_epochs=3, callbacks=[])
    assert one.traces == 1
    two = PlasticityCompiler(STEPS, at_end="end").compile(second)
    two.train({"input": events()}, num_epochs=2, callbacks=[])
    two.train({"input": events()}, start_epoch=2, callbacks=[])
    np.testing.assert_array_equal(weights(first), weights(second))
    third = network()
    PlasticityCompiler(STEPS, at_end="end").compile(third).train(
        {"input": events()}, num_epochs=3, shuffle=False, callbacks=[]
    )
    assert not np.array_equal(weights(first), weights(third))


def test_collected_changes_act_at_the_end_of_a_trial() -> None:
    hand, net = network(update="trial"), network(update="trial")
    for one in (hand, net):
        one.process("close", ticks=False) >> one.components["w"].settle >> one.components["w"].normalise  # type: ignore[attr-defined]
    hand.processes["end"] = hand.processes["close"]
    by_hand(hand, events(), 2)
    compiled = PlasticityCompiler(STEPS, batch_size=2, at_end=net.processes["close"]).compile(net)
    compiled.train({"input": events()}, shuffle=False, callbacks=[])
    np.testing.assert_allclose(weights(net), weights(hand), rtol=1e-5, atol=1e-6)


def test_fresh_events_at_every_presentation() -> None:
    code = PoissonCode(np.full((3, N_IN), 0.5), max_rate=200.0)
    nets, start = [network(seed=s) for s in (0, 0, 1)], weights(network())
    for net in nets:
        net.state = {"w": {"weights": start}}
        compiled = PlasticityCompiler(STEPS, at_end="end").compile(net)
        compiled.train({"input": code}, callbacks=[])
    np.testing.assert_array_equal(weights(nets[0]), weights(nets[1]))
    assert not np.array_equal(weights(nets[0]), weights(nets[2]))
    once = weights(nets[0])
    PlasticityCompiler(STEPS, at_end="end").compile(nets[1]).train({"input": code}, start_epoch=1, callbacks=[])
    twice = network()
    PlasticityCompiler(STEPS, at_end="end").compile(twice).train({"input": code}, num_epochs=2, callbacks=[])
    np.testing.assert_array_equal(weights(nets[1]), weights(twice))
    assert not np.array_equal(once, weights(twice))


def test_weak_answers_are_shown_again_louder() -> None:
    dim, bright = np.full((1, N_IN), 0.02), np.full((1, N_IN), 1.0)
    for values, least, most in ((dim, 3, 6), (bright, 1, 1)):
        again = {"cell": "cell", "spikes": 5, "times": 5, "louder": 8.0}
        compiled = PlasticityCompiler(STEPS, again=again).compile(network())
        metrics, _ = compiled.train({"input": PoissonCode(values, max_rate=100.0)}, callbacks=[])
        assert least <= metrics["presentations"] <= most
    never = PlasticityCompiler(STEPS, again={"cell": "cell", "times": 2, "louder": 0.0}).compile(network())
    metrics, _ = never.train({"input": PoissonCode(dim * 0, max_rate=100.0)}, callbacks=[])
    assert metrics["presentations"] == 3 and metrics["cell.silent"] == N


def test_the_network_answers_while_its_rules_rest() -> None:
    net, data = network(), events()
    before = weights(net)
    counts = (
        InferenceCompiler(STEPS, {"cell": "spike_count"}, batch_size=4, spike_timing="grid")
        .compile(net)
        .predict({"input": data})
    )
    np.testing.assert_array_equal(weights(net), before)
    net.reset(batch_size=7)
    rows = data.to_dense(STEPS, 1.0, "f").swapaxes(0, 1)
    seen = net.advance.scan({"input.inputs": rows}, watch="cell.s")["cell.s"]
    np.testing.assert_allclose(counts, seen.sum(0))
    assert seen.sum() > 20


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"learn": "lern"}, "`learn`: context 'net' has no process 'lern'"),
        ({"at_end": network().advance}, "`at_end` must be a process of context 'net'"),
        ({"again": {"cell": "cel"}}, "no spiking cell 'cel'; did you mean 'cell'"),
        ({"again": {"spikes": 3}}, "`again` needs `cell`"),
        ({"again": {"cell": "cell", "tims": 3}}, "`again` has no 'tims'; did you mean 'times'"),
        ({"again": {"cell": "cell", "louder": -1.0}}, "`louder` must be a number >= 0"),
        ({"again": {"cell": "cell"}, "batch_size": 2}, "one sample at a time"),
        ({"batch_size": 0}, "batch_size"),
    ],
)  # fmt: skip
def test_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(GraphError, match=text):
        PlasticityCompiler(STEPS, **options).compile(network())


def test_refused_later() -> None:
    net = network()
    compiled = PlasticityCompiler(STEPS, again={"cell": "cell"}).compile(net)
    with pytest.raises(GraphError, match="input.inputs is fed what draws none"):
        compiled.train({"input": events()}, callbacks=[])
    with net:
        LIFCell("more", n_units=2)
    with pytest.raises(GraphError, match="changed after it was compiled"):
        compiled.train({"input": events()}, callbacks=[])
    with pytest.raises(GraphError, match=r"learning rules \('rule'\) learn by themselves: `PlasticityCompiler`"):
        SurrogateCompiler(STEPS, {"cell": "sparse_categorical_crossentropy"}, {"cell": "spike_count"}).compile(
            network()
        )
    with pytest.raises(UnknownNameError):
        PlasticityCompiler(STEPS).compile(network()).train({"inptu": events()}, callbacks=[])
