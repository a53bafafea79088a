"""Time constants that start gamma-distributed and are trained, never below their bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small import events, labels

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler, SurrogateCompiler
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource

STEPS, BOUND = 20, np.float32(0.05)


def network() -> ng.Context:
    with ng.Context("net", dt=1.0, seed=2) as net:
        source, output = SpikeSource("input", n_units=5), LICell("output", n_units=3)
        hidden = LIFCell(
            "hidden", n_units=12,
            tau_m=ng.init.Gamma(20.0, low=3.0, high=60.0), tau_syn=ng.init.Gamma(5.0, low=1.0, high=15.0),
        )  # fmt: skip
        w_in = DenseSynapse("w_in", shape=(5, 12), weights=ng.init.Uniform(1.0, 3.0))
        w_out = DenseSynapse("w_out", shape=(12, 3), weights=ng.init.Normal(0.0, 2.0))
        source.s >> w_in.inputs
        w_in.outputs >> hidden.syn
        hidden.s >> w_out.inputs
        w_out.outputs >> output.syn
    return net


def taus(net: ng.Context) -> np.ndarray:
    return np.stack([np.asarray(net.find(f"hidden.{name}").get()) for name in ("tau_m", "tau_syn")])


def trained(net: ng.Context, compiler: Any, **options: Any) -> tuple[float, float]:
    made = compiler(
        STEPS, {"output": "sparse_categorical_crossentropy"}, batch_size=10,
        trainable=["hidden.tau_m", "hidden.tau_syn"], **options,
    ).compile(net)  # fmt: skip
    data = {"input": events()}, {"output": labels()}
    before = made.evaluate(*data)["loss"]
    made.train(*data, num_epochs=20, callbacks=[])
    return float(before), float(made.evaluate(*data)["loss"])


@pytest.mark.parametrize("compiler", [EventPropCompiler, SurrogateCompiler], ids=["eventprop", "surrogate"])
def test_time_constants_of_every_cell_learn(compiler: Any) -> None:
    net = network()
    first = taus(net)
    assert all(len(set(row.tolist())) > 8 for row in first)  # heterogeneous from the start
    before, after = trained(net, compiler, optimiser={"adam": {"eta": 0.2}})
    assert after < before
    moved = taus(net) != first
    assert moved.sum() > 18 and np.all(taus(net) >= BOUND)


def test_they_stay_at_their_bound() -> None:
    net = network()
    trained(net, EventPropCompiler, optimiser={"sgd": {"eta": 1e6}})
    assert np.all(np.isfinite(taus(net))) and taus(net).min() == BOUND
