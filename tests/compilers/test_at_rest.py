"""A network that learned by rules, asked while they rest: counts, names of units, values that hold meanwhile."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers import InferenceCompiler, PlasticityCompiler, PlasticNetwork
from ngcsnn.components import DenseSynapse, DiehlCookCell, HebbianRule, SpikeSource
from ngcsnn.data import EventData
from ngcsnn.graph import GraphError
from ngcsnn.objectives import LabelAssignment
from ngcsnn.recording import SpikeRecorder

STEPS, N = 12, 5
LABELS = np.array([0, 1, 0, 1, 1, 0])
EVENTS = EventData.from_dense(np.random.default_rng(0).random((6, STEPS, 8)) < 0.3, dt=1.0)


def network() -> ng.Context:
    with ng.Context("net", dt=1.0, seed=0, spike_timing="grid") as net:
        source = SpikeSource("input", n_units=8)
        cell = DiehlCookCell("cell", n_units=N, tau_m=10.0, theta_plus=0.1, refract_time=1.0)
        w = DenseSynapse("w", shape=(8, N), weights=ng.init.Uniform(20.0, 60.0))
        rule = HebbianRule("rule", synapse=w, rate=0.5, decay=0.01)
        source.s >> w.inputs
        w.outputs >> cell.syn
        source.s >> rule.pre
        cell.s >> rule.post
        rule.dweights >> w.dweights
    return net


@pytest.fixture(scope="module")
def learned() -> PlasticNetwork:
    options: Any = {"labels": {"cell": "cell", "samples": 4}, "evaluation": {"values": {"cell.theta_plus": 0.0}}}
    net = PlasticityCompiler(STEPS, **options).compile(network())
    recorder = SpikeRecorder("cell", epoch_filter=[1])
    _, recorded = net.train({"input": EVENTS}, LABELS, 2, callbacks=[recorder])
    net.recorded = recorded["cell.s"]  # type: ignore[attr-defined]
    return net


def counts_by_inference(net: PlasticNetwork, rise: float) -> np.ndarray:
    cell: Any = net.context.components["cell"]
    before = np.asarray(cell.theta_plus.get())
    cell.theta_plus.set(rise)
    found = InferenceCompiler(STEPS, {"cell": "spike_count"}, spike_timing="grid").compile(net.context)
    counts = np.asarray(found.predict({"input": EVENTS}))
    cell.theta_plus.set(before)
    return counts


def test_counts_names_and_scores(learned: PlasticNetwork) -> None:
    tested = learned.at_rest
    with pytest.raises(GraphError, match="no unit has a name yet: call `name_units`"):
        tested.evaluate({"input": EVENTS}, LABELS)
    counts = counts_by_inference(learned, 0.0)
    np.testing.assert_array_equal(tested.predict({"input": EVENTS}), counts)
    assert counts.sum() > 10 and not np.array_equal(counts, counts_by_inference(learned, 20.0))
    known = LabelAssignment(counts[:4], LABELS[:4])
    tested.name_units({"input": EVENTS}, {"cell": LABELS})
    np.testing.assert_array_equal(tested.predict({"input": EVENTS}), known.scores(counts))
    found = tested.evaluate({"input": EVENTS}, LABELS, metrics=["confusion_matrix", "spike_counts"])
    assert found["accuracy"] == np.mean(known.predict(counts) == LABELS)
    assert found["confusion_matrix"] == [
        [int(np.sum((i == LABELS) & (known.predict(counts) == j))) for j in range(2)] for i in range(2)
    ]
    assert found["cell.spike_counts"] == counts.sum(axis=0).tolist()
    assert found["cell.rate_hz"] == pytest.approx(counts.mean() / STEPS * 1000.0)


def test_recorders_see_training_trials_while_rules_rest(learned: PlasticNetwork) -> None:
    np.testing.assert_array_equal(learned.recorded.counts, counts_by_inference(learned, 0.0))  # type: ignore[attr-defined]


def test_asking_changes_nothing(learned: PlasticNetwork) -> None:
    before = {k: np.asarray(v) for k, v in learned.context.state["cell"].items()}
    learned.at_rest.evaluate({"input": EVENTS})
    assert all(np.array_equal(before[k], v) for k, v in learned.context.state["cell"].items())


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ({"w": LABELS}, "'w' has no labels; `labels` names 'cell'"),
        (LABELS[:3], r"must be class labels, \(6,\) whole numbers from 0"),
        (LABELS * 0.5, r"must be class labels, \(6,\) whole numbers from 0"),
    ],
    ids=["other cell", "too few", "no whole numbers"],
)
def test_labels_that_do_not_fit(learned: PlasticNetwork, targets: Any, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        learned.at_rest.evaluate({"input": EVENTS}, targets)


def test_without_labels_nothing_is_predicted() -> None:
    tested = PlasticityCompiler(STEPS).compile(network()).at_rest
    for call in (lambda: tested.predict({"input": EVENTS}), lambda: tested.evaluate({"input": EVENTS}, LABELS)):
        with pytest.raises(GraphError, match="`labels` of PlasticityCompiler says whose"):
            call()
    with pytest.raises(GraphError, match="metric 'accuracy' needs classes"):
        from ngcsnn.compilers.chosen_metrics import chosen

        tested.check_metrics(chosen(["accuracy"]), {})
