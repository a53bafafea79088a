"""The data of one batch over the steps: events of one unit and step add up, their offsets too."""

from __future__ import annotations

import numpy as np
import pytest
from networks import layered
from small import STEPS, dense, events

from ngcsnn.compilers.batches import NOBODY
from ngcsnn.compilers.feed import fed_leaves, feed, keeps_offsets
from ngcsnn.compilers.feeding import to_device
from ngcsnn.credit import Grid, Precise
from ngcsnn.data import EventData
from ngcsnn.kernels import Events

MAIN, MOMENT = ("input", "inputs"), ("input", "inputs.offset")


def spread(fed):
    """What is fed, over the steps."""
    out = {}
    for leaf, value in fed.items():
        if isinstance(value, Events):
            moments = dict(zip(("", ".offset"), value.dense(np.float32), strict=True))
            out.update({(leaf[0], leaf[1] + end): m for end, m in moments.items() if m is not None})
        else:
            out[leaf] = value
    return out


@pytest.fixture(scope="module")
def net():
    return layered(n=4)


def test_events_of_one_unit_and_step_add_up(net):
    times = [2.25, 2.5, 2.5, 3.0, 3.5]
    data, _ = to_device(net, {"input": EventData.from_lists([(times, [1, 1, 1, 1, 4])], 5)}, STEPS)
    fed = spread(feed(net, data, np.array([0]), STEPS, timed=True))
    assert fed[MAIN].shape == fed[MOMENT].shape == (STEPS, 1, 5)
    assert float(fed[MAIN][2, 0, 1]) == 4.0 and float(fed[MAIN][3, 0, 4]) == 1.0
    assert float(fed[MOMENT][2, 0, 1]) == pytest.approx(-0.75 - 0.5 - 0.5 + 0.0)
    assert float(np.sum(fed[MAIN])) == 5.0 and float(np.sum(fed[MOMENT])) == pytest.approx(-2.25)


def test_equals_the_events_one_by_one(net):
    data, n = to_device(net, {"input": events()}, STEPS)
    batch = np.array([7, 0, 0, 9])
    fed = spread(feed(net, data, batch, STEPS, timed=True))
    counts, moments = dense(events(), net.dt)
    np.testing.assert_array_equal(fed[MAIN], counts[batch].swapaxes(0, 1))
    np.testing.assert_allclose(fed[MOMENT], moments[batch].swapaxes(0, 1), atol=1e-5)
    assert fed[MAIN].dtype == fed[MOMENT].dtype == net.dtype
    assert set(fed) == fed_leaves(net, data, timed=True) and n == len(events())


def test_on_the_grid_offsets_are_dropped(net):
    assert keeps_offsets(Precise()) and not keeps_offsets(Grid())
    data, _ = to_device(net, {"input": events()}, STEPS)
    fed = spread(feed(net, data, np.array([1]), STEPS, timed=keeps_offsets(Grid())))
    assert set(fed) == {MAIN} == fed_leaves(net, data, timed=False)


def test_arrays_are_taken_as_they_are(net):
    x = np.random.default_rng(0).normal(size=(3, STEPS, 5)).astype(np.float32)
    data, _ = to_device(net, {"input": x}, STEPS)
    fed = spread(feed(net, data, np.array([2, 1]), STEPS, timed=True))
    assert set(fed) == {MAIN} == fed_leaves(net, data, timed=True)
    np.testing.assert_array_equal(fed[MAIN], x[[2, 1]].swapaxes(0, 1))


@pytest.mark.parametrize("given", [events(2), np.ones((2, STEPS, 5))], ids=["events", "array"])
def test_nobody_is_fed_nothing(net, given):
    data, _ = to_device(net, {"input": given}, STEPS)
    fed = spread(feed(net, data, np.array([1, NOBODY]), STEPS, timed=True))
    for values in fed.values():
        assert np.any(values[:, 0]) and not np.any(values[:, 1])
