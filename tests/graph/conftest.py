"""A small network whose cell compiles fast, and a context to build others in."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, SpikeSource
from ngcsnn.graph import Component, checks, hyper, input_, output, param, state


class Cell(Component):
    """A leaky cell that spikes at 1 and starts again at 0."""

    n_units = hyper(kind=int, check=checks.positive, doc="number of cells")
    tau_m = param(20.0, shape="n_units", unit="ms", check=checks.positive, doc="membrane time constant")
    j = input_(shape="n_units", doc="input current")
    syn = input_(shape="n_units", timed=True, doc="events for the synaptic current")
    i_syn = state(shape="n_units", doc="synaptic current")
    v = state(shape="n_units", doc="membrane potential")
    s = output(shape="n_units", timed=True, doc="spikes")

    def advance(self) -> None:
        i = 0.8 * self.i_syn.get() + self.syn.get()
        v = self.v.get() + (self.j.get() + i - self.v.get()) * self.context.dt / self.tau_m.get()
        s = (v > 1.0) * 1.0
        self.i_syn.set(i)
        self.v.set(v * (1.0 - s))
        self.s.set_moments(s, -0.5 * s)


def make_network(name: str = "net", **context: Any) -> SimpleNamespace:
    """`net`, and its parts `inp` (5), `w` and `hid` (4)."""
    with ng.Context(name, **context) as net:
        inp = SpikeSource("input", n_units=5)
        hid = Cell("hidden", n_units=4)
        w = DenseSynapse("in_hid", shape=(5, 4), weights=ng.init.Normal(1.5, 0.78))
        inp.s >> w.inputs
        w.outputs >> hid.syn
    return SimpleNamespace(net=net, inp=inp, hid=hid, w=w)


@pytest.fixture
def make() -> Callable[..., SimpleNamespace]:
    return make_network


@pytest.fixture
def network() -> SimpleNamespace:
    return make_network()


@pytest.fixture
def aligned() -> Callable[[tuple[int, ...]], np.ndarray]:
    """Zeros at an address where jax may use NumPy's memory without a copy."""

    def zeros(shape: tuple[int, ...]) -> np.ndarray:
        n_bytes = 4 * int(np.prod(shape))
        raw = np.zeros(n_bytes + 64, np.uint8)
        start = -raw.ctypes.data % 64
        return raw[start : start + n_bytes].view(np.float32).reshape(shape)

    return zeros


@pytest.fixture
def context() -> Iterator[ng.Context]:
    """An empty context whose `with` block is open during the test."""
    with ng.Context("net") as net:
        yield net


@pytest.fixture
def spikes() -> np.ndarray:
    """Input spikes of one sample over 12 steps, (12, 1, 5)."""
    return (np.random.default_rng(0).random((12, 1, 5)) < 0.3).astype(np.float32)
