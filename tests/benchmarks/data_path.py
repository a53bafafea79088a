"""What feeding costs beside the training step: taking a batch from the data on the device, and augmenting it.

mnist: latency-coded images (`LatencyCode`), 784-128-10, 20 steps. shd: lists of events in the form and number of SHD's,
8000 a sample, 700-256 recurrent-20, 1000 steps. Batches of 32, EventProp with precise spike times.

step: core time of one update within an epoch, feeding included. take: of taking the batch alone, in a program that does
nothing else. The other rows: with the changes named. share: of the step. first: putting all samples on the device,
once for a call of `train`; MB: what they take there, and what a dense array (sample, step, unit) would.

XLA's worker threads spin while they wait, which counts as core time: pin the process to one core,
    taskset -c 0 python tests/benchmarks/data_path.py --repeat 10
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from tasks import TASKS, Task, compile_network, make_weights

from ngcsnn.compilers.fed_events import augmented
from ngcsnn.compilers.feeding import to_device
from ngcsnn.data import EventData, LatencyCode, augment

TARGET = 0.10
MNIST = replace(TASKS["mnist"], steps=20, batch=32)
SHD = TASKS["shd1000"]
CHANGES: dict[str, dict[str, dict[str, Any]]] = {
    "mnist": {"image shift": {"image_shift": 2.0, "image_shape": (28, 28)}, "dropout": {"dropout": 0.2}},
    "shd": {
        "shift": {"channel_shift": 40},
        "shift, dilation, jitter": {"channel_shift": 40, "time_dilation": (0.9, 1.1), "channel_jitter": 2.0},
        "shift, blend": {"channel_shift": 40, "blend": (0.5, 0.5)},
        "thinning": {"normalise_spikes": 4000},
    },
}


def images(n: int, task: Task) -> LatencyCode:
    """Pixels as bright and as many as MNIST's: 150 of 784 are above 0."""
    rng = np.random.default_rng(0)
    values = np.where(rng.random((n, task.n_in)) < 150 / 784, rng.integers(2, 256, (n, task.n_in)), 0)
    return LatencyCode(values.astype(np.uint8), t_min=2.0, t_max=18.0)


def trains(n: int, task: Task) -> EventData:
    """Events as many as SHD's, more in some samples than in others."""
    rng = np.random.default_rng(0)
    counts = np.clip(rng.normal(task.rate * task.n_in * task.steps, 2000, n), 2000, 14000).astype(int)
    counts = np.minimum(counts, task.steps * task.n_in // 4)
    lists = [(np.sort(rng.uniform(0, task.steps, k)), rng.integers(0, task.n_in, k)) for k in counts]
    return EventData.from_lists(lists, task.n_in, float(task.steps))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="What feeding costs beside the training step.")
    parser.add_argument("--repeat", type=int, default=5, help="timed calls (default 5)")
    parser.add_argument("--samples", type=int, default=128, help="samples in an epoch (default 128)")
    parser.add_argument("--smoke", action="store_true", help="small sizes, to see that everything runs")
    given = parser.parse_args(arguments)
    device = jax.devices()[0]
    print(
        f"jax {jax.__version__}, {device.platform}, {device.device_kind}; core ms of a batch, median of {given.repeat}"
    )
    for name, task, make in (("mnist", MNIST, images), ("shd", SHD, trains)):
        if given.smoke:
            task = replace(task, hidden=(16,), batch=8, steps=min(task.steps, 40))
        report(name, task, make(32 if given.smoke else given.samples, task), 1 if given.smoke else given.repeat)
    return 0


def report(name: str, task: Task, trials: Any, repeat: int) -> None:
    """Measure one task and print its table."""
    network = compile_network(task, "eventprop", make_weights(task))
    labels = np.random.default_rng(1).integers(0, task.n_out, len(trials))
    start = time.perf_counter()
    data, _ = to_device(network.context, {"input": trials}, task.steps)
    jax.block_until_ready(data)
    first = time.perf_counter() - start
    held = sum(a.nbytes for a in jax.tree.leaves(data)) / 1e6
    dense = 4e-6 * len(trials) * task.steps * task.n_in
    step = epoch_time(network, trials, labels, task.batch, repeat)
    print(f"\n{name}: {task.sizes}; {len(trials)} samples; first {first:.2f} s; {held:.1f} MB, dense {dense:.1f} MB")
    print(f"  {'step':26s} {1e3 * step:9.2f}")
    for kind, how in {"take": {}, **CHANGES[name]}.items():
        fed = to_device(network.context, {"input": augment(trials, labels, **how)}, task.steps)[0] if how else data
        cost = take_time(network, fed, len(trials), task, repeat)
        verdict = "" if cost <= TARGET * step else f"  more than {100 * TARGET:.0f} %"
        print(f"  {kind:26s} {1e3 * cost:9.2f}   share {100 * cost / step:5.1f} %{verdict}", flush=True)


def epoch_time(network: Any, trials: Any, labels: Any, batch: int, repeat: int) -> float:
    """Core seconds of one update, of an epoch that is compiled already."""
    times = []
    for _ in range(repeat + 1):
        record: list[float] = []
        start = time.process_time()
        network.train({"input": trials}, labels, num_epochs=2, callbacks=[])
        record.append(time.process_time() - start)
        start = time.process_time()
        network.train({"input": trials}, labels, num_epochs=1, callbacks=[])
        times.append(record[0] - (time.process_time() - start))
    return float(np.median(times[1:])) / -(-len(trials) // batch)


def take_time(network: Any, data: Any, n: int, task: Task, repeat: int) -> float:
    """Core seconds of taking one batch, in a program that takes all of them and adds up what it took."""
    index = jnp.arange(n, dtype=jnp.int32)[: n // task.batch * task.batch].reshape(-1, task.batch)

    @jax.jit
    def program(data: Any, index: Any, key: Any) -> Any:
        def body(total: Any, numbered: Any) -> Any:
            number, samples = numbered
            shown = augmented(data, jax.random.fold_in(key, number))
            events = shown["input.inputs"].take(samples, task.steps, True)
            parts = (jnp.sum(a, dtype=jnp.float32) for a in (events.step, events.unit, events.offset))
            return total + sum(parts), None

        return jax.lax.scan(body, jnp.zeros(()), (jnp.arange(len(index)), index))[0]

    times = []
    for k in range(repeat + 1):
        start = time.process_time()
        program(data, index, jax.random.key(k)).block_until_ready()
        times.append(time.process_time() - start)
    return float(np.median(times[1:])) / len(index)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
