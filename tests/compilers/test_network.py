"""evaluate, predict and simulate: against each other, against the default process, and by hand."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.core import jaxprs_in_params
from networks import layered
from small import LOSS, STEPS, N, dense, events, labels, small

from ngcsnn.compilers import InferenceCompiler, SurrogateCompiler
from ngcsnn.compilers.feeding import to_device
from ngcsnn.compilers.parameters import split
from ngcsnn.graph import GraphError, UnknownNameError

X, Y = {"input": events()}, {"output": labels()}


def cross_entropy(y, labels):
    z = y - y.max(axis=1, keepdims=True)
    return np.mean(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), labels])


@pytest.fixture(scope="module")
def net():
    return small("precise")


@pytest.fixture(scope="module")
def whole(net):
    """The same network with one batch that has room for more than all samples."""
    return InferenceCompiler(STEPS, {"output": "avg_var"}, batch_size=64).compile(net.context)


def test_evaluate_is_predict_and_loss_by_hand(net):
    y = np.asarray(net.predict(X))
    assert y.shape == (N, 3)
    figures = net.evaluate(X, Y)
    assert figures["loss"] == pytest.approx(cross_entropy(y, labels()), rel=1e-5)
    assert figures["accuracy"] == pytest.approx(np.mean(y.argmax(axis=1) == labels()))
    spikes = np.asarray(net.simulate(X, "hidden_0.s")["hidden_0.s"])
    assert 0 < figures["hidden_0.rate_hz"] == pytest.approx(spikes.mean() * 1000.0, rel=1e-5)
    assert figures["hidden_0.silent"] == np.sum(spikes.sum(axis=(0, 1)) == 0)
    assert list(figures) == [
        "loss", "accuracy", "hidden_0.rate_hz", "hidden_0.silent", "hidden_0.grazing", "seconds"
    ]  # fmt: skip
    assert all(type(v) in (int, float) for v in figures.values())


def test_neither_batch_size_nor_filling_matters(net, whole):
    """3 batches, the last one partial, against one batch that is larger than the data."""
    ours, theirs = net.evaluate(X, Y), whole.evaluate(X, Y)
    for key in ours.keys() - {"seconds"}:
        assert ours[key] == pytest.approx(theirs[key], rel=1e-5), key
    np.testing.assert_allclose(net.predict(X), whole.predict(X), rtol=1e-5, atol=1e-7)


def test_the_targets_of_the_only_output_may_stand_alone(net):
    assert net.evaluate(X, labels())["loss"] == net.evaluate({net.context.find("input"): events()}, Y)["loss"]


@pytest.mark.parametrize("timing", ["precise", "grid"])
def test_simulate_equals_the_default_process(timing):
    compiled = small(timing)
    net, source = compiled.context, compiled.context.find("input")
    watch = [net.find("hidden_0").s, "hidden_0.s.offset", "hidden_0.v", net.find("output").v_mean, "forward_0.outputs"]
    ours = compiled.simulate(X, watch)
    counts, moments = dense(events(), net.dt)
    fed = {source.inputs: counts.swapaxes(0, 1)}
    if timing == "precise":
        fed[source.inputs.offset] = moments.swapaxes(0, 1)
    net.reset(batch_size=N)
    theirs = net.advance.scan(inputs=fed, watch=watch)
    net.reset(batch_size=1)
    assert ours.keys() == theirs.keys() and float(np.sum(ours["hidden_0.s"])) > 20
    for key in ours:
        assert ours[key].shape == theirs[key].shape == (STEPS, N, ours[key].shape[-1])
        np.testing.assert_allclose(ours[key], theirs[key], atol=2e-5, err_msg=key)
    assert timing == "precise" or not np.any(ours["hidden_0.s.offset"])


def test_arrays_are_simulated_as_given(net):
    """Counts at the steps' ends, and a current into a cell beside them."""
    rng = np.random.default_rng(2)
    x = (rng.random((N, STEPS, 5)) < 0.2).astype(np.float32)
    j = rng.uniform(0.0, 3.0, (N, STEPS, 6))
    ours = net.simulate({"input": x, "hidden_0.j": j}, ["hidden_0.s", "output.v"])
    context = net.context
    context.reset(batch_size=N)
    fed = {"input.s": x.swapaxes(0, 1), "hidden_0.j": j.swapaxes(0, 1)}
    theirs = context.advance.scan(inputs=fed, watch=["hidden_0.s", "output.v"])
    context.reset(batch_size=1)
    for key in ours:
        np.testing.assert_allclose(ours[key], theirs[key], atol=2e-5, err_msg=key)


def test_samples_keep_their_places(net):
    turned = events().select(np.arange(N)[::-1])
    forth, back = (net.simulate({"input": e}, ["output.v"])["output.v"] for e in (events(), turned))
    np.testing.assert_allclose(forth, back[:, ::-1], rtol=1e-5, atol=1e-7)


def test_events_fed_past_the_source_do_what_the_source_does():
    with layered(n=4) as net:
        source, weights = net.find("input"), net.find("forward_0")
    weights.inputs.source = None  # the synapse on its own
    net.changed()
    compiled = InferenceCompiler(STEPS, {"output": "avg_var"}, batch_size=4).compile(net)
    ours = compiled.simulate({weights.inputs: events(4), source: np.zeros((4, STEPS, 5))}, ["hidden_0.v"])
    theirs = InferenceCompiler(STEPS, {"output": "avg_var"}).compile(layered(n=4))
    np.testing.assert_allclose(
        ours["hidden_0.v"], theirs.simulate({"input": events(4)}, ["hidden_0.v"])["hidden_0.v"], atol=1e-6
    )


