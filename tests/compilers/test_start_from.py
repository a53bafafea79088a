"""Trials that go on where another one ended."""

from __future__ import annotations

import numpy as np
import pytest
from networks import layered
from small import small

from ngcsnn.compilers import InferenceCompiler
from ngcsnn.graph import GraphError

T, N = 24, 5


def compiled(steps: int):
    return InferenceCompiler(steps, {"output": "avg_var"}, spike_timing="grid", batch_size=N).compile(layered(n=6))


def spikes() -> np.ndarray:
    x = (np.random.default_rng(0).random((N, 2 * T, 5)) < 0.4).astype(float)
    x[:, T - 1] = 0.0  # what is sent in a trial's last step is not heard in the next one
    return x


def test_two_trials_are_one_long_one():
    x, watch = spikes(), ["hidden_0.v", "hidden_0.i_syn", "hidden_0.s"]
    whole = compiled(2 * T).simulate({"input": x}, watch)
    half = compiled(T)
    first = half.simulate({"input": x[:, :T]}, watch)
    half.start_from({key: first[key][-1] for key in watch[:2]})
    second = half.simulate({"input": x[:, T:]}, watch)
    assert np.any(second["hidden_0.s"])
    for key in watch:
        np.testing.assert_array_equal(np.concatenate([first[key], second[key]]), whole[key])
    half.start_from({})
    np.testing.assert_array_equal(half.simulate({"input": x[:, :T]}, watch)["hidden_0.v"], first["hidden_0.v"])


def test_one_start_for_all_samples_in_training_too():
    network = small()
    x, y = {"input": np.zeros((4, 20, 5))}, {"output": np.zeros(4, int)}
    still = network.loss_and_grads(x, y)[0]
    assert still == pytest.approx(np.log(3.0), rel=1e-6)
    network.start_from({"output.v": np.array([2.0, 0.0, 0.0])})
    y0 = np.asarray(network.predict(x))
    assert np.all(y0 == y0[0]) and y0[0, 0] > 0.5
    want = np.log(np.exp(y0[0]).sum()) - y0[0, 0]
    assert network.loss_and_grads(x, y)[0] == pytest.approx(want, rel=1e-5)
    assert network.evaluate(x, y)["loss"] == pytest.approx(want, rel=1e-5)
    network.start_from({})
    assert network.loss_and_grads(x, y)[0] == still


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"output.v_mean": np.zeros(3)}, "`start_from` takes states of cells, got 'output.v_mean'"),
        ({"output": np.zeros(3)}, "`start_from` takes states of cells, got"),
        ({"output.v": np.zeros(2)}, r"`start_from`: output.v has shape \(3,\) per sample, got an array \(2,\)"),
        ({"output.v": np.zeros((2, 2, 3))}, r"got an array \(2, 2, 3\)"),
        ({"output.vv": np.zeros(3)}, "has no compartment 'vv'"),
    ],
    ids=["output", "component", "size", "axes", "name"],
)
def test_errors(values, message):
    with pytest.raises(GraphError, match=message):
        compiled(T).start_from(values)
