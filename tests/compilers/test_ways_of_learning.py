"""Several batches for one update, the precision of products, and further metrics, in a trained network."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
import pytest
from small import STEPS, events, labels, small, weights

from ngcsnn.compilers.ways_of_learning import Way
from ngcsnn.graph import GraphError
from ngcsnn.optim import SGD, Adam
from ngcsnn.training import Callback

X, Y = {"input": events()}, labels()


@pytest.fixture
def net() -> Any:
    return small(batch_size=4)  # 10 samples: batches of 4, 4 and 2


def moved(net: Any, optimiser: Any, **options: Any) -> tuple[dict[str, np.ndarray], Any]:
    before = weights(net)
    net.optimiser, net.opt_state = optimiser, optimiser.init(net.params()[0])
    metrics, _ = net.train(X, Y, shuffle=False, callbacks=[], **options)
    return {key: w - before[key] for key, w in weights(net).items()}, metrics


def test_three_batches_make_one_update_by_their_exact_mean(net: Any) -> None:
    _, grads = net.loss_and_grads(X, Y)  # the mean over all ten samples, not that of three means
    optimiser = net.optimiser
    try:
        found, metrics = moved(net, SGD(eta=0.5), accumulate=3)
        for name, part in grads.items():
            for key, g in part.items():
                np.testing.assert_allclose(found[f"{name}.{key}"], -0.5 * np.asarray(g), rtol=1e-4, atol=1e-6)
        assert int(net.opt_state.step) == 1 and metrics["skipped"] == 0
        moved(net, SGD(eta=0.5), accumulate=2)
        assert int(net.opt_state.step) == 2, "what is left over at an epoch's end counts"
        with pytest.raises(GraphError, match="`accumulate` 2: the optimiser's own `batch_size` gathers 3 batches"):
            moved(net, Adam(batch_size=3), accumulate=2)
    finally:
        net.optimiser = optimiser


@pytest.mark.slow
def test_batches_that_are_not_finite_are_left_out_of_the_mean(net: Any) -> None:
    j = np.zeros((10, STEPS, 3))
    j[5, 4] = 3e38
    metrics, _ = net.train({**X, "output.j": j}, Y, shuffle=False, callbacks=[], accumulate=3)
    assert metrics["skipped"] == 1 and all(np.isfinite(w).all() for w in weights(net).values())


def test_further_metrics(net: Any) -> None:
    chosen = ["confusion_matrix", {"top_k": {"k": 2}}, "spike_counts", "accuracy"]
    seen: list[Any] = []

    class Look(Callback):
        every_batches = 2

        def on_batch_end(self, epoch, batch):
            seen.append(self.run.figures() if self.run else None)

    plain = net.evaluate(X, Y)
    found = net.evaluate(X, Y, metrics=chosen)
    matrix = np.array(found["confusion_matrix"])
    answers = np.asarray(net.predict(X)).argmax(axis=-1)
    assert matrix.sum() == 10 and matrix.sum(axis=1).tolist() == np.bincount(Y).tolist()
    assert all(matrix[a, b] == np.sum((a == Y) & (answers == b)) for a in range(3) for b in range(3))
    assert found["accuracy"] == np.trace(matrix) / 10 == plain["accuracy"] <= found["top_2"] <= 1.0
    counts = np.array(found["hidden_0.spike_counts"])
    assert np.sum(counts == 0) == found["hidden_0.silent"]
    np.testing.assert_allclose(counts.mean() / (10 * STEPS * 1e-3), found["hidden_0.rate_hz"], rtol=1e-5)
    assert {k: v for k, v in found.items() if k in plain and k != "seconds"} == {
        k: v for k, v in plain.items() if k != "seconds"
    }
    _, recorded = net.train(X, Y, validation_split=0.3, callbacks=[Look()], metrics=chosen)
    assert [np.sum(r["confusion_matrix"]) for r in recorded["history"]] == [7, 3] and len(seen) == 1
    assert set(net.evaluate(X, Y)) == set(plain), "they are of that call"
    with pytest.raises(GraphError, match="`metrics` names 'accuracy' twice"):
        net.evaluate(X, Y, metrics=["accuracy", "accuracy"])
    with pytest.raises(GraphError, match="`metrics` must be a list"):
        net.evaluate(X, Y, metrics="accuracy")


def test_precision_of_products(net: Any) -> None:
    """What is traced asks for it in every product; XLA for CPU has no such products, so that it is refused there."""
    data, n = net.data(X)
    targets = net.objective.targets(net.context, Y, n, STEPS)
    trained, fixed = net.params()
    rest = fixed, data, targets, *net._batches(np.arange(n))
    text = str(net.epoch_program(data, Way(1, "bfloat16")).trace(trained, net.opt_state, *rest).jaxpr)
    products = text.count("dot_general[")
    assert products > 2 and text.count("BF16_BF16_F32") >= products
    assert jax.default_backend() == "cpu"
    with pytest.raises(GraphError, match="'bfloat16' does nothing on a CPU"):
        net.train(X, Y, precision="bfloat16")
    with pytest.raises(GraphError, match="`precision` must be 'bfloat16' or None .the context's float32., got 'half'"):
        net.train(X, Y, precision="half")
