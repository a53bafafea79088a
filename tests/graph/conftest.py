"""A small network of the library's own components, and a context to build others in."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import DenseSynapse, LIFCell, SpikeSource


def make_network(name: str = "net", **context: Any) -> SimpleNamespace:
    """`net`, and its parts `inp` (5), `w` and `hid` (4)."""
    with ng.Context(name, **context) as net:
        inp = SpikeSource("input", n_units=5)
        hid = LIFCell("hidden", n_units=4)
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
def context() -> Iterator[ng.Context]:
    """An empty context whose `with` block is open during the test."""
    with ng.Context("net") as net:
        yield net


@pytest.fixture
def spikes() -> np.ndarray:
    """Input spikes of one sample over 12 steps, (12, 1, 5)."""
    return (np.random.default_rng(0).random((12, 1, 5)) < 0.3).astype(np.float32)
