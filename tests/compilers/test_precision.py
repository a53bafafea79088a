"""Number types: float64 contexts under `jax.enable_x64`, and float32 contexts there, keep their own."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from networks import layered
from small import LOSS, STEPS, N, events, labels, small, weights

from ngcsnn.compilers import EventPropCompiler, InferenceCompiler
from ngcsnn.graph import GraphError

X, Y = {"input": events()}, {"output": labels()}


def compiled():
    return EventPropCompiler(STEPS, LOSS, batch_size=4, spike_timing="grid").compile(layered(recurrent=True, n=4))


def test_every_call_in_float64():
    with jax.enable_x64(True):
        net = compiled()
        assert net.context.dtype == np.float64
        figures, recorded = net.evaluate(X, Y), net.simulate(X, ["hidden_0.v", "hidden_0.s.offset"])
        loss, grads = net.loss_and_grads(X, Y)
        arrays = [net.predict(X), *recorded.values(), loss, *jax.tree.leaves(grads)]
        assert {a.dtype for a in arrays} == {np.dtype("float64")}
        assert float(loss) == pytest.approx(figures["loss"], rel=1e-12)
        metrics, _ = net.train(X, Y, num_epochs=2, callbacks=[])
        net.train(X, Y, num_epochs=1, start_epoch=2, callbacks=[])
        assert metrics["skipped"] == 0 and {w.dtype for w in weights(net).values()} == {np.dtype("float64")}
        assert net.traces["train"] == 1
        figures = net.evaluate(X, Y)
    for call in (net.evaluate, net.train, net.loss_and_grads):
        with pytest.raises(GraphError, match=r"context 'layered' is float64: it needs .*enable_x64"):
            call(X, Y)
    with pytest.raises(GraphError, match="is float64"):
        InferenceCompiler(STEPS, {"output": "avg_var"}).compile(net.context)
    with jax.enable_x64(True):
        assert net.evaluate(X, Y)["loss"] == figures["loss"]


def test_a_float32_context_stays_float32_in_either_setting():
    """Compiled and used with and without x64 in turn."""
    net = small()
    first = net.evaluate(X, Y)["loss"]
    with jax.enable_x64(True):
        assert net.evaluate(X, Y)["loss"] == pytest.approx(first, rel=1e-5)
        net.train(X, Y, num_epochs=1, callbacks=[])
        assert net.predict(X).dtype == jnp.float32
    inside = weights(net)
    net = small()
    net.train(X, Y, num_epochs=1, callbacks=[])
    for key, value in weights(net).items():
        assert value.dtype == inside[key].dtype == np.float32
        np.testing.assert_allclose(value, inside[key], rtol=1e-4, atol=1e-6, err_msg=key)
    assert len(inside) == 4 and N == 10
