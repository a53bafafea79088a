"""One small network for all tests of recorders, compiled once."""

from typing import Any, NamedTuple

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler, TrainableNetwork
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource

STEPS, SAMPLES = 12, 7


class Small(NamedTuple):
    network: TrainableNetwork
    inputs: dict[str, Any]
    labels: np.ndarray
    seen: dict[str, np.ndarray]  # what `simulate` returns


@pytest.fixture(scope="package")
def small() -> Small:
    """Three sources, five cells, two outputs; batches of 3, so that the last one is filled up."""
    with ng.Context("small", dt=0.5, seed=3) as net:
        inp, hid, out = SpikeSource("input", n_units=3), LIFCell("hidden", n_units=5), LICell("output", n_units=2)
        w1 = DenseSynapse("in_hid", shape=(3, 5), weights=ng.init.Normal(2.5, 1.0))
        w2 = DenseSynapse("hid_out", shape=(5, 2), weights=ng.init.Normal(0.0, 0.5))
        inp.s >> w1.inputs
        w1.outputs >> hid.syn
        hid.s >> w2.inputs
        w2.outputs >> out.syn
    compiler = EventPropCompiler(
        example_timesteps=STEPS,
        losses={out: "sparse_categorical_crossentropy"},
        readouts={out: "avg_var"},
        batch_size=3,
    )
    rng = np.random.default_rng(0)
    spikes = (rng.random((SAMPLES, STEPS, 3)) < 0.3).astype(np.float32)
    network, inputs = compiler.compile(net), {"input": spikes}
    seen = network.simulate(inputs, ["hidden.s", "hidden.s.offset", "hidden.v", "output.v"])
    labels = rng.integers(0, 2, SAMPLES).astype(np.int32)
    return Small(network, inputs, labels, {k: np.asarray(v) for k, v in seen.items()})
