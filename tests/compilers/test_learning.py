"""A small task is learned: which of three inputs fires first, by the time of the spikes alone."""

from __future__ import annotations

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.data import EventData


def first_of_three(n: int, seed: int) -> tuple[EventData, np.ndarray]:
    """Inputs 0 to 2 fire once each, one of them earlier than the others; input 3 fires at the start."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 3
    times = rng.uniform(7.0, 10.0, (n, 4))
    times[np.arange(n), labels] = rng.uniform(1.0, 4.0, n)
    times[:, 3] = 0.5
    order = np.argsort(times, axis=1)
    return EventData.from_lists(list(zip(np.take_along_axis(times, order, 1), order, strict=True)), 4), labels


def network(layers: int, recurrent: bool) -> ng.Context:
    with ng.Context("task", dt=1.0, seed=2) as net:
        before, size = SpikeSource("input", n_units=4), 4
        for k in range(layers):
            cell = LIFCell(f"hidden_{k}", n_units=15)
            w = DenseSynapse(f"w_{k}", shape=(size, 15), weights=ng.init.Normal(16.0 / size, 6.0 / size**0.5))
            before.s >> w.inputs
            if recurrent:
                r = DenseSynapse(f"r_{k}", shape=(15, 15), weights=ng.init.Normal(0.0, 0.1))
                cell.s >> r.inputs
                w.outputs + r.outputs >> cell.syn
            else:
                w.outputs >> cell.syn
            before, size = cell, 15
        out, w = LICell("output", n_units=3), DenseSynapse("w_out", shape=(15, 3), weights=ng.init.Normal(0.0, 0.3))
        before.s >> w.inputs
        w.outputs >> out.syn
    return net


@pytest.mark.parametrize(
    ("timing", "layers", "recurrent"),
    [("precise", 1, False), ("precise", 2, True), ("grid", 2, False), ("grid", 1, True)],
)
def test_learned_to_the_last_sample(timing, layers, recurrent):
    (x, y), (x_new, y_new) = first_of_three(60, 0), first_of_three(60, 1)
    compiled = EventPropCompiler(
        20, {"output": "sparse_categorical_crossentropy"}, batch_size=16, spike_timing=timing,
        optimiser={"adam": {"eta": 0.04}},
    ).compile(network(layers, recurrent))  # fmt: skip
    before = compiled.evaluate({"input": x_new}, y_new)
    metrics, recorded = compiled.train({"input": x}, y, num_epochs=20, callbacks=[])
    after = compiled.evaluate({"input": x_new}, y_new)
    assert before["accuracy"] < 0.5 and before["loss"] > 1.0 and metrics["skipped"] == 0
    assert all(r["accuracy"] == 1.0 for r in recorded["history"][-5:])
    assert after["accuracy"] == 1.0 and after["loss"] < 0.5
