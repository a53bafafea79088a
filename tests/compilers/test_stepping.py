"""Trials step by step are the trials that `simulate` runs, and callbacks see and change them in between."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small import STEPS, N, events, small

from ngcsnn.compilers import InferenceCompiler
from ngcsnn.graph import GraphError
from ngcsnn.training import Callback

X = {"input": events()}


class Watch(Callback):
    """Keeps what is there after each step; sets the potential of the output before one."""

    def __init__(self, net: Any, at: int | None = None):
        self.net, self.at, self.begun = net, at, []
        self.seen: dict[str, list[Any]] = {"hidden_0.s": [], "output.v": []}

    def on_timestep_begin(self, step):
        self.begun.append(step)
        if step == self.at:
            v = self.net.context.find("output.v")
            v.set(v.get() + 100.0)

    def on_timestep_end(self, step):
        for key, seen in self.seen.items():
            seen.append(np.asarray(self.net.context.find(key).get()))


@pytest.fixture(scope="module")
def net() -> Any:
    return small("precise", batch_size=4)


def stacked(seen: list[Any]) -> np.ndarray:
    """(T, n_samples, n) from the steps of batch after batch."""
    parts = [np.stack(seen[start : start + STEPS]) for start in range(0, len(seen), STEPS)]
    return np.concatenate(parts, axis=1)[:, :N]


def test_the_same_trials(net: Any) -> None:
    before, size = net.context.state, net.context.batch_size
    watch = Watch(net)
    net.step_through(X, [watch])
    want = net.simulate(X, list(watch.seen))
    assert watch.begun == [*range(STEPS)] * 3 and want["hidden_0.s"].sum() > 10
    for key, seen in watch.seen.items():
        np.testing.assert_allclose(stacked(seen), want[key], rtol=1e-4, atol=1e-5)
    after = net.context.state
    assert net.context.batch_size == size
    assert all(np.array_equal(v, after[n][k]) for n, part in before.items() if n != "clock" for k, v in part.items())
    changed = Watch(net, at=10)
    net.step_through(X, [changed])
    first, second = stacked(watch.seen["output.v"]), stacked(changed.seen["output.v"])
    assert np.array_equal(first[:10], second[:10]) and (second[10:] > first[10:] + 30.0).all()


def test_another_timing_is_refused(net: Any) -> None:
    other = InferenceCompiler(STEPS, {"output": "avg_var"}, spike_timing="grid").compile(net.context)
    with pytest.raises(GraphError, match="has spike_timing 'precise', and was compiled with .*Make the two agree"):
        other.step_through(X, [])
