"""e-prop wired by hand in a graph and stepped by a process: the compiler's numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers import EPropCompiler
from ngcsnn.components import (
    ALIFCell,
    DenseSynapse,
    EligibilityTrace,
    EPropRule,
    LearningSignal,
    LICell,
    LIFCell,
    SpikeSource,
)
from ngcsnn.graph import GraphError, UnknownNameError

STEPS, N, KAPPA = 25, 4, 0.9
KINDS = {
    "lif": (LIFCell, {"v_rest": 0.1}),
    "alif, refractory": (ALIFCell, {"beta": 0.2, "tau_adapt": 50.0, "refract_time": 2.0}),
}


def network(kind: str, loss: str | None = None) -> ng.Context:
    """Recurrent; with `loss` the rules that learn online."""
    cell, arguments = KINDS[kind]
    with ng.Context("net", dt=1.0, seed=4, spike_timing="grid") as net:
        source, hidden = SpikeSource("input", n_units=5), cell("hidden", n_units=6, **arguments)
        output = LICell("output", n_units=3)
        forward = DenseSynapse("forward", shape=(5, 6), weights=ng.init.Normal(3.0, 2.0))
        back = DenseSynapse("back", shape=(6, 6), weights=ng.init.Normal(0.0, 0.4))
        readout = DenseSynapse("readout", shape=(6, 3), weights=ng.init.Normal())
        source.s >> forward.inputs
        hidden.s >> back.inputs
        hidden.s >> readout.inputs
        forward.outputs + back.outputs >> hidden.syn
        readout.outputs >> output.syn
        if loss:
            signal = LearningSignal("signal", n_units=6, n_outputs=3, loss=loss)
            output.v >> signal.inputs
            readout.weights >> signal.feedback
            for name, n in (("forward", 5), ("back", 6)):
                trace = EligibilityTrace(f"trace_{name}", synapse=name, cell="hidden")
                rule = EPropRule(f"rule_{name}", shape=(n, 6), kappa=KAPPA)
                trace.e >> rule.eligibility
                signal.signal >> rule.signal
    return net


MODES: list[dict[str, Any]] = [{}, {"mode": "streaming", "chunk_steps": 7}, {"mode": "online"}]


@pytest.mark.parametrize(("kind", "loss"), [("lif", "mean_square_error"), ("alif, refractory", "cross_entropy")])
def test_three_ways_and_the_components_give_the_same_numbers(x64: None, kind: str, loss: str) -> None:
    """Factorised, in chunks, step by step with the weights held, and wired by hand."""
    rng = np.random.default_rng(0)
    spikes, labels = (rng.random((N, STEPS, 5)) < 0.2).astype(float), np.arange(N) % 3
    targets = rng.normal(size=(N, STEPS, 3))
    named: Any = (targets, loss) if loss == "mean_square_error" else (labels, "sparse_categorical_crossentropy")
    plain, found = network(kind), []
    for mode in MODES:
        compiler = EPropCompiler(
            STEPS, {"output": named[1]}, {"output": {"var": {"integral": "steps"}}}, batch_size=N,
            conventions="nest_continuous", kappa=KAPPA, error_start_timestep=5, **mode,
        )  # fmt: skip
        found.append(compiler.compile(plain).loss_and_grads({"input": spikes}, named[0])[1])
    net = network(kind, loss)
    net.reset(batch_size=N)
    if loss == "cross_entropy":
        targets = np.broadcast_to(np.eye(3)[labels][:, None], targets.shape)
    gate = np.broadcast_to((np.arange(STEPS) >= 5).astype(float)[:, None, None], (STEPS, N, 1))
    fed = {"input.inputs": spikes.swapaxes(0, 1), "signal.targets": targets.swapaxes(0, 1), "signal.gate": gate}
    step = net.process("learn") >> net.advance
    moved = step.scan(fed, watch=["rule_forward.dweights", "rule_back.dweights", "hidden.s"])
    assert 20 < np.sum(moved["hidden.s"]) < 0.5 * STEPS * N * 6
    by_hand = {name: -np.sum(moved[f"rule_{name}.dweights"], axis=0) for name in ("forward", "back")}
    for name, part in found[0].items():
        want = part["weights"]
        assert np.abs(want).max() > 1e-3, name
        others = [grads[name]["weights"] for grads in found[1:]] + ([by_hand[name]] if name in by_hand else [])
        for got in others:
            assert np.abs(got - want).max() < 1e-12 * np.abs(want).max(), name


def test_the_rule_by_hand(x64: None) -> None:
    """Two samples, one synapse; e = 1, 0, 2 and L = 1, 3, 5 in the first one, nothing in the other."""
    moved = {}
    for late in (False, True):
        with ng.Context("net", dt=1.0) as net:
            EPropRule("rule", shape=(1, 1), kappa=0.5, gain=2.0, late=late)
        net.reset(batch_size=2)
        e, signal = np.zeros((3, 2, 1, 1)), np.zeros((3, 2, 1))
        e[:, 0, 0, 0], signal[:, 0, 0] = (1.0, 0.0, 2.0), (1.0, 3.0, 5.0)
        fed = {"rule.eligibility": e, "rule.signal": signal}
        moved[late] = net.advance.scan(fed, watch="rule.dweights")["rule.dweights"].ravel()
    np.testing.assert_allclose(moved[False], [-0.5 * 2.0, -0.5 * 3.0 * 1.0, -0.5 * 5.0 * 4.5])
    np.testing.assert_allclose(moved[True], [0.0, -0.5 * 3.0 * 2.0, -0.5 * 5.0 * 1.0])


def test_another_surrogate_and_plain_text() -> None:
    net = network("lif", "mean_square_error")
    assert ng.Context.from_yaml(net.to_yaml()).to_yaml() == net.to_yaml()
    with net:
        EligibilityTrace("other", synapse="forward", cell="hidden", surrogate={"fast_sigmoid": {"slope": 2.0}})
    net.reset(batch_size=2)
    spikes = (np.random.default_rng(0).random((6, 2, 5)) < 0.4).astype(float)
    got = net.advance.scan({"input.inputs": spikes}, watch=["other.e", "trace_forward.e"])
    assert np.any(got["other.e"]) and not np.allclose(got["other.e"], got["trace_forward.e"])


def test_eager_and_compiled_agree() -> None:
    rng, seen = np.random.default_rng(0), []
    spikes = (rng.random((6, 2, 5)) < 0.4).astype(float)
    for compiled in (True, False):
        net = network("lif", "mean_square_error")
        net.reset(batch_size=2)
        for row in spikes:
            net.advance.run({"input.inputs": row, "signal.targets": np.ones((2, 3))}, compiled=compiled)
        seen.append(np.asarray(net.components["rule_forward"].dweights.get()))
    np.testing.assert_allclose(*seen, rtol=1e-4, atol=1e-6)
    assert np.any(seen[0])


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"synapse": "forwrd", "cell": "hidden"}, UnknownNameError, "no component 'forwrd'; did you mean 'forward'"),
        ({"synapse": "forward", "cell": "output"}, GraphError, "'output' is no spiking cell"),
        ({"synapse": "hidden", "cell": "hidden"}, GraphError, "'hidden' is no synapse"),
        ({"synapse": "readout", "cell": "hidden"}, GraphError, "leads to 3 units, 'hidden' has 6"),
    ],
    ids=["name", "cell", "synapse", "sizes"],
)
def test_refused(options: dict[str, str], error: type[Exception], text: str) -> None:
    net = network("lif")
    with net, pytest.raises(error, match=text):
        EligibilityTrace("trace", **options)
