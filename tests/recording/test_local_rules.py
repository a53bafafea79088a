"""Recorders beside networks that learn by local rules: they see trials in which the rules rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers import PlasticityCompiler
from ngcsnn.components import DenseSynapse, HebbianRule, LIFCell, SpikeSource
from ngcsnn.data import EventData, PoissonCode
from ngcsnn.graph import GraphError
from ngcsnn.recording import ConnVarRecorder, SpikeRecorder, VarRecorder

STEPS = 12


def network(**options: Any) -> Any:
    with ng.Context("net", dt=1.0, spike_timing="precise") as net:
        source, cell = SpikeSource("input", n_units=5), LIFCell("cell", n_units=4, tau_m=10.0)
        w = DenseSynapse("w", shape=(5, 4), weights=ng.init.Uniform(0.4, 0.9))
        rule = HebbianRule("rule", synapse=w, rate=0.05, decay=0.002)
        source.s >> w.inputs
        w.outputs >> cell.syn
        source.s >> rule.pre
        cell.s >> rule.post
        rule.dweights >> w.dweights
    return PlasticityCompiler(STEPS, **options).compile(net)


def events(n: int = 6) -> EventData:
    return EventData.from_dense(np.random.default_rng(0).random((n, STEPS, 5)) < 0.4, dt=1.0)


def test_spikes_states_and_weights() -> None:
    data = events()
    plain, watched = network(batch_size=2), network(batch_size=2)
    spikes, counts = SpikeRecorder("cell"), SpikeRecorder("cell", key="few", example_filter=1, record_counts=True)
    v, w = VarRecorder("cell", "v", split="validation", epoch_filter=1), ConnVarRecorder("w", start=True)
    plain.train({"input": data}, num_epochs=2, callbacks=[], validation_split=0.34)
    _, recorded = watched.train({"input": data}, num_epochs=2, callbacks=[spikes, counts, v, w], validation_split=0.34)
    end = np.asarray(plain.context.find("w.weights").get())
    assert np.array_equal(np.asarray(watched.context.find("w.weights").get()), end), "watching changes nothing"
    assert np.array_equal(recorded["w.weights"][-1], end) and recorded["w.weights"].epochs.tolist() == [-1, 0, 1]
    assert not np.array_equal(recorded["w.weights"][0], recorded["w.weights"][1])
    seen = watched.at_rest.simulate({"input": data}, ["cell.s", "cell.s.offset", "cell.v"])
    found, held = recorded["cell.s"], recorded["cell.v"].samples
    assert len(found) == 8 and sorted({*found.samples.tolist(), *held.tolist()}) == list(range(6))
    total = np.asarray(seen["cell.s"]).sum(axis=0)
    last = found.epochs == 1
    assert np.array_equal(found.counts[last], total[found.samples[last]]) and total.sum() > 5
    assert np.array_equal(recorded["cell.v"].values, np.moveaxis(np.asarray(seen["cell.v"]), 1, 0)[held])
    assert recorded["few"].samples.tolist() == [found.samples[1]] * 2
    assert any(len(trial.times) and trial.times[0] % 1.0 for trial in found), "times within the step"


@pytest.mark.slow
def test_samples_that_are_shown_again_and_those_that_are_drawn() -> None:
    code = PoissonCode(np.full((3, 5), 1.0), duration=float(STEPS), max_rate=300.0)
    net = network(again={"cell": "cell", "spikes": 2, "times": 2})
    spikes = SpikeRecorder("cell")
    net.train({"input": code}, callbacks=[spikes])
    seen = net.at_rest.simulate({"input": code}, "cell.s")["cell.s"]
    assert np.array_equal(spikes.recording.counts, np.asarray(seen).sum(axis=0)), "as loud as the first time"


def test_what_is_not_there() -> None:
    with pytest.raises(GraphError, match="there is no validation split"):
        network().train({"input": events()}, callbacks=[SpikeRecorder("cell", split="validation")])
    with pytest.raises(GraphError, match="no component 'cel'; did you mean 'cell'"):
        network().train({"input": events()}, callbacks=[SpikeRecorder("cel")])
