"""Delays that are learned: which, by which optimiser, within which interval; and where they cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler, SurrogateCompiler
from ngcsnn.compilers.learned_delays import LearnedDelays
from ngcsnn.components import DelayLineSynapse, DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.data import EventData
from ngcsnn.graph import GraphError, UnknownNameError
from ngcsnn.optim import SGD, Adam, PerParameter

LOSS = {"output": "sparse_categorical_crossentropy"}
STEPS = 30


def network(**first: Any) -> ng.Context:
    """Two inputs, four cells that need both at once, two outputs; the first synapse has delays."""
    with ng.Context("net", dt=1.0, seed=1) as net:
        source, hidden = SpikeSource("input", n_units=2), LIFCell("hidden", n_units=4, tau_m=5.0, tau_syn=3.0)
        output = LICell("output", n_units=2)
        arguments = {"weights": 3.6, "delays": ng.init.Uniform(0.0, 6.0), "max_delay": 8.0, **first}
        w_in = DenseSynapse("w_in", shape=(2, 4), **arguments)
        w_out = DenseSynapse("w_out", shape=(4, 2), weights=np.repeat([[10.0, -10.0], [-10.0, 10.0]], 2, axis=0))
        source.s >> w_in.inputs
        w_in.outputs >> hidden.syn
        hidden.s >> w_out.inputs
        w_out.outputs >> output.syn
    return net


def coincidences(n: int = 40) -> tuple[EventData, np.ndarray]:
    """Unit 0 fires 4 ms before unit 1 (label 0), or after it (label 1)."""
    rng = np.random.default_rng(3)
    labels = np.arange(n) % 2
    trials = []
    for label in labels:
        t = 3.0 + rng.uniform(0.0, 3.0)
        trials.append(([t, t + 4.0], [0, 1] if label == 0 else [1, 0]))
    return EventData.from_lists(trials, 2), labels


def compiled(net: ng.Context, **options: Any) -> Any:
    return EventPropCompiler(STEPS, LOSS, **options).compile(net)


def test_delays_alone_solve_a_coincidence_task() -> None:
    """From delays that are wrong for both labels: every cell finds the delay that brings its two events together."""
    net = network(delays=np.array([[0.0, 1.0, 3.0, 2.0], [2.0, 3.0, 1.0, 0.0]]))
    trained = compiled(
        net, trainable=["w_in.delays"], delay_optimiser={"adam": {"eta": 0.3}}, batch_size=20, spike_timing="exact"
    )
    assert trained.names == {"w_in": ("delays",)}
    data, labels = coincidences()
    weights = np.asarray(net.find("w_in.weights").get()).copy()
    before = trained.evaluate({"input": data}, {"output": labels})
    trained.train({"input": data}, {"output": labels}, num_epochs=40, callbacks=[])
    after = trained.evaluate({"input": data}, {"output": labels})
    assert float(before["accuracy"]) < 0.2 and float(after["accuracy"]) == 1.0
    assert float(after["loss"]) < 0.3 * float(before["loss"])
    delays = np.asarray(net.find("w_in.delays").get())
    assert np.all((delays >= 0.0) & (delays <= 8.0)) and np.any(delays != np.round(delays))
    np.testing.assert_allclose(delays[0] - delays[1], [4.0, 4.0, -4.0, -4.0], atol=1.2)
    assert np.any(delays == 0.0)  # clamped
    np.testing.assert_array_equal(net.find("w_in.weights").get(), weights)


def test_each_update_ends_within_the_interval() -> None:
    net = network(delays=np.array([[0.05, 7.9, 4.0, 4.0], [7.9, 0.05, 4.0, 4.0]]))
    trained = compiled(net, delay_learn_conns=["w_in"], delay_optimiser=SGD(eta=1e4), batch_size=40)
    data, labels = coincidences()
    grads = trained.loss_and_grads({"input": data}, {"output": labels})[1]["w_in"]["delays"]
    trained.train({"input": data}, {"output": labels}, callbacks=[])
    delays, moved = np.asarray(net.find("w_in.delays").get()), np.abs(np.asarray(grads)) > 1e-3
    assert moved.sum() >= 4
    np.testing.assert_array_equal(delays[moved], np.where(np.asarray(grads) > 0, 0.0, np.float32(8.0))[moved])


def test_its_own_optimiser_and_schedule() -> None:
    data, labels = coincidences()
    rates = {"cosine": {"peak": 0.5, "decay_steps": 2}}  # nothing is left of it after two updates
    net = network()
    trained = compiled(
        net, delay_learn_conns=net.find("w_in"), optimiser={"sgd": {"eta": 0.0}},
        delay_optimiser={"sgd": {"eta": rates}}, batch_size=20,
    )  # fmt: skip
    assert trained.names == {"w_in": ("weights", "delays"), "w_out": ("weights",)}
    assert isinstance(trained.optimiser, PerParameter)
    first = {k: np.asarray(net.find(k).get()).copy() for k in ("w_in.weights", "w_in.delays", "w_out.weights")}
    trained.train({"input": data}, {"output": labels}, callbacks=[])
    moved = np.asarray(net.find("w_in.delays").get()).copy()
    assert not np.array_equal(moved, first["w_in.delays"])
    trained.train({"input": data}, {"output": labels}, callbacks=[])
    np.testing.assert_array_equal(net.find("w_in.delays").get(), moved)
    for key in ("w_in.weights", "w_out.weights"):
        np.testing.assert_array_equal(net.find(key).get(), first[key])


def test_by_default_none_is_learned_and_one_optimiser_serves_all() -> None:
    assert compiled(network()).names == {"w_in": ("weights",), "w_out": ("weights",)}
    optimiser = Adam(eta=0.1)
    assert compiled(network(), delay_learn_conns="w_in", optimiser=optimiser).optimiser is optimiser
    assert compiled(network(), trainable="w_in.*").names == {"w_in": ("weights", "delays")}


WRONG = {
    "another name": ({"delay_learn_conns": ["w_inn"]}, UnknownNameError, "no component 'w_inn'; did you mean 'w_in'"),
    "no delays": ({"delay_learn_conns": ["w_out"]}, GraphError, "'w_out' was made without delays; give it `delays`"),
    "a cell": ({"delay_learn_conns": ["hidden"]}, GraphError, "LIFCell 'hidden' cannot learn delays"),
    "a compartment": ({"delay_learn_conns": ["w_in.delays"]}, GraphError, "`delay_learn_conns` takes synapses"),
    "no synapse": ({"delay_learn_conns": {"w_in": 1}}, GraphError, "`delay_learn_conns` must be a list"),
    "frozen too": (
        {"delay_learn_conns": ["w_in"], "frozen": "*.delays"}, GraphError, "w_in.delays is in `frozen` and in `delay",
    ),
    "an optimiser of nothing": ({"delay_optimiser": "adam"}, GraphError, "`delay_optimiser` does not apply: no delay"),
    "no optimiser": (
        {"delay_learn_conns": ["w_in"], "delay_optimiser": "adan"}, ValueError, "'adan'; did you mean 'adam'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_mistakes(name: str) -> None:
    options, error, message = WRONG[name]
    with pytest.raises(error, match=message.replace("(", r"\(")):
        compiled(network(), **options)


def test_delays_that_cannot_move() -> None:
    with pytest.raises(GraphError, match="'w_in': its delays cannot move, `max_delay` is 0 ms"):
        compiled(network(delays=0.0, max_delay=None), delay_learn_conns=["w_in"])
    with ng.Context("net", dt=1.0) as net:
        source, output = SpikeSource("input", n_units=2), LICell("output", n_units=2)
        line = DelayLineSynapse("line", shape=(2, 2), copies=2, spacing=1.0, weights=0.5)
        source.s >> line.inputs
        line.outputs >> output.syn
    with pytest.raises(GraphError, match="DelayLineSynapse 'line' cannot learn delays: its delays are fixed"):
        compiled(net, delay_learn_conns=["line"])


@pytest.mark.parametrize(
    "options",
    [{"trainable": ["*.delays"]}, {"trainable": ["w_in.*"]}, {"trainable": "*"}, {"delay_learn_conns": ["w_in"]}],
    ids=["named", "by component", "everything", "delay_learn_conns"],
)
def test_surrogate_gradients_refuse_delays(options: dict[str, Any]) -> None:
    with pytest.raises(GraphError, match="'w_in': `delays` cannot be trained: under Surrogate spikes have no times"):
        SurrogateCompiler(STEPS, LOSS, **options).compile(network())
    assert SurrogateCompiler(STEPS, LOSS, trainable="*.*", frozen="*.delays").compile(network()).names["w_in"] == (
        "weights",
    )


def test_delays_of_values_are_refused() -> None:
    with ng.Context("net", dt=1.0) as net:
        source, hidden = SpikeSource("input", n_units=2), LICell("hidden", n_units=2)
        output = LICell("output", n_units=2)
        first = DenseSynapse("first", shape=(2, 2), weights=1.0)
        late = DenseSynapse("late", shape=(2, 2), weights=1.0, delays=2.0)
        source.s >> first.inputs
        first.outputs >> hidden.syn
        hidden.v >> late.inputs
        late.outputs >> output.j
    with pytest.raises(GraphError, match=r"'late': `delays` cannot be trained: late.inputs takes values"):
        compiled(net, delay_learn_conns=["late"])


def test_arguments_without_synapses() -> None:
    none = LearnedDelays((), None)
    assert none.keys(network()) == [] and none.of(SGD(), {"w": ("weights",)}) == SGD()
