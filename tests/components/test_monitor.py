"""Monitors: stride, ring, host, resets, matrices."""

from __future__ import annotations

import numpy as np
import pytest

import ngcsnn as ng
from ngcsnn.components import LICell, Monitor


def watched(batch=2, **arguments):
    with ng.Context("net", dt=0.5) as net:
        cell, monitor = LICell("cell", n_units=3, tau_m=5.0), Monitor("monitor", shape=3, **arguments)
    cell.v >> monitor.inputs
    net.reset(batch_size=batch)
    return net, cell, monitor


def drive(cell, n_steps, seed=0):
    return {cell.j: np.random.default_rng(seed).normal(size=(n_steps, cell.context.batch_size, 3))}


@pytest.mark.parametrize("to", ["ring", "host"])
@pytest.mark.parametrize("compiled", ["scan", "eager"])
def test_every_third_value_is_recorded_with_its_time(to, compiled):
    net, cell, monitor = watched(every=3, to=to)
    rows = drive(cell, 20)
    if compiled == "scan":
        truth = np.asarray(net.advance.scan(inputs=rows, watch=[cell.v])["cell.v"])
    else:
        truth = []
        for n in range(20):
            net.advance.run({cell.j: rows[cell.j][n]}, compiled=False)
            truth.append(np.asarray(cell.v.get()))
        truth = np.stack(truth)
    times, values = monitor.recorded()
    np.testing.assert_allclose(times, 0.5 * np.array([3, 6, 9, 12, 15, 18]))
    np.testing.assert_array_equal(values, truth[2::3])
    assert values.shape == (6, 2, 3)
    np.testing.assert_array_equal(monitor.outputs.get(), truth[17])


def test_a_full_ring_keeps_the_last_records():
    net, cell, monitor = watched(every=2, length=4)
    truth = np.asarray(net.advance.scan(inputs=drive(cell, 17), watch=[cell.v])["cell.v"])
    times, values = monitor.recorded()
    np.testing.assert_allclose(times, 0.5 * np.array([10, 12, 14, 16]))
    np.testing.assert_array_equal(values, truth[[9, 11, 13, 15]])


@pytest.mark.parametrize("to", ["ring", "host"])
def test_a_reset_empties_it(to):
    net, cell, monitor = watched(to=to)
    net.advance.scan(inputs=drive(cell, 5), watch=[])
    assert len(monitor.recorded()[0]) == 5
    net.reset(batch_size=4)
    times, values = monitor.recorded()
    assert times.shape == (0,) and values.shape == (0, 4, 3)
    net.advance.scan(inputs=drive(cell, 2), watch=[])
    assert monitor.recorded()[1].shape == (2, 4, 3)


def test_the_ring_is_saved_with_the_model(tmp_path):
    net, cell, monitor = watched()
    net.advance.scan(inputs=drive(cell, 5), watch=[])
    net.save(tmp_path / "net")
    again = ng.Context.load(tmp_path / "net").components["monitor"]
    np.testing.assert_array_equal(again.recorded()[1], monitor.recorded()[1])


def test_runs_in_pieces_join_and_matrices_are_recorded():
    net, cell, monitor = watched(to="host")
    rows = drive(cell, 12)[cell.j]
    whole = np.asarray(net.advance.scan(inputs={cell.j: rows}, watch=[cell.v])["cell.v"])
    np.testing.assert_array_equal(monitor.recorded()[1], whole)
    with ng.Context("net") as net:
        monitor = Monitor("monitor", shape=(2, 3), length=2)
    net.advance.scan(inputs={monitor.inputs: np.arange(18.0).reshape(3, 1, 2, 3)}, watch=[])
    assert monitor.recorded()[1].tolist() == np.arange(6.0, 18.0).reshape(2, 1, 2, 3).tolist()


def test_what_does_not_apply_is_refused():
    with pytest.raises(ng.GraphError, match="`length` belongs to a ring, got 5 with to='host'"):
        watched(to="host", length=5)
    with pytest.raises(ng.GraphError, match="`shape` must be one or more positive integers"), ng.Context("net"):
        Monitor("monitor", shape=(2, 0))