@pytest.mark.parametrize(
    ("record", "error", "text"),
    [
        ([], GraphError, "nothing to record"),
        (["hidden_0"], GraphError, r"'hidden_0' is a component; of 'hidden_0' it takes hidden_0.s, "),
        ("hidden_0.syn", GraphError, "hidden_0.syn is wired to forward_0.outputs"),
        (["forward_0.weights"], GraphError, "forward_0.weights is a parameter"),
        (["hiden_0.s"], UnknownNameError, "did you mean 'hidden_0'"),
        (["hidden_0.vv"], UnknownNameError, "has no compartment 'vv'"),
        (3, GraphError, "3 does not belong to context"),
    ],
)
def test_what_cannot_be_recorded(net, record, error, text):
    with pytest.raises(error, match=text):
        net.simulate(X, record)


def test_rules_without_times_have_no_offsets():
    """Neither to record nor to feed; on the grid they are there, and 0."""
    net = layered(n=4)
    compiled = SurrogateCompiler(STEPS, LOSS).compile(net)
    why = r"under Surrogate\(.*events have no times within a step"
    for record in ("hidden_0.s.offset", net.find("input").s.offset, ["output.v", "forward_0.outputs.offset"]):
        with pytest.raises(GraphError, match=r"\.offset cannot be recorded: " + why):
            compiled.simulate(X, record)
    arrays = {"input": np.ones((N, STEPS, 5)), "input.s.offset": np.zeros((N, STEPS, 5))}
    for call in (compiled.predict, lambda x: compiled.loss_and_grads(x, Y), lambda x: compiled.train(x, Y)):
        with pytest.raises(GraphError, match=r"input\.inputs\.offset cannot be fed: " + why):
            call(arrays)


def test_one_trace_for_each_kind_of_call(net):
    for _ in range(2):
        net.predict(X)
        net.evaluate({"input": events(seed=5)}, Y)
        net.simulate(X, ["output.v"])
        net.simulate({"input": events(seed=5)}, net.context.find("output").v)
    before = dict(net.traces)
    net.predict({"input": events(seed=9)})
    net.evaluate(X, Y)
    net.simulate(X, "output.v")
    assert net.traces == before and before["predict"] == before["evaluate"] == 1


def test_parameters_are_read_at_every_call(net):
    weights = net.context.find("readout").weights
    old, first = weights.get(), net.predict(X)
    weights.set(jnp.zeros_like(old))
    assert np.ptp(np.asarray(net.predict(X)), axis=0) == pytest.approx(0.0), "nothing but the bias is left"
    weights.set(old)
    np.testing.assert_array_equal(net.predict(X), first)


def test_a_changed_structure_must_be_compiled_again():
    context = layered(n=4)
    compiled = InferenceCompiler(STEPS, {"output": "avg_var"}).compile(context)
    context.find("hidden_0").note = 1.0  # a plain attribute that a step could read
    for call in (compiled.predict, lambda x: compiled.evaluate(x, Y), lambda x: compiled.simulate(x, "output.v")):
        with pytest.raises(GraphError, match="context 'layered' changed after it was compiled; compile it again"):
            call(X)


def test_several_outputs_and_the_time_axis():
    net = layered(layers=2, n=4)
    readouts = {"output": {"var": {"integral": "steps"}}, "hidden_0": {"max_var": {}}, "hidden_1": {"max_var": None}}
    with InferenceCompiler(STEPS, readouts, batch_size=3).compile(net) as compiled:
        out = compiled.predict({"input": events(7)})
        assert {k: v.shape for k, v in out.items()} == {
            "output": (7, STEPS, 3), "hidden_0": (7, 4), "hidden_1": (7, 4)
        }  # fmt: skip
        recorded = compiled.simulate({"input": events(7)}, ["output.v", "hidden_0.v"])
    np.testing.assert_allclose(out["output"], recorded["output.v"].swapaxes(0, 1), atol=1e-6)
    np.testing.assert_allclose(out["hidden_0"], recorded["hidden_0.v"].max(axis=0), atol=1e-6)


def largest(jaxpr) -> int:
    """The most entries that any array made in a program has, loops included."""
    sizes = [0]
    for equation in jaxpr.eqns:
        sizes += [v.aval.size for v in equation.outvars if hasattr(v.aval, "size")]
        sizes += [largest(sub) for sub in jaxprs_in_params(equation.params)]
    return max(sizes)


def test_memory_does_not_grow_with_the_number_of_samples(net):
    many = 2000
    context = net.context
    data, n = to_device(context, {"input": events(many)}, STEPS)
    targets = net.objective.targets(context, labels(many), n, STEPS)
    index, weight = net._batches(np.arange(n))
    parameters = split(context, net.names)
    evaluated = net._evaluate_program(data).trace(*parameters, data, targets, index, weight).jaxpr
    predicted = net._predict_program(data).trace(*parameters, data, index).jaxpr
    assert largest(evaluated) < many < n * STEPS
    assert largest(predicted) == n * 3, "what is asked for, and no more"


def test_wrong_data_and_targets_are_named(net):
    with pytest.raises(GraphError, match="no component 'inptu'"):
        net.predict({"inptu": events()})
    with pytest.raises(ValueError, match=r"'output' must have shape \(10,\)"):
        net.evaluate(X, labels(9))
    with pytest.raises(ValueError, match=r"'output'\[0\] is 7; labels must be integers from 0 to 2"):
        net.evaluate(X, {"output": labels() + 7})
    assert LOSS.keys() == {"output"}
