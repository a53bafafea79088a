"""Small data sets, and small compiled networks that the compiler tests share: each is made once in a session."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from networks import layered

from ngcsnn.compilers import EventPropCompiler, TrainableNetwork
from ngcsnn.compilers.parameters import split, write_back
from ngcsnn.data import EventData

STEPS, N = 20, 10
LOSS = {"output": "sparse_categorical_crossentropy"}


def events(n: int = N, seed: int = 0, units: int = 5, t_end: float = 20.0, per_sample: int = 8) -> EventData:
    rng = np.random.default_rng(seed)
    times = np.sort(rng.uniform(0.0, t_end, (n, per_sample)), axis=1)
    return EventData.from_lists(list(zip(times, rng.integers(0, units, (n, per_sample)), strict=True)), units)


def labels(n: int = N) -> np.ndarray:
    return np.arange(n) % 3


def dense(data: EventData, dt: float, steps: int = STEPS) -> tuple[np.ndarray, np.ndarray]:
    """(counts, sums of offsets) of the events, (n_samples, steps, n_units); worked out one by one."""
    counts = np.zeros((len(data), steps, data.n_units))
    moments = np.zeros_like(counts)
    for i in range(len(data)):
        part = data[i]
        for t, unit in zip(part.times, part.units, strict=True):
            step = max(int(np.ceil(t / dt - 1e-9)) - 1, 0)
            counts[i, step, unit] += 1.0
            moments[i, step, unit] += t - (step + 1) * dt
    return counts, moments


@cache
def _made(timing: str, recurrent: bool, batch_size: int) -> tuple[TrainableNetwork, Any]:
    net = layered(recurrent=recurrent, n=6)
    net.spike_timing = timing
    compiled = EventPropCompiler(STEPS, LOSS, batch_size=batch_size, spike_timing=timing, seed=7).compile(net)
    return compiled, split(net, compiled.names)[0]


def small(timing: str = "grid", recurrent: bool = False, batch_size: int = 4) -> TrainableNetwork:
    """A compiled network of one hidden layer, as new: its first weights, its optimiser at the start."""
    compiled, first = _made(timing, recurrent, batch_size)
    write_back(compiled.context, first)
    compiled.opt_state = compiled.optimiser.init(first)
    return compiled


def weights(compiled: Any) -> dict[str, np.ndarray]:
    """The trained parameters as they stand in the context."""
    trained = split(compiled.context, compiled.names)[0]
    return {f"{name}.{key}": np.asarray(v) for name, part in trained.items() for key, v in part.items()}


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    """Whether two sets of parameters agree to the bit."""
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k]) for k in a)
