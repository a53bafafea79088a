"""Runs of several epochs: the same numbers each time, nothing lost on the way, everything reported."""

from __future__ import annotations

import io

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small import N, events, labels, same, small, weights

from ngcsnn.compilers.batches import hold_out
from ngcsnn.graph import GraphError, UnknownNameError
from ngcsnn.training import Callback, Progress

X, Y = {"input": events()}, {"output": labels()}
FIGURES = {"loss", "accuracy", "hidden_0.rate_hz", "hidden_0.silent", "hidden_0.grazing", "skipped", "seconds"}


def trained(num_epochs=2, seed=None, **options):
    net = small()
    kept, net.seed = net.seed, net.seed if seed is None else seed
    try:
        _, recorded = net.train(X, Y, num_epochs=num_epochs, callbacks=[], **options)
    finally:
        net.seed = kept
    return weights(net), [{k: v for k, v in r.items() if k != "seconds"} for r in recorded["history"]]


def test_the_same_seed_gives_the_same_numbers():
    first, again, other = trained(), trained(), trained(seed=8)
    assert same(first[0], again[0]) and first[1] == again[1]
    assert not same(first[0], other[0])
    assert same(trained(shuffle=False)[0], trained(shuffle=False, seed=8)[0]), "the seed orders samples, no more"


def test_a_run_continues_where_it_stopped():
    """4 epochs at once, and 2 and 2, to the bit."""
    want, history = trained(4)
    net = small()
    net.train(X, Y, num_epochs=2, callbacks=[])
    assert not same(weights(net), want)
    _, recorded = net.train(X, Y, num_epochs=2, start_epoch=2, callbacks=[])
    assert same(weights(net), want)
    assert [r["epoch"] for r in recorded["history"]] == [2, 3]
    assert [r["loss"] for r in recorded["history"]] == [r["loss"] for r in history[2:]]
    net = small()
    net.train(X, Y, num_epochs=2, callbacks=[])
    net.train(X, Y, num_epochs=2, start_epoch=0, callbacks=[])
    assert not same(weights(net), want), "each epoch has an order of its own"


def test_validation_touches_no_training_state():
    other = {"validation_inputs": {"input": events(5, seed=2)}, "validation_targets": labels(5)}
    (plain, history), (watched, both) = trained(), trained(**other)
    assert same(plain, watched)
    assert [r for r in both if r["split"] == "train"] == history
    assert [r["split"] for r in both] == ["train", "validation"] * 2
    net = small()
    metrics, recorded = net.train(X, Y, num_epochs=2, callbacks=[], **other)
    figures = net.evaluate(other["validation_inputs"], labels(5))
    assert metrics["validation_loss"] == recorded["history"][-1]["loss"] == figures["loss"]


def test_held_out_samples_are_not_learned_from():
    """Only the labels of the others make a difference to what is learned."""
    kept, held = hold_out(small().seed, N, 0.1)
    learned = {}
    for name, changed in (("as they are", []), ("held", held), ("kept", kept[:1])):
        net, y = small(), labels()
        y[changed] = (y[changed] + 1) % 3
        metrics, recorded = net.train(X, y, num_epochs=1, validation_split=0.1, callbacks=[])
        learned[name] = weights(net)
        assert [r["split"] for r in recorded["history"]] == ["train", "validation"]
        alone = net.evaluate({"input": events().select(held)}, y[held])
        assert metrics["validation_loss"] == pytest.approx(alone["loss"], rel=1e-5)
    assert len(held) == 1 and same(learned["as they are"], learned["held"])
    assert not same(learned["as they are"], learned["kept"])


def test_records_and_metrics():
    net = small()
    metrics, recorded = net.train(X, Y, num_epochs=2, callbacks=[])
    assert set(metrics) == FIGURES and metrics["skipped"] == 0
    assert [set(r) for r in recorded["history"]] == [FIGURES | {"epoch", "split"}] * 2
    assert all(type(v) in (int, float, str) for r in recorded["history"] for v in r.values())
    assert metrics == {k: v for k, v in recorded["history"][-1].items() if k not in ("epoch", "split")}
    assert net.train(X, Y, num_epochs=0, callbacks=[]) == ({}, {"history": []})


def test_batches_that_are_not_finite_are_skipped_and_counted():
    net = small()
    before = net.context.find("readout").weights.get()
    net.context.state = {"readout": {"weights": before.at[0, 0].set(jnp.nan)}}  # `set` would refuse it
    kept, moments = weights(net), jax.tree.leaves(net.opt_state)
    metrics, _ = net.train(X, Y, num_epochs=2, callbacks=[])
    assert metrics["skipped"] == 3 and np.isnan(metrics["loss"])
    for key, value in weights(net).items():
        np.testing.assert_array_equal(value, kept[key])
    for a, b in zip(jax.tree.leaves(net.opt_state), moments, strict=True):
        np.testing.assert_array_equal(a, b)
    net.context.find("readout").weights.set(before)
    metrics, _ = net.train(X, Y, num_epochs=1, callbacks=[])
    assert metrics["skipped"] == 0 and np.isfinite(metrics["loss"])


