"""Encoders, traces and monitors inside compiled trials: the same as in a process, with gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler, InferenceCompiler
from ngcsnn.components import (
    CochleaEncoder,
    DenseSynapse,
    LatencyEncoder,
    LevelCrossingEncoder,
    LICell,
    LIFCell,
    Monitor,
    PhasorEncoder,
    PopulationEncoder,
    Trace,
    TTFSEncoder,
)

ENCODERS: dict[str, tuple[Any, str, dict[str, Any]]] = {
    "latency": (LatencyEncoder, "s", {"n_units": 5, "tau": 10.0}),
    "first_spike": (TTFSEncoder, "s", {"n_units": 5, "duration": 20.0}),
    "phasor": (PhasorEncoder, "s", {"n_units": 5, "frequency": 200.0}),
    "level": (LevelCrossingEncoder, "up", {"n_units": 5, "delta": 0.3}),
    "cochlea": (CochleaEncoder, "s", {"n_channels": 5, "max_rate": 2000.0}),
}
COMPILED = {
    "example_timesteps": 30,
    "losses": {"out": "sparse_categorical_crossentropy"},
    "readouts": {"out": "avg_var"},
}


def network(cls: Any, sends: str, arguments: dict[str, Any]) -> ng.Context:
    with ng.Context("net", seed=1) as net:
        encoder, out = cls("encoder", **arguments), LICell("out", n_units=2)
        w = DenseSynapse("w", shape=(5, 8), weights=ng.init.Normal(1.5, 0.5))
        hidden, v = LIFCell("hidden", n_units=8), DenseSynapse("v", shape=(8, 2), weights=ng.init.Normal(0.0, 0.5))
        trace, monitor = Trace("trace", n_units=8), Monitor("monitor", shape=8, every=3, length=5)
    encoder.compartment(sends) >> w.inputs
    w.outputs >> hidden.syn
    hidden.s >> v.inputs
    v.outputs >> out.syn
    hidden.s >> trace.inputs
    trace.trace >> monitor.inputs
    return net


@pytest.mark.parametrize("name", ENCODERS)
def test_a_compiled_trial_is_the_process_step_by_step(name):
    net = network(*ENCODERS[name])
    encoder, trace, monitor = (net.components[k] for k in ("encoder", "trace", "monitor"))
    x = np.random.default_rng(0).random((2, 30, *encoder.inputs.shape))
    compiled = InferenceCompiler(30, readouts={"out": "avg_var"}, batch_size=2).compile(net)
    got = compiled.simulate({"encoder": x}, record=[trace.trace, monitor.outputs])
    net.reset(batch_size=2)
    want = net.advance.scan(inputs={encoder.inputs: x.swapaxes(0, 1)}, watch=[trace.trace, monitor.outputs])
    assert np.any(want["monitor.outputs"])
    for key, value in want.items():
        np.testing.assert_allclose(got[key], value, rtol=1e-4, atol=1e-5, err_msg=key)
    loss, grads = (
        EventPropCompiler(**COMPILED, batch_size=2).compile(net).loss_and_grads({"encoder": x}, {"out": [0, 1]})
    )
    assert np.isfinite(loss) and all(np.any(g["weights"]) for g in grads.values())


def test_a_population_code_is_fed_at_its_own_input():
    with ng.Context("net") as net:
        fields = PopulationEncoder("fields", n_values=1, n_fields=5)
        spikes, w = LatencyEncoder("spikes", n_units=5, tau=10.0), DenseSynapse("w", shape=(5, 2), weights=0.5)
        out = LICell("out", n_units=2)
    fields.outputs >> spikes.inputs
    spikes.s >> w.inputs
    w.outputs >> out.syn
    x = np.full((1, 30, 1), 0.4)
    compiled = InferenceCompiler(30, readouts={"out": "avg_var"}, batch_size=1).compile(net)
    got = compiled.simulate({"fields.inputs": x}, record=[spikes.s])["spikes.s"]
    want = net.advance.scan(inputs={fields.inputs: x.swapaxes(0, 1)}, watch=[spikes.s])["spikes.s"]
    assert np.any(want)
    np.testing.assert_array_equal(got, want)
