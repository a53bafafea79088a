"""Receptors: kernels and charges in closed form at any dt, event times, reversal potentials, magnesium."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.components import (
    AlphaReceptor,
    DenseSynapse,
    DoubleExponentialReceptor,
    ExponentialReceptor,
    LICell,
    LIFCell,
    SpikeSource,
)
from ngcsnn.graph import GraphError

KERNELS: dict[str, tuple[Any, dict[str, Any], Any]] = {
    "exponential": (ExponentialReceptor, {"tau": 4.0}, lambda t: np.exp(-t / 4.0)),
    "alpha": (AlphaReceptor, {"tau": 3.0}, lambda t: t / 3.0 * np.exp(1 - t / 3.0)),
    "double exponential": (
        DoubleExponentialReceptor,
        {"tau_rise": 1.5, "tau_decay": 6.0},
        lambda t: (np.exp(-t / 6.0) - np.exp(-t / 1.5)) / (0.25 ** (1 / 3) - 0.25 ** (4 / 3)),
    ),
}


def made(name: str, dt: float = 0.5, n: int = 1, **more: Any) -> tuple[ng.Context, Any]:
    cls, arguments, _ = KERNELS[name]
    with ng.Context("net", dt=dt) as net:
        part = cls("part", n_units=n, **arguments, **more)
    return net, part


@pytest.mark.parametrize("dt", [0.25, 1.0, 4.0])
@pytest.mark.parametrize("name", KERNELS)
def test_the_kernel_at_every_step_and_its_mean_over_it(name, dt, x64):
    net, part = made(name, dt)
    steps, kernel = 8, KERNELS[name][2]
    value = np.zeros((steps, 1, 1))
    value[1] = 2.0
    out = net.advance.scan({part.inputs: value}, watch=[part.g, part.outputs])
    t = (np.arange(steps) - 1) * dt
    want = np.where(t >= 0, 2.0 * kernel(np.maximum(t, 0)), 0.0)
    np.testing.assert_allclose(np.asarray(out["part.g"])[:, 0, 0], want, rtol=1e-9, atol=1e-12)
    fine = t[:, None] + (np.arange(2000) + 0.5) / 2000 * dt
    mean = np.where(fine >= 0, 2.0 * kernel(np.maximum(fine, 0)), 0.0).mean(1)
    np.testing.assert_allclose(np.asarray(out["part.outputs"])[:, 0, 0], mean, rtol=1e-5)


@pytest.mark.parametrize("norm", ["peak", "area"])
@pytest.mark.parametrize("name", KERNELS)
def test_norms(name, norm, x64):
    for dt in (0.02, 2.0):
        net, part = made(name, dt, norm=norm)
        value = np.zeros((round(100 / dt), 1, 1))
        value[0] = 1.0
        fed = {part.inputs: value, part.inputs.offset: -0.7 * dt * value}  # the charge is the same at any offset
        out = net.advance.scan(fed, watch=[part.g, part.outputs])
        fine = np.arange(0, 100, 0.001)
        charge = 1.0 if norm == "area" else KERNELS[name][2](fine).sum() * 0.001
        assert float(out["part.outputs"].sum()) * dt == pytest.approx(charge, rel=1e-3)
        if dt == 0.02 and norm == "peak":
            assert float(out["part.g"].max()) == pytest.approx(1.0, rel=4e-3)


@pytest.mark.parametrize("name", KERNELS)
def test_event_times_count_to_second_order(name, x64):
    """Events at either end of a step are exact; between, the error falls with the square of dt."""
    kernel, wrong = KERNELS[name][2], {}
    for dt in (0.5, 0.25):
        net, part = made(name, dt)
        value, moment = np.zeros((2, round(8 / dt), 1, 1))
        value[1], moment[1] = [[1.5]], [[-1.5 * 0.4 * dt]]
        g = np.asarray(net.advance.scan({part.inputs: value, part.inputs.offset: moment}, watch=[part.g])["part.g"])
        at = (np.arange(len(value)) - 1) * dt + 0.4 * dt
        wrong[dt] = np.max(np.abs(g[1:, 0, 0] - 1.5 * kernel(at[1:])))
    assert wrong[0.5] < 0.05 and 3.0 < wrong[0.5] / wrong[0.25] < 5.0
    net, part = made(name, 1.0)
    value, moment = np.zeros((2, 4, 1, 1))
    value[1], moment[1] = 1.0, -1.0
    g = np.asarray(net.advance.scan({part.inputs: value, part.inputs.offset: moment}, watch=[part.g])["part.g"])
    np.testing.assert_allclose(g[1:, 0, 0], kernel(np.arange(1.0, 4.0)), rtol=1e-9)


def test_conductances_pull_towards_their_reversal_potential(x64):
    with ng.Context("net", dt=0.1) as net:
        cell = LICell("cell", n_units=2, tau_m=10.0, v_rest=-70.0)
        exc = ExponentialReceptor("exc", n_units=2, tau=1e6, reversal=0.0)
        inh = ExponentialReceptor("inh", n_units=2, tau=1e6, reversal=-80.0)
        for part in (exc, inh):
            cell.v >> part.v
        exc.outputs + inh.outputs >> cell.j
    exc.g.set([[0.5, 0.0]])
    inh.g.set([[0.0, 2.0]])
    for _ in range(1500):
        net.advance.run()
    np.testing.assert_allclose(cell.v.get()[0], [-70 / 1.5, (-70 - 160) / 3], rtol=1e-4)


def test_magnesium_blocks_at_rest(x64):
    _, part = made("exponential", n=3, reversal=0.0, magnesium=1.0)
    part.g.set([[1.0, 1.0, 1.0]])
    part.v.set([[-80.0, -40.0, 20.0]])
    part.context.advance.run()
    v = np.array([-80.0, -40.0, 20.0])
    open_ = 1 / (1 + np.exp(-0.062 * v) / 3.57)
    mean = np.exp(-0.5 / 4.0) * (1 - np.exp(-0.5 / 4.0)) * 4.0 / 0.5
    np.testing.assert_allclose(part.outputs.get()[0], -mean * v * open_, rtol=1e-9)
    assert open_[0] < 0.03 < 0.2 < open_[1] < 0.25


def test_an_exponential_receptor_is_a_port_with_its_time_constant(x64):
    """A leaky cell with the current in its port, and one that it reaches through a receptor, differ by O(dt^2)."""
    rng, apart = np.random.default_rng(0), {}
    times = rng.uniform(0, 20, (12, 2))
    for dt in (0.5, 0.25):
        with ng.Context("net", dt=dt) as net:
            source = SpikeSource("events", n_units=12)
            w = DenseSynapse("w", shape=(12, 1), weights=ng.init.Normal(0.0, 1.0))
            port, through = LICell("port", n_units=1, tau_syn=4.0), LICell("through", n_units=1)
            part = ExponentialReceptor("part", n_units=1, tau=4.0)
            source.s >> w.inputs
            w.outputs >> port.syn
            w.outputs >> part.inputs
            part.outputs >> through.j
        value, moment = np.zeros((2, round(40 / dt), 1, 12))
        step = np.ceil(times / dt).astype(int) - 1
        np.add.at(value[:, 0], (step, np.arange(12)[:, None]), 1.0)
        np.add.at(moment[:, 0], (step, np.arange(12)[:, None]), times - (step + 1) * dt)
        out = net.advance.scan({source.s: value, source.s.offset: moment}, watch=[port.v, through.v])
        apart[dt] = np.abs(out["port.v"] - out["through.v"]).max() / np.abs(out["port.v"]).max()
    assert apart[0.5] < 4e-3 and 2.5 < apart[0.5] / apart[0.25] < 6


def test_eventprop_goes_through_receptors(x64):
    """Its gradient is the one of the loss, also by the time constants."""
    with ng.Context("net", dt=0.5, seed=0) as net:
        source, hidden, out = SpikeSource("input", n_units=5), LIFCell("hidden", n_units=4), LICell("out", n_units=2)
        w = DenseSynapse("w", shape=(5, 4), weights=ng.init.Normal(1.2, 0.4))
        back = DenseSynapse("back", shape=(4, 4), weights=ng.init.Normal(0.2, 0.4), mask=ng.init.OffDiagonal())
        part = AlphaReceptor("part", n_units=4, tau=3.0)
        readout = DenseSynapse("readout", shape=(4, 2), weights=ng.init.Normal(0.0, 0.5))
        source.s >> w.inputs
        hidden.s >> back.inputs
        w.outputs + back.outputs >> part.inputs
        part.outputs >> hidden.j
        hidden.s >> readout.inputs
        readout.outputs >> out.syn
    compiler = EventPropCompiler(40, {out: "sparse_categorical_crossentropy"}, {out: "avg_var"}, batch_size=2)
    compiled = compiler.compile(net)
    spikes = (np.random.default_rng(1).random((2, 40, 5)) < 0.2).astype(float)
    _, grads = compiled.loss_and_grads({source: spikes}, {out: np.arange(2)})
    assert np.any(grads["back"]["weights"])
    for name in ("w", "back"):
        part_of = net.find(name)
        start, along = np.asarray(part_of.weights.get()), np.random.default_rng(2).normal(size=part_of.weights.shape)
        along = along * (start != 0)
        sides = []
        for sign in (1, -1):
            part_of.weights.set(start + sign * 1e-5 * along)
            sides.append(float(compiled.loss_and_grads({source: spikes}, {out: np.arange(2)})[0]))
        part_of.weights.set(start)
        slope = (sides[0] - sides[1]) / 2e-5
        assert float(np.sum(grads[name]["weights"] * along)) == pytest.approx(slope, rel=0.02), name


def test_refused():
    with pytest.raises(GraphError, match="`magnesium` needs `reversal`"):
        made("alpha", magnesium=1.0)
    with pytest.raises(AttributeError, match="has no 'v'"):
        made("alpha")[1].v.get()
    with pytest.raises(GraphError, match="`tau_rise` must be below `tau_decay`.*use AlphaReceptor"), ng.Context("net"):
        DoubleExponentialReceptor("part", n_units=1, tau_rise=5.0, tau_decay=5.0)
    with pytest.raises(GraphError, match="`norm` must be one of 'peak', 'area'"):
        made("alpha", norm="sum")
