"""What users hand in, checked against the network and put on the device."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from networks import layered
from small import STEPS, dense, events

import ngcsnn as ng
from ngcsnn.compilers.fed_events import FedEvents
from ngcsnn.compilers.feeding import to_device
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.data import EventData, LatencyCode
from ngcsnn.graph import Component, GraphError, ShapeError, UnknownNameError, input_


class OddInputs(Component):
    """Has an input without batch axis, and one of two axes."""

    common = input_(shape=(3,), batched=False)
    picture = input_(shape=(2, 3), timed=True)


@pytest.fixture(scope="module")
def net():
    with ng.Context("two", dt=0.5) as net:
        source, hidden = SpikeSource("input", n_units=5), LIFCell("hidden", n_units=4)
        weights, free = DenseSynapse("w", shape=(5, 4), weights=1.0), DenseSynapse("free", shape=(2, 4), weights=1.0)
        source.s >> weights.inputs
        weights.outputs >> hidden.syn
        LICell("output", n_units=2)
        OddInputs("shared")
        del free
    return net


def test_events_become_lists_on_the_device(net):
    data, n = to_device(net, {net.find("input"): events(6)}, 40)
    assert n == 6 and list(data) == ["input.inputs"]
    fed = data["input.inputs"]
    assert isinstance(fed, FedEvents) and (fed.n_units, fed.later) == (5, 0)
    step, unit, offset = fed.trials.take(np.arange(6))
    assert step.shape == unit.shape == offset.shape == (6, 8)
    assert offset.dtype == net.dtype and step.dtype == unit.dtype == jnp.int32
    counts, moments = dense(events(6), 0.5, 40)
    np.testing.assert_array_equal(np.bincount(np.asarray(step).ravel(), minlength=40), counts.sum(axis=(0, 2)))
    np.testing.assert_allclose(np.sum(offset), moments.sum(), rtol=1e-5)
    assert fed.most >= counts.sum(axis=2).max()


@pytest.mark.parametrize("key", ["input", "input.s", "input.inputs"])
def test_a_source_has_three_names(net, key):
    x = np.ones((2, STEPS, 5))
    for named in (key, net.find(key)):
        data, n = to_device(net, {named: x}, STEPS)
        assert list(data) == ["input.inputs"] and n == 2
        np.testing.assert_array_equal(data["input.inputs"], x)
        assert data["input.inputs"].dtype == net.dtype


def test_events_fed_past_a_source_act_one_step_later(net):
    """As if a source had emitted them."""
    both = to_device(net, {"input": events(3), "free.inputs": events(3, units=2)}, 40)[0]
    theirs, ours = both["input.inputs"], both["free.inputs"]
    assert (theirs.later, ours.later) == (0, 1) and ours.n_units == 2
    for fed, given in ((theirs, events(3)), (ours, events(3, units=2))):
        np.testing.assert_array_equal(fed.trials.take(np.arange(3)).step, given.to_padded(40, 0.5).step)


@pytest.mark.parametrize(
    "values", [np.array([[0, 9, 200, 30, 255]] * 3, np.uint8), np.full((3, 5), 0.5)], ids=["uint8", "float"]
)
def test_a_code_stays_a_code(net, values):
    """What makes one event of each unit is not made a list before a batch is taken."""
    data, n = to_device(net, {"input": LatencyCode(values, 2.0, 18.0)}, 40)
    fed = data["input.inputs"]
    assert n == 3 and isinstance(fed, FedEvents) and fed.trials.one_each and fed.most == 5
    assert {a.shape for a in jax.tree.leaves(fed)} == {(3, 5)}


def test_the_order_of_the_inputs_does_not_matter(net):
    x, j = np.ones((2, STEPS, 5)), np.ones((2, STEPS, 4))
    assert list(to_device(net, {"input": x, "hidden.j": j}, STEPS)[0]) == ["hidden.j", "input.inputs"]
    assert list(to_device(net, {"hidden.j": j, "input": x}, STEPS)[0]) == ["hidden.j", "input.inputs"]


X = np.zeros((2, STEPS, 5))
BAD = X.copy()
BAD[1, 3, 2] = np.nan
WRONG = [
    ([X], GraphError, r"inputs are given as \{component: data\}"),
    ({}, GraphError, "inputs are empty"),
    ({"inptu": X}, UnknownNameError, "no component 'inptu'; did you mean 'input'"),
    ({"input.x": X}, UnknownNameError, "'input' has no compartment 'x'"),
    ({3: X}, GraphError, "3 does not belong to context 'two'"),
    ({"input": X, "input.s": X}, GraphError, "input.inputs is fed twice"),
    ({"hidden.j": np.zeros((2, STEPS, 4))}, GraphError, "no data for the source 'input'; got data for hidden.j"),
    ({"input": X, "hidden": X}, GraphError, r"'hidden' is a LIFCell, no source.*one of its free inputs \(hidden.j\)"),
    ({"input": X, "w": X}, GraphError, "'w' is a DenseSynapse, no source.*no free input"),
    ({"input": X, "hidden.syn": X}, GraphError, "hidden.syn cannot be fed: it is driven by the wire w.outputs >> hid"),
    ({"input": X, "hidden.syn.offset": X}, GraphError, "hidden.syn.offset cannot be fed: hidden.syn is driven by"),
    ({"input": X, "hidden.v": X}, GraphError, "hidden.v cannot be fed: it is of role 'state'"),
    ({"input": X, "hidden.s": X}, GraphError, "hidden.s cannot be fed: it is of role 'output'"),
    ({"input": X, "w.weights": X}, GraphError, "w.weights cannot be fed: it is of role 'param'"),
    ({"input": X, "shared.common": X}, GraphError, "shared.common cannot be fed: it is shared by all samples"),
    ({"input": X, "hidden.j": np.zeros((3, STEPS, 4))}, ShapeError, "samples: input.inputs 2, hidden.j 3"),
    ({"input": X[:, :-1]}, ShapeError, r"EventData or an array \(n_samples, 20, 5\), got \(2, 19, 5\)"),
    ({"input": X.swapaxes(0, 1)}, ShapeError, r"got \(20, 2, 5\); give `array.swapaxes\(0, 1\)`"),
    ({"input": X[0]}, ShapeError, r"\(n_samples, 20, 5\), got \(20, 5\)"),
    ({"input": X[:0]}, ShapeError, r"got \(0, 20, 5\)"),
    ({"input": 1.0}, ShapeError, r"got \(\)"),
    ({"input": [[1.0], [1.0, 2.0]]}, ShapeError, "cannot be made one array"),
    ({"input": "spikes"}, GraphError, r"of numbers, got 'spikes'"),
    ({"input": X + 1j}, GraphError, "of numbers"),
    ({"input": BAD}, GraphError, "input.inputs: .*finite in float32, got nan at sample 1, step 3, unit 2"),
    ({"input": X + 1e60}, GraphError, "finite in float32, got inf at sample 0, step 0, unit 0"),
    ({"input": events(2, units=4)}, ShapeError, "input.inputs has 5 units, the events have 4"),
    ({"input": events(2, t_end=30.0)}, GraphError, r"input.inputs: .*after the trial of 20 steps x 0.5 ms"),
    ({"input": EventData.from_lists([], 5)}, ShapeError, "the events hold no sample"),
    ({"input": X, "hidden.j": events(2, units=4)}, GraphError, r"hidden.j takes values, not events.*20, 4\)"),
    ({"input": X, "shared.picture": events(2)}, GraphError, r"shared.picture takes values.*20, 2, 3\)"),
    ({"input": events(2, t_end=9.0), "input.inputs.offset": X}, GraphError, "input.inputs.offset is fed twice"),
    (
        {"input": LatencyCode(np.full((1, 4), 9, np.uint8), 0.0, 9.0)},
        ShapeError,
        "input.inputs has 5 units, the events have 4",
    ),
    (
        {"input": LatencyCode(np.full((1, 5), 9, np.uint8), 0.0, 30.0)},
        GraphError,
        "input.inputs: .*after the trial of 20 steps",
    ),
]


@pytest.mark.parametrize(("inputs", "error", "text"), WRONG, ids=[text[:30] for *_, text in WRONG])
def test_errors(net, inputs, error, text):
    with pytest.raises(error, match=text):
        to_device(net, inputs, STEPS)


def test_first_moments_can_be_given_as_arrays(net):
    offsets = np.full((2, STEPS, 5), -0.25)
    for key in ("input.inputs.offset", "input.s.offset"):
        data, _ = to_device(net, {"input": X, key: offsets}, STEPS)
        np.testing.assert_array_equal(data["input.inputs.offset"], offsets)


def test_compartments_of_other_contexts_are_refused(net):
    with pytest.raises(GraphError, match="does not belong to context 'two'"):
        to_device(net, {layered().find("input"): X}, STEPS)
