"""A network's training, in pieces, or cut short and resumed, gives the bits of the run that nothing disturbed."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from networks import layered
from small import LOSS, STEPS, events, labels, same, small, weights

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler, PlasticityCompiler
from ngcsnn.compilers.saved_state import save_context
from ngcsnn.components import DenseSynapse, HebbianRule, LIFCell, SpikeSource
from ngcsnn.training import Callback, CheckpointError, Checkpoints
from ngcsnn.training.snapshot import to_arrays

X, Y = {"input": events()}, labels()
OPTIONS: Any = {"num_epochs": 3, "validation_split": 0.2}


class Stop(Callback):
    """Ends the process's work after so many batches, without another word."""

    late = True

    def __init__(self, epoch: int, batch: int):
        self.at = epoch, batch

    def on_batch_end(self, epoch, batch):
        if (epoch, batch) == self.at:
            raise KeyboardInterrupt


def figures(recorded: Any) -> list[Any]:
    return [{k: v for k, v in r.items() if k != "seconds"} for r in recorded["history"]]


def learned(net: Any) -> list[np.ndarray]:
    return [np.asarray(a) for a in jax.tree.leaves((weights(net), net.beside))]


@pytest.fixture(scope="module")
def whole() -> Any:
    net = small(batch_size=3)
    _, recorded = net.train(X, Y, callbacks=[], **OPTIONS)
    return learned(net), figures(recorded)


def equal(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_pieces_give_the_same_bits(whole):
    class Watch(Callback):
        def __init__(self):
            self.seen: list[Any] = []

        def on_batch_end(self, epoch, batch):
            self.seen.append((weights(net), self.run.figures()["loss"] if self.run else None))

    net, watch = small(batch_size=3), Watch()
    traced = dict(net.traces)
    _, recorded = net.train(X, Y, callbacks=[watch], **OPTIONS)
    assert equal(learned(net), whole[0]) and figures(recorded) == whole[1] and len(watch.seen) == 9
    assert not same(watch.seen[0][0], watch.seen[1][0]), "a callback sees the parameters in force"
    assert watch.seen[2][1] == recorded["history"][0]["loss"] and net.traces == traced, "and nothing compiles anew"


@pytest.mark.parametrize("at", [(0, 1), (1, 2), (2, 3)], ids=["first", "second", "third"])
def test_resumed_within_an_epoch(at, whole, tmp_path):
    pytest.importorskip("orbax.checkpoint")
    net = small(batch_size=3)
    with pytest.raises(KeyboardInterrupt):
        written = Checkpoints(tmp_path, every_batches=1, at_end=False)
        net.train(X, Y, callbacks=[written, Stop(*at)], **OPTIONS)
    net = small(batch_size=3)
    _, recorded = net.train(X, Y, callbacks=[Checkpoints(tmp_path)], resume=tmp_path, **OPTIONS)
    assert equal(learned(net), whole[0]) and figures(recorded) == whole[1]
    with pytest.raises(CheckpointError, match="batch size 3 there, 4 here"):
        small().train(X, Y, callbacks=[], resume=tmp_path, **OPTIONS)
    with pytest.raises(CheckpointError, match="samples 8 there, 10 here"):
        small(batch_size=3).train(X, Y, callbacks=[], resume=tmp_path)


def test_given_up_epochs_leave_what_was_before():
    net = small(batch_size=3)
    net.train(X, Y, num_epochs=1, callbacks=[])
    before = learned(net)
    with pytest.raises(KeyboardInterrupt):
        net.train(X, Y, num_epochs=1, start_epoch=1, callbacks=[Stop(1, 2)])
    assert equal(learned(net), before)


def eprop() -> Any:
    net = layered(recurrent=True, n=6)
    net.spike_timing = "grid"
    options: Any = {"batch_size": 4, "feedback": "random", "mode": "streaming", "chunk_steps": 5}
    return EPropCompiler(STEPS, LOSS, {"output": "var"}, **options).compile(net)


def plastic() -> Any:
    with ng.Context("net", dt=1.0, spike_timing="precise") as net:
        source, cell = SpikeSource("input", n_units=5), LIFCell("cell", n_units=4, tau_m=10.0)
        w = DenseSynapse("w", shape=(5, 4), weights=ng.init.Uniform(0.4, 0.9))
        rule = HebbianRule("rule", synapse=w, rate=0.05, decay=0.002)
        source.s >> w.inputs
        w.outputs >> cell.syn
        source.s >> rule.pre
        cell.s >> rule.post
        rule.dweights >> w.dweights
    return PlasticityCompiler(STEPS, batch_size=4).compile(net)


@pytest.mark.slow
@pytest.mark.parametrize("make", [eprop, plastic], ids=["eprop", "plastic"])
def test_other_ways_to_learn(make, tmp_path):
    """Feedback weights of e-prop, and weights that rules move in the context itself."""
    pytest.importorskip("orbax.checkpoint")
    given = (X,) if make is plastic else (X, Y)

    def run(**options: Any) -> Any:
        net = make()
        _, recorded = net.train(*given, num_epochs=2, **options)
        arrays = save_context(net.context)
        arrays |= to_arrays("beside", getattr(net, "beside", {}))
        return arrays, figures(recorded)

    want = run(callbacks=[])
    with pytest.raises(KeyboardInterrupt):
        run(callbacks=[Checkpoints(tmp_path, every_batches=1, at_end=False), Stop(1, 2)])
    got = run(callbacks=[], resume=tmp_path)
    assert got[1] == want[1] and got[0].keys() == want[0].keys()
    assert all(np.array_equal(got[0][k], want[0][k]) for k in want[0])
