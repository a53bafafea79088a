"""A compiled training step with its figures: time to compile, memory, core and wall time of every call, losses.

Both kinds, ours and the plain one, hold their batch on the device, are compiled ahead of time, make the same number of
updates in a call, and give up the arrays of parameters and optimiser that they replace.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from plain_step import adam_start, hidden_rates, plain_step
from tasks import Task, compile_network, make_events

from ngcsnn.compilers.feeding import to_device
from ngcsnn.compilers.parameters import split

MB = 1e6


class MeasuredStep:
    """Base. `prepare` gives a jitted program and its arguments; `update` calls it and returns the mean loss.

    updates: in a call; core and wall time are those of one. losses: of every call.
    """

    def __init__(self, name: str, updates: int, *arguments: Any):
        self.name, self.updates = name, updates
        self.core, self.wall, self.losses, self.rates = [], [], [], []
        jitted, given = self.prepare(*arguments)
        start = time.process_time()
        self.program = jitted.lower(*given).compile()
        self.compile_s = time.process_time() - start
        memory: Any = self.program.memory_analysis()  # None where a backend does not tell
        self.temp_mb = float("nan") if memory is None else memory.temp_size_in_bytes / MB
        self.argument_mb = float("nan") if memory is None else memory.argument_size_in_bytes / MB
        self.peak_mb = float("nan")

    def prepare(self, *arguments: Any) -> tuple[Any, tuple[Any, ...]]:
        raise NotImplementedError

    def update(self) -> Any:
        raise NotImplementedError

    def run(self) -> None:
        """One call, timed."""
        core, wall = time.process_time(), time.perf_counter()
        loss = jax.block_until_ready(self.update())
        self.core.append((time.process_time() - core) / self.updates)
        self.wall.append((time.perf_counter() - wall) / self.updates)
        self.losses.append(float(loss))

    def warm_up(self) -> None:
        """Two calls that are not timed; the second tells how far the process's memory rises above its rest."""
        self.losses.append(float(self.update()))
        before = _reset_peak()
        self.losses.append(float(self.update()))
        self.peak_mb = _status_mb("VmHWM") - before

    def learns(self) -> bool:
        """Whether the loss fell, over 12 updates at least."""
        while len(self.losses) < max(4, 12 // self.updates):
            self.losses.append(float(self.update()))
        return float(np.mean(self.losses[-2:])) < self.losses[0]


class PlainStep(MeasuredStep):
    """`plain_step` on dense inputs."""

    def prepare(self, task: Task, weights: dict[str, Any], spikes: Any, labels: Any) -> tuple[Any, tuple[Any, ...]]:
        held = {name: jnp.array(w) for name, w in weights.items()}
        self.batch = jnp.asarray(spikes), jnp.asarray(labels)
        self.rates = [float(r) for r in hidden_rates(held, self.batch[0])]
        self.state = held, adam_start(held)
        return plain_step(task, self.updates), (*self.state, *self.batch)

    def update(self) -> Any:
        *self.state, loss = self.program(*self.state, *self.batch)
        return loss


class OurStep(MeasuredStep):
    """An epoch of `rule`'s compiled network, the program that its `train` runs, on lists of events."""

    def prepare(
        self, task: Task, rule: str, weights: dict[str, Any], spikes: Any, labels: Any
    ) -> tuple[Any, tuple[Any, ...]]:
        network = compile_network(task, rule, weights)
        data, n = to_device(network.context, {"input": make_events(task, spikes)}, task.steps)
        targets = network.objective.targets(network.context, {"output": labels}, n, task.steps)
        trained, fixed = split(network.context, network.names)
        self.task, self.cells = task, [f"hidden_{i}" for i in range(len(task.hidden))]
        index = jnp.tile(jnp.arange(n, dtype=jnp.int32), (self.updates, 1))
        self.batch = fixed, data, targets, index, jnp.ones(index.shape)
        self.state = trained, network.optimiser.init(trained)
        return network.epoch_program(data), (*self.state, *self.batch)

    def update(self) -> Any:
        *self.state, carried = self.program(*self.state, *self.batch)
        sums = carried["sums"]
        samples = self.updates * self.task.batch
        if not self.rates:
            self.rates = [float(jnp.mean(sums["spikes"][c])) / samples / self.task.steps for c in self.cells]
        return sums["loss"] / samples


def measure(steps: Sequence[MeasuredStep], repeat: int) -> None:
    """Warm up, then time `repeat` rounds in which every step has its turn, so that noise meets all of them."""
    for step in steps:
        step.warm_up()
    for _ in range(repeat):
        for step in steps:
            step.run()


def _status_mb(key: str) -> float:
    """A line of /proc/self/status in MB (Linux), else NaN."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float("nan")
    return next((float(line.split()[1]) * 1024 / MB for line in lines if line.startswith(f"{key}:")), float("nan"))


def _reset_peak() -> float:
    """Give freed memory back and forget the process's peak; returns its memory now, NaN where that cannot be done."""
    try:
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5")
    except (OSError, AttributeError):
        return float("nan")
    return _status_mb("VmRSS")
