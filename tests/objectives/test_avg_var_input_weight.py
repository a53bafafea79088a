"""AvgVarInputWeight: the gate, its order in dt, and that no gradient passes it."""

import jax
import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.components import DenseSynapse, LICell, SpikeSource
from ngcsnn.graph import GraphError
from ngcsnn.objectives import AvgVarInputWeight

RATE = 0.3  # 1/ms, of the gate exp(-RATE t)


def gate(reads: str, n_steps: int, t_end: float) -> np.ndarray:
    dt = t_end / n_steps
    ends = dt * np.arange(1, n_steps + 1)[:, None, None]
    if reads.endswith("v_mean"):
        return np.exp(-RATE * ends) * np.expm1(RATE * dt) / (RATE * dt) * np.ones((1, 2, 1))
    return np.exp(-RATE * ends) * np.ones((1, 2, 1))


def errors(membrane, readout) -> list[float]:
    """Largest error against the integral with 12 and with 48 steps."""
    want, out = membrane.integral(rate=RATE) / membrane.t_end, []
    for n in (12, 48):
        v, dt = membrane.recorded(readout.reads[0], n)
        out.append(float(np.abs(readout((v, gate(readout.reads[1], n, membrane.t_end)), dt) - want).max()))
    return out


def test_means_of_both_are_second_order_in_dt(x64, membrane) -> None:
    coarse, fine = errors(membrane, AvgVarInputWeight("gate"))
    assert coarse < 1e-2
    assert fine < coarse / 14


@pytest.mark.parametrize(
    "readout", [AvgVarInputWeight("gate", integral="steps"), AvgVarInputWeight("gate.v")], ids=repr
)
def test_values_at_the_steps_ends_are_first_order_in_dt(x64, membrane, readout) -> None:
    coarse, fine = errors(membrane, readout)
    assert coarse / 6 < fine < coarse / 2


def test_what_is_read() -> None:
    assert AvgVarInputWeight("g").reads == ("v_mean", "g.v_mean")
    assert AvgVarInputWeight("g", integral="steps").reads == ("v", "g.v")
    assert AvgVarInputWeight("g.i_syn").reads == ("v_mean", "g.i_syn")


def test_a_gate_may_be_shared_or_one_for_each_unit() -> None:
    v, one, each = (np.random.default_rng(0).normal(size=(4, 2, n)).astype(np.float32) for n in (3, 1, 3))
    readout = AvgVarInputWeight("gate")
    np.testing.assert_allclose(readout((v, one), 1.0), (v * one).mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(readout((v, each), 1.0), (v * each).mean(axis=0), rtol=1e-6)


def test_no_gradient_goes_through_the_gate() -> None:
    v = np.random.default_rng(0).normal(size=(4, 2, 3)).astype(np.float32)
    to_v, to_gate = jax.grad(lambda pair: AvgVarInputWeight("gate")(pair, 1.0).sum())((v, 2 * v))
    np.testing.assert_allclose(to_v, 2 * v / 4, rtol=1e-6)
    assert not np.any(to_gate)


@pytest.fixture
def output():
    with ng.Context("gated", dt=1.0):
        output = LICell("output", n_units=3)
        LICell("gate", n_units=1)
        LICell("wide", n_units=2)
        SpikeSource("input", n_units=5)
    return output


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        ("gaet", r"records `gaet.v_mean`.*`gate` names a component of the context that has a potential \(gate, wide\)"),
        ("gate.w", "but LICell 'gate' has no 'w'; valid: .*v_mean"),
        ("input", "but SpikeSource 'input' has no 'v_mean'"),
        ("gate.tau_m", "records `gate.tau_m`, but gate.tau_m is of role 'param'"),
        ("wide", r"the gate wide.v_mean has shape \(2,\) per sample; it must be \(1,\) or .*output.v_mean, \(3,\)"),
    ],
)
def test_a_gate_that_does_not_fit_is_refused(output, gate, message) -> None:
    with pytest.raises(GraphError, match=message):
        AvgVarInputWeight(gate).compartments(output)


def test_a_gate_is_a_name() -> None:
    with pytest.raises(TypeError, match='`gate` of AvgVarInputWeight must be "component" or .*, got 3'):
        AvgVarInputWeight(3)  # type: ignore[arg-type]


def test_a_compiled_network_weighs_by_its_gate_and_learns_past_it(x64) -> None:
    with ng.Context("gated", dt=1.0, dtype="float64") as net:
        source, output, gate = SpikeSource("input", n_units=4), LICell("output", n_units=3), LICell("gate", n_units=1)
        for cell, weights in ((output, ng.init.Normal(0.0, 1.0)), (gate, 0.01)):
            w = DenseSynapse(f"to_{cell.name}", shape=(4, cell.n_units), weights=weights)
            source.s >> w.inputs
            w.outputs >> cell.syn
    readout = AvgVarInputWeight("gate")
    compiled = EventPropCompiler(20, {"output": "sparse_categorical_crossentropy"}, readout, batch_size=2).compile(net)
    spikes = {"input": (np.random.default_rng(0).random((2, 20, 4)) < 0.2).astype(float)}
    recorded = compiled.simulate(spikes, [output.v_mean, gate.v_mean])
    want = (recorded["output.v_mean"] * recorded["gate.v_mean"]).mean(axis=0)
    np.testing.assert_allclose(compiled.predict(spikes), want, rtol=1e-12)
    grads = compiled.loss_and_grads(spikes, [0, 1])[1]
    assert list(grads) == ["to_output"] and np.abs(grads["to_output"]["weights"]).max() > 0