def test_one_bad_batch_spoils_no_other():
    """Currents so large that one sample's numbers overflow: its batch is left out, the others are learned from."""
    net = small()
    j = np.zeros((N, 20, 3))
    j[5, 4] = 3e38
    inputs = {**X, "output.j": j}
    metrics, _ = net.train(inputs, Y, num_epochs=1, shuffle=False, callbacks=[])
    assert metrics["skipped"] == 1
    assert all(np.isfinite(v).all() for v in weights(net).values()) and not same(weights(net), weights(small()))


@pytest.mark.parametrize("error", [RuntimeError("device lost"), KeyboardInterrupt()], ids=["error", "Ctrl-C"])
def test_a_failed_epoch_leaves_the_last_one(error, monkeypatch):
    """The program has already consumed what it was given when it fails."""
    want, _ = trained(3)
    net = small()
    net.train(X, Y, num_epochs=1, callbacks=[])
    program_of, after_one = net._program, weights(net)

    def failing(key, build):
        program = program_of(key, build)

        def run(trained, opt_state, *rest):
            out = program(trained, opt_state, *rest)
            assert all(a.is_deleted() for a in jax.tree.leaves((trained, opt_state))), "the test needs donation"
            del out
            raise error

        return run

    monkeypatch.setattr(net, "_program", failing)
    with pytest.raises(type(error)):
        net.train(X, Y, num_epochs=2, start_epoch=1, callbacks=[])
    monkeypatch.undo()
    assert same(weights(net), after_one)
    assert not any(a.is_deleted() for a in jax.tree.leaves((net.context.state, net.opt_state)))
    assert np.isfinite(net.evaluate(X, Y)["loss"])
    net.train(X, Y, num_epochs=2, start_epoch=1, callbacks=[])
    assert same(weights(net), want)


def test_an_interrupt_between_epochs_keeps_the_finished_ones():
    class Stop(Callback):
        ended = False

        def on_epoch_begin(self, epoch):
            if epoch == 2:
                raise KeyboardInterrupt

        def on_train_end(self):
            self.ended = True

    net, stop = small(), Stop()
    with pytest.raises(KeyboardInterrupt):
        net.train(X, Y, num_epochs=5, callbacks=[stop])
    assert same(weights(net), trained(2)[0]) and stop.ended
    net.train(X, Y, num_epochs=2, start_epoch=2, callbacks=[])
    assert same(weights(net), trained(4)[0])


def test_progress_is_on_standard_error_unless_callbacks_are_given(capsys):
    net, stream = small(), io.StringIO()
    net.train(X, Y)
    assert capsys.readouterr().err.startswith("epoch 1: loss ")
    net.train(X, Y, callbacks=[Progress(stream)])
    net.train(X, Y, callbacks=[])
    assert capsys.readouterr() == ("", "") and stream.getvalue().count("\n") == 1


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"num_epochs": 1.5}, GraphError, "`num_epochs` must be an integer >= 0, got 1.5"),
        ({"num_epochs": -1}, GraphError, "`num_epochs`.*got -1"),
        ({"start_epoch": "2"}, GraphError, "`start_epoch`.*got '2'"),
        ({"shuffle": "no"}, GraphError, "`shuffle` must be True or False, got 'no'"),
        ({"validation_split": 1.0}, GraphError, r"`validation_split` must be a number in \[0, 1\), got 1.0"),
        ({"validation_split": True}, GraphError, "`validation_split`.*got True"),
        ({"validation_split": 0.01}, GraphError, "0.01 of 10 samples leaves a part empty"),
        ({"validation_inputs": X}, GraphError, "give both `validation_inputs` and `validation_targets`"),
        ({"validation_targets": Y}, GraphError, "give both"),
        ({"validation_split": 0.1, "validation_inputs": X, "validation_targets": Y}, GraphError, "not both"),
        ({"validation_inputs": {"inptu": events()}, "validation_targets": Y}, UnknownNameError, "mean 'input'"),
        ({"callbacks": Progress()}, GraphError, "`callbacks` must be a list"),
        ({"callbacks": [Progress]}, GraphError, "make an object of it"),
        ({"targets": labels(9)}, ValueError, r"'output' must have shape \(10,\)"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_wrong_arguments_change_nothing(options, error, text):
    net = small()
    with pytest.raises(error, match=text):
        net.train(**{"inputs": X, "targets": Y, **options})
    assert same(weights(net), weights(small()))


def test_a_changed_structure_must_be_compiled_again():
    net = small()
    net._version, kept = net._version - 1, net._version
    try:
        for call in (net.train, net.loss_and_grads):
            with pytest.raises(GraphError, match="changed after it was compiled"):
                call(X, Y)
    finally:
        net._version = kept
