"""Gradients are means over the samples and true; training is a loop of them, whatever is run in one program."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from networks import layered
from small import LOSS, STEPS, N, events, labels, same, small, weights

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler
from ngcsnn.compilers.parameters import split, write_back
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.optim import SGD

X, Y = {"input": events()}, {"output": labels()}


def flat(grads):
    return {f"{n}.{k}": np.asarray(v) for n, part in grads.items() for k, v in part.items()}


def test_gradients_are_those_of_the_trained_and_means_over_the_samples():
    ours, all_at_once = small(batch_size=4), small(batch_size=16)
    loss, grads = ours.loss_and_grads(X, Y)
    shapes = {n: {k: v.shape for k, v in part.items()} for n, part in grads.items()}
    assert shapes == {
        "forward_0": {"weights": (5, 6), "bias": (6,)}, "readout": {"weights": (6, 3)}, "output": {"bias": (3,)},
    }  # fmt: skip
    assert float(loss) == pytest.approx(ours.evaluate(X, Y)["loss"], rel=1e-5)
    loss_at_once, at_once = all_at_once.loss_and_grads(X, Y)
    assert float(loss) == pytest.approx(float(loss_at_once), rel=1e-5)
    for key, value in flat(grads).items():
        np.testing.assert_allclose(value, flat(at_once)[key], rtol=1e-4, atol=1e-6, err_msg=key)
        assert np.any(value) and value.dtype == np.float32
    assert same(weights(ours), weights(small(batch_size=4))), "nothing is changed"


def test_equal_finite_differences(x64):
    """Of a recurrent network whose hidden cells get a current too, at a small step."""
    with ng.Context("fine", dt=0.02, seed=5) as net:
        source, hidden, output = (
            SpikeSource("input", n_units=5),
            LIFCell("hidden", n_units=3),
            LICell("output", n_units=3),
        )
        first = DenseSynapse("first", shape=(5, 3), weights=ng.init.Uniform(1.0, 4.0))
        back = DenseSynapse("back", shape=(3, 3), weights=ng.init.Normal(0.0, 0.5))
        second = DenseSynapse("second", shape=(3, 3), weights=ng.init.Normal(0.0, 1.0), bias=0.001)
        source.s >> first.inputs
        hidden.s >> back.inputs
        first.outputs + back.outputs >> hidden.syn
        hidden.s >> second.inputs
        second.outputs >> output.syn
    trainable = ["first.weights", "back.weights", "second.bias", "hidden.tau_m", "hidden.v_thr"]
    compiled = EventPropCompiler(600, LOSS, batch_size=3, trainable=trainable).compile(net)
    j = np.random.default_rng(0).uniform(0.0, 0.3, (3, 600, 3))
    x = {"input": events(3, seed=1, t_end=10.0), "hidden.j": j}
    figures, (_, grads) = compiled.evaluate(x, labels(3)), compiled.loss_and_grads(x, labels(3))
    assert figures["hidden.rate_hz"] > 50 and set(grads) == {"first", "back", "second", "hidden"}
    trained, eps = split(net, compiled.names)[0], 1e-6
    for name, key, at in (
        ("first", "weights", (0, 1)), ("back", "weights", (1, 2)), ("second", "bias", (0,)), ("hidden", "tau_m", ()),
        ("hidden", "v_thr", ()),
    ):  # fmt: skip
        sides = []
        for step in (eps, -eps):
            moved = trained[name][key].at[at].add(step)
            write_back(net, {name: {key: moved}})
            sides.append(compiled.evaluate(x, labels(3))["loss"])
        write_back(net, {name: {key: trained[name][key]}})
        numeric, ours = (sides[0] - sides[1]) / (2 * eps), float(grads[name][key][at])
        assert abs(ours) > 1e-5 and ours == pytest.approx(numeric, rel=2e-2), (name, key)


def test_training_is_a_loop_of_gradients_and_steps():
    """In order without shuffling; the third batch, half full, is learned from like the others."""
    ours = small()
    ours.train(X, Y, num_epochs=2, shuffle=False, callbacks=[])
    got = weights(ours)
    ours = small()
    state = ours.opt_state
    for _ in range(2):
        for part in (slice(0, 4), slice(4, 8), slice(8, N)):
            _, grads = ours.loss_and_grads({"input": events().select(part)}, labels()[part])
            state, new = ours.optimiser.step(state, split(ours.context, ours.names)[0], grads)
            write_back(ours.context, new)
    for key, value in weights(ours).items():
        np.testing.assert_allclose(got[key], value, rtol=1e-5, atol=1e-6, err_msg=key)
    assert all(not np.array_equal(got[k], v) for k, v in weights(small()).items()), "all of them learned"


def test_a_set_smaller_than_a_batch_is_learned_from():
    net = small()
    metrics, _ = net.train({"input": events(3)}, labels(3), num_epochs=3, callbacks=[])
    first = small().evaluate({"input": events(3)}, labels(3))["loss"]
    assert metrics["loss"] < first


def test_one_trace_for_many_epochs_and_calls():
    net = small()
    net.train(X, Y, num_epochs=2, callbacks=[])
    before = dict(net.traces)
    net.train(X, Y, num_epochs=3, start_epoch=2, callbacks=[])
    net.train({"input": events(seed=3)}, labels()[::-1], shuffle=False, callbacks=[])
    net.context.find("readout").weights.set(0.1)
    net.train(X, Y, num_epochs=1, callbacks=[])
    assert net.traces == before and small().traces is net.traces


def test_training_starts_from_what_the_context_holds():
    net = small()
    net.train(X, Y, num_epochs=1, callbacks=[])
    learned = weights(net)
    net = small()
    net.context.find("forward_0").weights.set(learned["forward_0.weights"])
    net.context.find("output").bias.set(learned["output.bias"])
    before = net.evaluate(X, Y)["loss"]
    metrics, _ = net.train(X, Y, num_epochs=1, callbacks=[])
    assert not np.array_equal(weights(net)["forward_0.weights"], learned["forward_0.weights"])
    assert abs(metrics["loss"] - before) < 0.2 and not same(weights(net), learned)


def test_bounds_and_masks_hold_after_training():
    mask = np.ones((5, 6))
    mask[0] = mask[3, 2] = 0.0
    with ng.Context("bounded", seed=1) as net:
        source, hidden, output = (
            SpikeSource("input", n_units=5),
            LIFCell("hidden", n_units=6),
            LICell("output", n_units=3),
        )
        first = DenseSynapse("first", shape=(5, 6), weights=ng.init.Uniform(1.0, 2.0), mask=mask, w_min=0.9, w_max=2.1)
        second = DenseSynapse("second", shape=(6, 3), weights=ng.init.Normal(0.0, 0.2), w_max=0.05)
        source.s >> first.inputs
        first.outputs >> hidden.syn
        hidden.s >> second.inputs
        second.outputs >> output.syn
    trainable = ["*.weights", "hidden.tau_m"]
    options = {"spike_timing": "grid", "batch_size": 4, "optimiser": SGD(eta=300.0)}  # far too fast, on purpose
    compiled = EventPropCompiler(STEPS, LOSS, trainable=trainable, **options).compile(net)
    before = np.asarray(first.weights.get())
    compiled.train(X, Y, num_epochs=3, callbacks=[])
    w, v, tau = (np.asarray(c.get()) for c in (first.weights, second.weights, hidden.tau_m))
    assert np.any(w != before) and not np.any(w[mask == 0]), "masked weights stay 0, below w_min"
    assert np.all((w[mask == 1] >= 0.9 - 1e-6) & (w[mask == 1] <= 2.1 + 1e-6))
    assert np.any(np.isclose(w[mask == 1], 0.9)) or np.any(np.isclose(w[mask == 1], 2.1))
    assert v.max() == pytest.approx(0.05) and v.min() < -1.0
    assert tau >= 0.05 and tau != 20.0


def test_every_optimiser_takes_part():
    optax = pytest.importorskip("optax")
    first = weights(small())
    grads = flat(small().loss_and_grads(X, Y)[1])
    for optimiser in ({"sgd": {"eta": {"step": {"initial": 0.5, "factor": 0.0625, "every": 1}}}}, optax.sgd(0.5)):
        net = layered(n=6)
        net.spike_timing = "grid"
        compiled = EventPropCompiler(STEPS, LOSS, batch_size=N, spike_timing="grid", optimiser=optimiser).compile(net)
        compiled.train(X, Y, num_epochs=1, callbacks=[])
        after = weights(compiled)
        for key, g in grads.items():
            np.testing.assert_allclose(after[key], first[key] - 0.5 * g, rtol=1e-4, atol=1e-5, err_msg=key)
        if isinstance(optimiser, dict):  # the schedule stands one update further, in later calls too
            now = flat(compiled.loss_and_grads(X, Y)[1])
            compiled.train(X, Y, num_epochs=1, start_epoch=1, callbacks=[])
            assert int(compiled.opt_state.step) == 2
            for key, value in weights(compiled).items():
                np.testing.assert_allclose(value, after[key] - 0.5 * 0.0625 * now[key], rtol=1e-4, atol=1e-5)


def test_results_are_on_no_freed_memory():
    net = small()
    held = net.context.state["readout"]["weights"]
    state = net.opt_state
    net.train(X, Y, num_epochs=2, callbacks=[])
    leaves = jax.tree.leaves((net.context.state, net.opt_state, state, held))
    assert not any(a.is_deleted() for a in leaves)
