"""The training tasks that the benchmarks time: sizes, inputs, labels, weights, and the network of each.

    shd      700 -> 256 recurrent -> 20    250 steps, batch  32    1 % of the inputs spike in a step    largest membrane
    mnist    784 -> 128 -> 10               50 steps, batch 128   20 % of the inputs spike, once       mean membrane
    deep    1024 -> 1024 -> 1024 -> 10     100 steps, batch  64    2 % of the inputs spike in a step    mean membrane
    shd1000  shd with 1000 steps, about 8000 input and 8000 hidden spikes a sample, input times within the steps

Steps are 1 ms, tau_m 20 ms, tau_syn 5 ms; the loss is cross-entropy, the optimiser Adam with eta = 0.001.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import ngcsnn as ng
from ngcsnn.compilers import EventPropCompiler, SurrogateCompiler, TrainableNetwork
from ngcsnn.components import DenseSynapse, LICell, LIFCell, SpikeSource
from ngcsnn.data import EventData

TAU_M, TAU_S, DT, ETA, SLOPE = 20.0, 5.0, 1.0, 1e-3, 10.0
# One unit of current lasts 1 / (1 - exp(-dt / tau_syn)) steps in the plain model and tau_syn / dt in the exact one.
EXACT = DT / TAU_S / (1.0 - np.exp(-DT / TAU_S))


@dataclass(frozen=True)
class Task:
    """gains: of the weights from the inputs and between hidden layers. rate: spikes of an input in a step. once: each
    input spikes at most once, with probability `rate` in a trial. within: spike times lie within the steps, not on
    their ends."""

    name: str
    n_in: int
    hidden: tuple[int, ...]
    n_out: int
    steps: int
    batch: int
    gains: tuple[float, float]
    rate: float
    recurrent: bool = False
    largest: bool = False
    once: bool = False
    within: bool = False

    @property
    def sizes(self) -> str:
        hidden = "-".join(map(str, self.hidden)) + (" recurrent" if self.recurrent else "")
        return f"{self.n_in}-{hidden}-{self.n_out}, {self.steps} steps, batch {self.batch}"


SHD = Task("shd", 700, (256,), 20, 250, 32, (12.0, 8.0), 0.01, recurrent=True, largest=True)
TASKS = {
    "shd": SHD,
    "mnist": Task("mnist", 784, (128,), 10, 50, 128, (40.0, 8.0), 0.2, once=True),
    "deep": Task("deep", 1024, (1024, 1024), 10, 100, 64, (8.0, 8.0), 0.02),
    "shd1000": replace(SHD, name="shd1000", steps=1000, gains=(17.3, 8.0), rate=8000 / 700e3, within=True),
}


def smoke(task: Task) -> Task:
    """The same task in miniature: to see that everything runs."""
    return replace(task, n_in=80, hidden=tuple(24 for _ in task.hidden), n_out=5, steps=30, batch=4)


def make_data(task: Task, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """(input spikes (T, batch, n_in) float32, labels (batch,) int32)."""
    rng = np.random.default_rng(seed)
    shape = (task.steps, task.batch, task.n_in)
    if task.once:
        first = np.where(rng.random(shape[1:]) < task.rate, rng.integers(0, task.steps, shape[1:]), -1)
        spikes = np.arange(task.steps)[:, None, None] == first
    else:
        spikes = rng.random(shape) < task.rate
    return spikes.astype(np.float32), rng.integers(0, task.n_out, task.batch).astype(np.int32)


def make_weights(task: Task) -> dict[str, np.ndarray]:
    """{"in": (n_in, n), "between_1": ..., "rec": ..., "out": ...}; normal, of standard deviation gain / sqrt(n_pre)."""

    def normal(n_pre: int, n_post: int, seed: int, gain: float) -> np.ndarray:
        numbers = np.random.default_rng(seed).standard_normal((n_pre, n_post))
        return (gain / np.sqrt(n_pre) * numbers).astype(np.float32)

    weights = {"in": normal(task.n_in, task.hidden[0], 10, task.gains[0])}
    for i, pair in enumerate(zip(task.hidden[:-1], task.hidden[1:], strict=True), 1):
        weights[f"between_{i}"] = normal(*pair, 10 + i, task.gains[1])
    if task.recurrent:
        weights["rec"] = normal(task.hidden[0], task.hidden[0], 50, 0.5)
    return {**weights, "out": normal(task.hidden[-1], task.n_out, 60, 1.0)}


def make_events(task: Task, spikes: np.ndarray, seed: int = 1) -> EventData:
    """The same spikes as a user hands them in: lists of events."""
    events = EventData.from_dense(spikes.transpose(1, 0, 2), DT)
    if not task.within:
        return events
    earlier = np.random.default_rng(seed).uniform(0.0, DT, events.n_events)
    return EventData(events.times - earlier, events.units, events.offsets, task.n_in, events.t_end, sort=True)


def make_network(task: Task, weights: dict[str, np.ndarray], scale: float = EXACT) -> ng.Context:
    """The task's network. scale: of all weights; by default a spike moves as much charge as in the plain model."""
    with ng.Context(task.name, dt=DT, seed=0) as net:
        before: Any = SpikeSource("input", n_units=task.n_in)
        for i, n in enumerate(task.hidden):
            cell = LIFCell(f"hidden_{i}", n_units=n, tau_m=TAU_M, tau_syn=TAU_S)
            arriving = _send(before, f"between_{i}" if i else "in", weights, scale)
            if task.recurrent and i == 0:
                arriving = arriving + _send(cell, "rec", weights, scale)
            arriving >> cell.syn
            before = cell
        output = LICell("output", n_units=task.n_out, tau_m=TAU_M, tau_syn=TAU_S)
        _send(before, "out", weights, scale) >> output.syn
    return net


def _send(cell: Any, name: str, weights: dict[str, np.ndarray], scale: float) -> Any:
    """What the cell's spikes become through the weights called `name`."""
    synapse = DenseSynapse(f"w_{name}", shape=weights[name].shape, weights=scale * weights[name])
    cell.s >> synapse.inputs
    return synapse.outputs


def compile_network(task: Task, rule: str, weights: dict[str, np.ndarray]) -> TrainableNetwork:
    """Our network for one rule, "surrogate" or "eventprop" (precise spike times)."""
    options: dict[str, Any] = {
        "losses": {"output": "sparse_categorical_crossentropy"},
        "readouts": {"output": "max_var" if task.largest else "avg_var"},
        "optimiser": {"adam": {"eta": ETA}},
        "batch_size": task.batch,
    }
    if rule == "surrogate":
        compiler: Any = SurrogateCompiler(task.steps, surrogate={"fast_sigmoid": {"slope": SLOPE}}, **options)
    else:
        compiler = EventPropCompiler(task.steps, spike_timing="precise", **options)
    return compiler.compile(make_network(task, weights))
