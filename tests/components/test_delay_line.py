"""Delayed copies of the input: a dense synapse from copies * n_pre units that are fed the shifted events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cell_nets import events

import ngcsnn as ng
from ngcsnn.components import DelayLineSynapse, DenseSynapse, SpikeSource
from ngcsnn.graph import GraphError

DT, STEPS, COPIES = 0.5, 24, 3
TIMES = [np.array([0.7, 3.3]), np.array([0.45, 4.0])]


def fed(times: list[np.ndarray]) -> list[np.ndarray]:
    each = [events(t[t < STEPS * DT], STEPS, DT) for t in times]
    return [np.concatenate([e[k] for e in each], axis=2) for k in (0, 1)]


def transmitted(make: Any, times: list[np.ndarray]) -> list[np.ndarray]:
    with ng.Context("net", dt=DT, dtype="float64") as net:
        source = SpikeSource("source", n_units=len(times))
        w = make("w")
        source.s >> w.inputs
    feed = dict(zip(("source.inputs", "source.inputs.offset"), fed(times), strict=True))
    out = net.advance.scan(inputs=feed, watch=[w.outputs, w.outputs.offset])
    return [np.asarray(out[k]) for k in ("w.outputs", "w.outputs.offset")]


@pytest.mark.parametrize("spacing", [1.5, 0.8, 50.0], ids=["whole steps", "fractions", "longer than the trial"])
def test_it_is_a_dense_synapse_of_shifted_events(spacing: float, x64: None) -> None:
    weights = np.random.default_rng(0).normal(size=(COPIES, 2, 4))
    line = transmitted(
        lambda name: DelayLineSynapse(name, shape=(2, 4), copies=COPIES, spacing=spacing, weights=weights, bias=0.3),
        TIMES,
    )
    shifted = [t + c * spacing for c in range(COPIES) for t in TIMES]
    matrix = weights.reshape(2 * COPIES, 4)
    dense = transmitted(lambda name: DenseSynapse(name, shape=(2 * COPIES, 4), weights=matrix, bias=0.3), shifted)
    assert np.abs(dense[1]).max() > 0.1
    for a, b in zip(line, dense, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


def test_its_delays_are_fixed() -> None:
    with ng.Context("net", dt=1.0):
        line = DelayLineSynapse("line", shape=(2, 4), copies=3, spacing=2.5, weights=0.1)
    assert line.longest == 5.0 and line.weights.shape == (3, 2, 4) and line.delayed
    assert line.on_the_way.shape == (6, 2)  # one line, however many copies read it
    with ng.Context("net", dt=1.0), pytest.raises(GraphError, match="`spacing` must be finite and > 0"):
        DelayLineSynapse("line", shape=(2, 4), copies=3, spacing=0.0, weights=0.1)
